"""Acts → the bytes of one collector: one module a shape, found by listing this folder."""

from collections.abc import Sequence
from typing import Protocol

from stashlight.simulation.acts import Act

__all__ = ["Shape"]


class Shape(Protocol):
    """What a shape module has; the first line of its docstring says what it is."""

    __doc__: str | None

    SENSOR: str
    """Who saw it: "windows" (Sysmon, Security, PowerShell), "defender", "sysmon_linux" or "auditd"."""

    def render(self, acts: Sequence[Act]) -> dict[str, bytes]:
        """Give the files that this collector would write, by the end of their names (`.nxlog.ndjson`); empty if it saw nothing."""
        ...
