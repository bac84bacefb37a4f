"""Runs → a Markdown table of medians, spread and ratios, written between the markers of a page."""

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from benchmarks.contender import Contender
from benchmarks.measure import Run
from stashlight import __version__

__all__ = ["BEGIN", "END", "Seen", "machine", "put", "table", "versions"]

BEGIN = "<!-- figures: python -m benchmarks -->"
END = "<!-- end of figures -->"
Seen = tuple[int | None, int | None]
"""Peak of memory in bytes, hits: from a run of its own."""

_PACKAGES = ("duckdb", "pyarrow", "orjson", "evtx")


def table(
    title: str,
    size: int,
    contenders: Sequence[Contender],
    runs: Mapping[str, Sequence[Run]],
    seen: Mapping[str, Seen],
    against: str,
) -> str:
    """
    Give one table: a line a contender, those that took no part included; times as median (least–most).

    `against` is the contender whose median time is 1 in the columns of ratios.
    """
    lines = [
        f"**{title}**, {size / 1e6:,.0f} MB",
        "",
        "| | time, s | processor, s | peak memory, MB | time, ratio | processor, ratio | hits | remark |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in contenders:
        name = f"{each.name} {each.version}".strip()
        done = runs.get(each.name, ())
        if not done or any(r.code for r in done):
            why = each.remark if not done else f"failed: exit code {done[-1].code}"
            lines.append(f"| {name} | – | – | – | – | – | – | {why} |")
            continue
        wall, processor = median(r.wall for r in done), median(r.processor for r in done)
        base = runs[against]
        peak, hits = seen[each.name]
        lines.append(
            f"| {name} | {wall:.2f} ({min(r.wall for r in done):.2f}–{max(r.wall for r in done):.2f}) "
            f"| {processor:.2f} | {'–' if peak is None else f'{peak / 1e6:,.0f}'} "
            f"| {wall / median(r.wall for r in base):.2f} | {processor / median(r.processor for r in base):.2f} "
            f"| {'–' if hits is None else f'{hits:,}'} | {each.remark} |"
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
