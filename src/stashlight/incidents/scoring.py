"""
The score: a sum of named factors, each with its points, its reason and its evidence.

Factors are plug-ins in `factors/`; each looks at one aspect of a case and counts a signal once, so repetition does not
inflate. Severity is a cut of the sum; the cuts are a setting.
"""

from collections.abc import Collection
from functools import cache
from typing import Final, Protocol

from stashlight.incidents.cases import Case
from stashlight.incidents.decisive import floor
from stashlight.incidents.document import Factor
from stashlight.incidents.tuning import SEVERITY_CUTS
from stashlight.plugins import plugins

__all__ = ["SEVERITIES", "Weigher", "factor_names", "score", "severity_of"]

# Lower bound of each severity, unless the settings say otherwise; below the last one there is no incident.
SEVERITIES: Final = SEVERITY_CUTS


class Weigher(Protocol):
    """A factor: `weigh` gives its points for a case, None if it has nothing to say."""

    NAME: str

    def weigh(self, case: Case) -> Factor | None:
        """Give the factor's points with reason and evidence."""
        ...


def score(case: Case, without: Collection[str] = ()) -> tuple[int, tuple[Factor, ...]]:
    """Give (sum within 0–100, factors by points); `without` turns factors off, for ablation."""
    found: list[Factor] = [
        f
        for name, weigher in _weighers().items()
        if name not in without and (f := weigher.weigh(case)) is not None and f.points
    ]
    thin = _thin(found)
    if thin is not None:
        found.append(thin)
    found = _held(case, found)
    total = max(0, min(100, sum(f.points for f in found)))
    return total, tuple(sorted(found, key=lambda f: (-f.points, f.name)))


# What was taken, against the circumstances under which it happened.
_SUBSTANCE: Final = frozenset({"volume", "content", "source spread", "archive", "automation", "remote place", "fan-in"})
_RATIO: Final = 3


def _thin(factors: list[Factor]) -> Factor | None:
    """
    Give the deduction that keeps circumstances in proportion: they count at most three times what was taken.

    A shell that writes one file to Temp has place, writer and actor against it on every machine in the world.
    """
    substance = sum(f.points for f in factors if f.name in _SUBSTANCE)
    circumstance = sum(f.points for f in factors if f.name not in _SUBSTANCE and f.points > 0)
    excess = circumstance - int(_RATIO * substance)
    if excess <= 0:
        return None
    return Factor(
        "thin substance", -excess, f"what was taken weighs {substance}; circumstances count at most {_RATIO} times that"
    )


def _held(case: Case, factors: list[Factor]) -> list[Factor]:
    """Let a habit lower the sum no further than what decisive content or disguise gives."""
    habit = next((f for f in factors if f.name == "baseline" and f.points < 0), None)
    if habit is None:
        return factors
    others = [f for f in factors if f is not habit]
    least = floor(case, others)
    room = max(0, sum(f.points for f in others) - least)
    if not least or room >= -habit.points:
        return factors
    reason = f"{habit.reason}; no lower than what decisive content and disguise give"
    return others + ([Factor(habit.name, -room, reason, habit.evidence)] if room else [])


def severity_of(points: int, cuts: tuple[tuple[str, int], ...] = SEVERITIES) -> str | None:
    """Give the severity of a sum, None if it is no incident."""
    return next((name for name, least in cuts if points >= least), None)


def factor_names() -> list[str]:
    """Name every factor."""
    return sorted(_weighers())


@cache
def _weighers() -> dict[str, Weigher]:
    return plugins("stashlight.incidents.factors", Weigher)
