"""`python -m benchmarks`: measure all contenders by turns, print tables, and write them into docs/performance.md."""

import argparse
import errno
import os
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.contender import Contender
from benchmarks.data import Data, invented, taken
from benchmarks.goals import goals
from benchmarks.measure import Run, run
from benchmarks.sections import SCAN, Section, Wish, own_hits, sections
from benchmarks.table import Measured, Outcome, machine, put, table, versions
from stashlight.errors import InputError
from stashlight.stopping import terminable

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
ALL = ("json", "evtx", "dense", "start", "parquet", "rules")


def compare(section: Section, repeats: int) -> Outcome:
    """Run every contender once for the caches, its memory and its hits, then by turns; what takes long runs once."""
    print(f"measuring: {section.title}", file=sys.stderr)
    able = [each for each in section.contenders if each.command]
    seen = {each.name: _seen(each, section) for each in able}
    runs: dict[str, list[Run]] = {each.name: [] for each in able}
    for _ in range(0 if section.events else repeats):
        for each in able:
            runs[each.name].append(run(each.command, cwd=each.cwd, limit=section.limit))
    measured = {name: Measured(runs[name] or [looked], looked.peak, hits) for name, (looked, hits) in seen.items()}
    return Outcome(section, section.size, measured)


def _seen(contender: Contender, section: Section) -> tuple[Run, int | None]:
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "printed"
        looked = run(contender.command, look=True, output=printed, cwd=contender.cwd, limit=section.limit)
        if looked.code:
            return looked, None
        if contender.name == SCAN and any(each.version for each in section.contenders):
            return looked, own_hits(section.files)
        place = contender.result or printed
        return looked, contender.hits(place) if place.exists() else None


def figures(data: Data, repeats: int, wish: Wish, out: Path) -> tuple[str, bool]:
    """Give all tables, which goals are reached, and what was measured with; and whether every scan ran to its end."""
    outcomes = [compare(each, repeats) for each in sections(data, wish, out)]
    said = f"Median (least–most) of {repeats} runs by turns, warm cache, load {os.getloadavg()[2]:.1f} at the end."
    tables = [table(each) for each in outcomes]
    whole = all(done.is_whole for o in outcomes for name, done in o.measured.items() if name.startswith(SCAN))
    return "\n\n".join([goals(outcomes), *tables, f"{said} {versions()}; {machine()}."]), whole


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, and say."""
    options = _options(argv)
    given = dict(each.split("=", 1) for each in options.peer)
    invent = options.megabytes * 1_000_000
    with (
        terminable(),
        _data(options.data, invent) as data,
        tempfile.TemporaryDirectory(prefix="stashlight-bench-") as out,
    ):
        wish = Wish(
            options.only,
            given,
            json_bytes=int(options.json_gigabytes * 1e9) if options.data else 0,
            evtx_bytes=options.evtx_megabytes * 1_000_000,
            dense_bytes=min(invent, 300_000_000),
            sizes=options.gigabytes,
            events=[int(count) for count in options.events],
        )
        text, whole = figures(data, options.repeats, wish, Path(out))
    print(text)
    if not whole:
        message = "a scan failed: its table says so, and nothing was written into docs/performance.md"
        raise SystemExit(message)
    if options.write:
        put(PAGE, text)
        print("written into docs/performance.md; `just docs` takes it into README.md", file=sys.stderr)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--data", metavar="PATH", action="append", help="recordings, packed or not (default: invented); repeatable")
    add(
        "--megabytes",
        type=int,
        default=500,
        metavar="N",
        help="how much to invent, 300 of dense at most (default: 500)",
    )
    add("--json-gigabytes", type=float, default=1.7, metavar="N", help="copy NDJSON to that at least (default: 1.7)")
    add("--evtx-megabytes", type=int, default=1700, metavar="N", help="copy EVTX to that at least (default: 1700)")
    add("--repeats", type=int, default=5, metavar="N", help="runs of each (default: 5)")
    add("--peer", metavar="NAME=PATH", action="append", default=[], help="where another program is, or its folder")
    add("--only", nargs="+", choices=(*ALL, "none"), default=ALL, help="these tables (default: all)")
    add("--gigabytes", type=float, nargs="+", default=[], metavar="N", help="copy NDJSON to such sizes as well")
    add("--events", type=float, nargs="+", default=[], metavar="N", help="simulate so many, such as 1e7, as well")
    add("--write", action="store_true", help="write the tables into docs/performance.md as well")
    options = parser.parse_args(argv)
    if any("=" not in each for each in options.peer):
        parser.error("--peer is NAME=PATH")
    return options


@contextmanager
def _data(paths: Sequence[str] | None, invent: int) -> Generator[Data]:
    """Recordings, in a folder that is there as long as the block runs."""
    if not paths:
        with invented(invent) as data:
            yield data
        return
    with tempfile.TemporaryDirectory(prefix="stashlight-bench-") as folder:
        try:
            data = taken(paths, Path(folder))
        except InputError as error:
            raise SystemExit(str(error)) from error
        if not data:
            message = f"no NDJSON and no EVTX below {', '.join(paths)}"
            raise SystemExit(message)
        yield data


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped: what ran is ended, what was unpacked is removed")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.exit(f"no space left in {tempfile.gettempdir()}: free some, or set TMPDIR to a larger folder")
