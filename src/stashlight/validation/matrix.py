"""
Checks as a matrix: procedures down, signals across, all shapes of one kind of log together.

A cell is "ok" if everything about the signal showed in every shape, "n/m" if only in n of m shapes, "-" if nothing is
expected there. The last column is the outcome: an incident, or quiet.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stashlight.validation.checks import Check
from stashlight.validation.signals import SIGNALS
from stashlight.validation.validation import Validation

__all__ = ["Table", "gap_lines", "tables", "traces"]

_HEADINGS = {
    "windows": "Windows event logs",
    "defender": "Defender",
    "sysmon_linux": "Sysmon for Linux",
    "auditd": "Linux audit",
}


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of log: heading, shapes, column heads, and a row for each procedure that it can show."""

    heading: str
    shapes: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(validation: Validation) -> Iterator[Table]:
    """Give a table for each kind of log that was checked; signals that nothing is expected of have no column."""
    if any(each.shape == "logs" for each in validation.checks):
        yield _table("Own logs", [*dict.fromkeys(c.signal for c in validation.checks if c.signal)], validation.checks)
        return
    for sensor, heading in _HEADINGS.items():
        signals = [signal.name for signal in SIGNALS if signal.sensor == sensor]
        shapes = {each.shape for each in validation.checks if each.signal in signals}
        mine = [each for each in validation.checks if each.shape in shapes]
        asked = [name for name in signals if any(each.signal == name for each in mine)]
        if mine:
            yield _table(heading, asked, mine)


def _table(heading: str, signals: list[str], checks: Iterable[Check]) -> Table:
    checks = list(checks)
    procedures = sorted({each.procedure for each in checks})
    shapes = tuple(sorted({each.shape for each in checks}))
    rows = tuple(
        (
            procedure,
            *(_cell([c for c in checks if c.procedure == procedure and c.signal == name]) for name in (*signals, "")),
        )
        for procedure in procedures
    )
    return Table(heading, shapes, ("procedure", *signals, "outcome"), rows)


def _cell(checks: list[Check]) -> str:
    shapes = {each.shape for each in checks}
    bad = {each.shape for each in checks if not each.found}
    if not checks:
        return "-"
    return f"{len(shapes) - len(bad)}/{len(shapes)}" if bad else "ok"


def gap_lines(validation: Validation) -> Iterator[str]:
    """Say each gap once, with the shapes that it is in."""
    same: dict[tuple[str, str, str, str, str], list[str]] = {}
    for gap in validation.gaps:
        same.setdefault((gap.procedure, gap.what, gap.signal, gap.rule, gap.says), []).append(gap.shape)
    for (procedure, what, signal, rule, says), shapes in same.items():
        about = " ".join(part for part in (signal, rule) if part) or what
        yield f"{procedure}: {about}: {says} (in {', '.join(shapes)})"


def traces(validation: Validation) -> Iterator[tuple[str, str, str]]:
    """Give procedure, family of signals or outcome, and what was found, for what one's own logs were looked at for."""
    for each in validation.checks:
        if each.shape == "logs":
            yield each.procedure, each.signal or each.what, each.says
