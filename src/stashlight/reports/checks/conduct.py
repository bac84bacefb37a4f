"""The response against the order that saves evidence: nothing is deleted before it was listed, hashed and kept."""

from collections.abc import Iterator

from stashlight.reports.claims import Claims, Defect


def defects(claims: Claims) -> Iterator[Defect]:
    """Name a deletion that no preservation came before."""
    preserved = False
    for each in claims.told:
        preserved = preserved or each.act == "preserve"
        if each.act == "delete" and not preserved:
            said = f"“{each.what}” ({each.time}): nothing says that the files were hashed and preserved before"
            yield Defect("conduct", "contradiction", said)
