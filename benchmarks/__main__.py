"""`python -m benchmarks`: measure all contenders by turns, print tables, and write them into docs/performance.md."""

import argparse
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from benchmarks.contender import Contender
from benchmarks.data import Data, found, invented
from benchmarks.measure import Run, run
from benchmarks.sections import Section, own_hits, sections
from benchmarks.table import Seen, machine, put, table, versions

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
ALL = ("json", "evtx", "dense", "start", "parquet", "rules")


def compare(section: Section, repeats: int) -> str:
    """Run every contender once for the caches, its memory and its hits, then by turns; give the table."""
    able = [each for each in section.contenders if each.command]
    seen = {each.name: _seen(each, section) for each in able}
    runs: dict[str, list[Run]] = {each.name: [] for each in able}
    for _ in range(repeats):
        for each in able:
            runs[each.name].append(run(each.command, cwd=each.cwd))
    failed = [r for r in runs[section.against] if r.code]
    if failed:
        message = f"failed: {section.against} in {section.title}"
        raise SystemExit(message)
    size = sum(Path(file).stat().st_size for file in section.files)
    return table(section.title, size, section.contenders, runs, seen, section.against)


def _seen(contender: Contender, section: Section) -> Seen:
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "printed"
        looked = run(contender.command, look=True, output=printed, cwd=contender.cwd)
        if looked.code:
            return looked.peak, None
        if contender.name == "stashlight scan" and any(each.version for each in section.contenders):
            return looked.peak, own_hits(section.files)
        place = contender.result or printed
        return looked.peak, contender.hits(place) if place.exists() else None


def figures(
    data: Data,
    repeats: int,
    only: Sequence[str] = ALL,
    given: Mapping[str, str] | None = None,
    sizes: Sequence[float] = (),
) -> str:
    """Give all tables, and what they were measured with."""
    with tempfile.TemporaryDirectory(prefix="stashlight-bench-") as out:
        tables = [compare(each, repeats) for each in sections(data, only, given or {}, sizes, Path(out))]
    said = f"Median (least–most) of {repeats} runs by turns, warm cache, load {os.getloadavg()[2]:.1f} at the end."
    return "\n\n".join([*tables, f"{said} {versions()}; {machine()}."])


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, and say."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--data", metavar="DIR", action="append", help="recordings (default: invented ones); repeatable"
    )
    parser.add_argument("--megabytes", type=int, default=500, metavar="N", help="how much to invent (default: 500)")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="runs of each (default: 5)")
    parser.add_argument("--peer", metavar="NAME=PATH", action="append", default=[], help="where another program is")
    parser.add_argument("--only", nargs="+", choices=ALL, default=ALL, help="these tables (default: all)")
    parser.add_argument(
        "--gigabytes", type=float, nargs="+", default=[], metavar="N", help="repeat NDJSON to such sizes"
    )
    parser.add_argument("--write", action="store_true", help="write the tables into docs/performance.md as well")
    options = parser.parse_args(argv)
    given = dict(each.split("=", 1) for each in options.peer)
    with nullcontext(_all(options.data)) if options.data else invented(options.megabytes * 1_000_000) as data:
        if not data:
            parser.error(f"no NDJSON and no EVTX below {options.data}")
        text = figures(data, options.repeats, options.only, given, options.gigabytes)
    print(text)
    if options.write:
        put(PAGE, text)


def _all(folders: Sequence[str]) -> Data:
    data: Data = {}
    for folder in folders:
        for container, files in found(folder).items():
            data.setdefault(container, []).extend(files)
    return data


if __name__ == "__main__":
    main()
