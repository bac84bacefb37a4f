"""Runs → a Markdown table of medians, spread and ratios, written between the markers of a page."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from benchmarks.measure import Run
from benchmarks.sections import Section
from stashlight import __version__

__all__ = ["BEGIN", "END", "Measured", "Outcome", "machine", "put", "table", "versions"]

BEGIN = "<!-- figures: python -m benchmarks -->"
END = "<!-- end of figures -->"

_PACKAGES = ("duckdb", "pyarrow", "orjson", "evtx")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one contender took: its runs; its peak of memory in bytes and its hits, from a run of its own."""

    runs: Sequence[Run]
    peak: int | None = None
    hits: int | None = None

    @property
    def is_whole(self) -> bool:
        return bool(self.runs) and not any(run.code for run in self.runs)

    @property
    def wall(self) -> float:
        return median(run.wall for run in self.runs)

    @property
    def processor(self) -> float:
        return median(run.processor for run in self.runs)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A section of so many bytes, and what was measured of its contenders, by name."""

    section: Section
    size: int
    measured: Mapping[str, Measured]


def table(outcome: Outcome) -> str:
    """
    Give one table: a line a contender, those that took no part included; times as median (least–most).

    The time of the section's `against` is 1 in the columns of ratios.
    """
    section, base = outcome.section, outcome.measured[outcome.section.against]
    pace = f", {section.events / base.wall:,.0f} events a second in one run" if section.events and base.is_whole else ""
    files = f"{len(section.files):,} file{'s' if len(section.files) > 1 else ''}"
    lines = [
        f"**{section.title}**, {outcome.size / 1e6:,.0f} MB in {files}{pace}",
        "",
        "| | time, s | processor, s | peak memory, MB | time, ratio | processor, ratio | hits | remark |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in section.contenders:
        name = f"{each.name} {each.version}".strip()
        done = outcome.measured.get(each.name)
        if done is None or not done.is_whole:
            why = each.remark if done is None else f"failed: exit code {done.runs[-1].code}"
            lines.append(f"| {name} | – | – | – | – | – | – | {why} |")
            continue
        walls = [run.wall for run in done.runs]
        lines.append(
            f"| {name} | {done.wall:.2f} ({min(walls):.2f}–{max(walls):.2f}) "
            f"| {done.processor:.2f} | {'–' if done.peak is None else f'{done.peak / 1e6:,.0f}'} "
            f"| {_ratio(done.wall, base, base.wall)} | {_ratio(done.processor, base, base.processor)} "
            f"| {'–' if done.hits is None else f'{done.hits:,}'} | {each.remark} |"
        )
    return "\n".join(lines)


def _ratio(value: float, base: Measured, one: float) -> str:
    return f"{value / one:.2f}" if base.is_whole else "–"


def versions() -> str:
    """Name what was measured."""
    known = [f"{name} {_version(name)}" for name in _PACKAGES]
    return f"Stashlight {__version__}, Python {platform.python_version()}, " + ", ".join(known)


def machine() -> str:
    """Say what it was measured on, without naming it."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{os.cpu_count()} cores of {model}, {platform.system()}"


def put(page: Path, figures: str) -> None:
    """Write the figures between the markers of the page."""
    text = page.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}", "utf-8")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"
