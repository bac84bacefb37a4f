"""Runs → a Markdown table of medians, spread and ratios, written between the markers of a page."""

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from benchmarks.measure import Run
from stashlight import __version__

__all__ = ["BEGIN", "END", "machine", "put", "table", "versions"]

BEGIN = "<!-- figures: python -m benchmarks -->"
END = "<!-- end of figures -->"
_PACKAGES = ("duckdb", "pyarrow", "orjson", "evtx")


def table(
    title: str, size: int, runs: Mapping[str, Sequence[Run]], peaks: Mapping[str, int | None], against: str
) -> str:
    """
    Give one table: a line a contender, times as median (least–most).

    `against` is the contender whose median time is 1 in the last two columns.
    """
    wall, processor = (
        {n: median(getattr(r, what) for r in rs) for n, rs in runs.items()} for what in ("wall", "processor")
    )
    lines = [
        f"**{title}**, {size / 1e6:,.0f} MB",
        "",
        "| | time, s | processor, s | peak memory, MB | time, ratio | processor, ratio |",
        "|---|---|---|---|---|---|",
    ]
    for name, each in runs.items():
        walls = [r.wall for r in each]
        peak = peaks.get(name)
        lines.append(
            f"| {name} | {wall[name]:.2f} ({min(walls):.2f}–{max(walls):.2f}) | {processor[name]:.2f} "
            f"| {'–' if peak is None else f'{peak / 1e6:,.0f}'} | {wall[name] / wall[against]:.2f} "
            f"| {processor[name] / processor[against]:.2f} |"
        )
    return "\n".join(lines)


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
