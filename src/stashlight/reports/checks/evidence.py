"""Every number against an evidence id: what no event shows is only said."""

from collections.abc import Iterator

from stashlight.reports.claims import Claims, Defect
from stashlight.reports.wording import joined


def defects(claims: Claims) -> Iterator[Defect]:
    """Name the figures without an event, and count cited events that the case cannot show."""
    bare = [f"{each.name} {each.value}".strip() for each in claims.numbers if not each.evidence]
    if bare:
        yield Defect("evidence", "unproved", f"no event is cited for: {joined(bare)}")
    if claims.events:
        cited = {event for each in claims.numbers for event in each.evidence}
        missing = sorted(cited - claims.events)
        if missing:
            said = f"{len(missing):,} of {len(cited):,} cited events have no file and record number in this result"
            yield Defect("evidence", "unproved", said, tuple(missing[:3]))
