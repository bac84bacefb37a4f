"""
The score: a sum of named factors, each with its points, its reason and its evidence.

Factors are plug-ins in `factors/`; each looks at one aspect of a case and counts a signal once, so repetition does not
inflate. Severity is a cut of the sum; the cuts are stated here and nowhere else.
"""

from collections.abc import Collection
from functools import cache
from typing import Final, Protocol

from stashlight.incidents.cases import Case
from stashlight.incidents.document import Factor
from stashlight.plugins import plugins

__all__ = ["SEVERITIES", "Weigher", "factor_names", "score", "severity_of"]

# Lower bound of each severity; below the last one there is no incident.
SEVERITIES: Final = (("critical", 90), ("high", 65), ("medium", 40), ("low", 20), ("info", 10))


class Weigher(Protocol):
    """A factor: `weigh` gives its points for a case, None if it has nothing to say."""

    NAME: str

    def weigh(self, case: Case) -> Factor | None:
        """Give the factor's points with reason and evidence."""
        ...


def score(case: Case, without: Collection[str] = ()) -> tuple[int, tuple[Factor, ...]]:
    """Give (sum within 0–100, factors by points); `without` turns factors off, for ablation."""
    found = [f for name, weigher in _weighers().items() if name not in without and (f := weigher.weigh(case)) is not None and f.points]
    total = max(0, min(100, sum(f.points for f in found)))
    return total, tuple(sorted(found, key=lambda f: (-f.points, f.name)))


def severity_of(points: int) -> str | None:
    """Give the severity of a sum, None if it is no incident."""
    return next((name for name, least in SEVERITIES if points >= least), None)


def factor_names() -> list[str]:
    """Name every factor."""
    return sorted(_weighers())


@cache
def _weighers() -> dict[str, Weigher]:
    return plugins("stashlight.incidents.factors", Weigher)
