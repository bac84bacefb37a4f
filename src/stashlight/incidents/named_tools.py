"""Programs that only the settings know: read by position, since nothing else is known of their grammar."""

from stashlight.incidents.acts import Act
from stashlight.incidents.arguments import looks_like_path, operands
from stashlight.incidents.commands import Statement
from stashlight.incidents.tuning import Tuning

__all__ = ["read_named"]


def read_named(statement: Statement, tuning: Tuning) -> Act | None:
    """Give the act of a program in `ArchivingToolPatterns` (archive first) or `CopyToolPatterns` (destination last)."""
    role = tuning.role(statement.program)
    if role is None:
        return None
    paths = [w for w in operands(statement.words[1:], "-/" if statement.shell == "cmd" else "-") if looks_like_path(w)]
    if len(paths) < 2:
        return None
    if role == "pack":
        return Act("pack", statement.program, tuple(paths[1:]), paths[0], is_file=True)
    return Act("stage", statement.program, tuple(paths[:-1]), paths[-1])
