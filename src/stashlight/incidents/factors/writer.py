"""Who piled it up: a program that does not own the place."""

from stashlight.incidents.cases import Case
from stashlight.incidents.document import Factor

__all__ = ["NAME", "weigh"]

NAME: str = "writer"

_POINTS = {
    "masked": 28,
    "nameless": 26,
    "foreign": 20,
    "shell": 6,
    "explorer": 2,
    "system": 10,
    "remote": 0,
    "unknown": 2,
    "installed": 0,
}
_SEVERAL = 5
_ODD = 8


def weigh(case: Case) -> Factor | None:
    """Take the most telling writer among those who brought data."""
    best = 0
    reason = ""
    evidence: list[str] = []
    for pile, writer in case.written:
        worth = pile.data + pile.opaque
        points = _POINTS[writer.kind] if worth else 0
        several = worth >= _SEVERAL or bool(case.sensitive)
        if writer.kind in ("remote", "explorer") and several and case.kind_of(pile.place).points >= _ODD:
            # People and shares fill folders of people; this is none.
            points = 8
        if writer.owns:
            points = points // 4 if writer.kind in ("foreign", "nameless") else 0
        if points > best:
            best, reason, evidence = points, writer.reason, []
        if points and points == best:
            evidence.append(pile.event)
    if not best and any(d.act.rung == "stage" for d in case.deeds):
        deed = next(d for d in case.deeds if d.act.rung == "stage")
        best, reason, evidence = (
            6,
            f"{deed.act.tool} copies to a place that only the command tells of",
            list(deed.events[:1]),
        )
    return Factor(NAME, best, reason, tuple(evidence[:5])) if best else None
