"""How many files of value were piled up: logarithmic, since 1,247 files are not ten times worse than 125."""

import math

from stashlight.incidents.cases import Case
from stashlight.incidents.document import Factor

__all__ = ["NAME", "weigh"]

NAME: str = "volume"

_LEAST = 5
_MOST = 14


def weigh(case: Case) -> Factor | None:
    """Count data files of writers that do not own the place, opaque ones half."""
    counted = 0.0
    evidence: list[str] = []
    staged = set(map(id, case.staged))
    for pile, writer in case.written:
        if id(pile) not in staged:
            continue
        share = 0.5 if writer.kind in ("explorer", "unknown") else 1.0
        data = (pile.data + 0.5 * pile.opaque) * share
        counted += data
        if data:
            evidence.append(pile.event)
    if counted < _LEAST:
        return None
    points = min(_MOST, round(4.5 * math.log10(counted)))
    return Factor(
        NAME,
        points,
        f"{round(counted):,} files of value (opaque and hand-copied ones count half)",
        tuple(evidence[:10]),
    )
