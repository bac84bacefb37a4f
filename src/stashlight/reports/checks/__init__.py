"""
Does a case add up? One module a check, found by listing this folder; `check` asks them all.

A check reads `Claims` and nothing else, so it works alike on our incidents and on figures that somebody typed in. What a
case does not claim is not checked.
"""

from collections.abc import Iterable
from typing import Protocol

from stashlight.plugins import plugins
from stashlight.reports.claims import Claims, Defect

__all__ = ["Check", "check"]


class Check(Protocol):
    """What a check module has."""

    def defects(self, claims: Claims) -> Iterable[Defect]:
        """Give what does not add up."""
        ...


def check(claims: Claims) -> tuple[Defect, ...]:
    """Give every defect, contradictions first."""
    found = [defect for each in plugins(__name__, Check).values() for defect in each.defects(claims)]
    return tuple(sorted(found, key=lambda defect: defect.kind != "contradiction"))
