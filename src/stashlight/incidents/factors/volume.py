"""How many files of value were piled up: logarithmic, since 1,247 files are not ten times worse than 125."""

import math

from stashlight.incidents.cases import Case
from stashlight.incidents.content import DATA
from stashlight.incidents.document import Factor

__all__ = ["NAME", "weigh"]

NAME: str = "volume"

_MOST = 14


def weigh(case: Case) -> Factor | None:
    """Count distinct data files of writers that do not own the place; opaque and hand-copied ones half."""
    data = sum(n for name, n in case.held.items() if name in DATA)
    opaque = sum(case.held.get(name, 0) for name in ("opaque", "none", "other"))
    staged = set(map(id, case.staged))
    piles = [(p, w) for p, w in case.written if id(p) in staged and p.data + p.opaque]
    whole = sum(p.files for p, _ in piles) or 1
    by_hand = sum(p.files for p, w in piles if w.kind in ("explorer", "unknown")) / whole
    counted = (data + 0.5 * opaque) * (1 - 0.5 * by_hand)
    if counted < case.context.tuning.transfer_volume_threshold:
        return None
    points = min(_MOST, round(4.5 * math.log10(counted)))
    discounts = [
        what
        for what, applies in (("opaque ones count half", opaque), ("hand-copied ones count half", by_hand))
        if applies
    ]
    reason = f"{round(counted):,} files of value" + (f" ({', '.join(discounts)})" if discounts else "")
    return Factor(NAME, points, reason, tuple(p.event for p, _ in piles[:10]))
