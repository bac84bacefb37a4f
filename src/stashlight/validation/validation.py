"""The noun of validation: every check, the analytics covered, what the logs lack, and what else went wrong."""

from dataclasses import dataclass

from stashlight.incidents.document import Readiness
from stashlight.validation.checks import Check
from stashlight.validation.coverage import Coverage

__all__ = ["Validation"]


@dataclass(frozen=True, slots=True)
class Validation:
    """
    The outcome of a validation.

    `systems` gives the system of each procedure; `untold` the rules that no procedure expects, by title. `untried` are
    procedures that left no trace in one's own logs; `readiness` says what those logs lack. `errors` are rules that
    cannot be used and records that could not be read.
    """

    checks: tuple[Check, ...]
    coverage: tuple[Coverage, ...]
    systems: dict[str, str]
    untold: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()
    readiness: tuple[Readiness, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def gaps(self) -> tuple[Check, ...]:
        """What must show and did not."""
        return tuple(each for each in self.checks if not each.found)

    @property
    def verdict(self) -> str:
        """The outcome in a few words."""
        shapes = len({each.shape for each in self.checks})
        if not self.checks:
            return "nothing was checked"
        missing = f"{len(self.gaps):,} missing" if self.gaps else "all there"
        errors = f", {len(self.errors):,} errors" if self.errors else ""
        return f"{len(self.checks):,} checks in {shapes} shapes: {missing}{errors}"

    @property
    def passed(self) -> bool:
        """Whether nothing is missing: something was checked, no gap, no rule in error, and something was tried."""
        return bool(self.checks) and not self.gaps and not self.errors
