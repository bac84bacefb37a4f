"""Drive letters mapped to shares: `net use`, `subst`, `New-PSDrive`. Later commands that name the drive mean the share."""

from stashlight.incidents.acts import Act, Image
from stashlight.incidents.commands import Statement

__all__ = ["NAME", "read"]

NAME: str = "shares"


def read(statement: Statement, image: Image) -> Act | None:
    """Give the mapping act: `sources` is the share, `destination` the drive."""
    del image
    if statement.program not in ("net", "net1", "subst", "new-psdrive") or not statement.drives:
        return None
    drive, target = statement.drives[-1]
    return Act("prepare", statement.program, (target,), drive, False, frozenset({"maps_drive"}))
