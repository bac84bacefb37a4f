"""`python -m benchmarks`: measure all contenders by turns, print a table, and write it into docs/performance.md."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from benchmarks.data import found, invented
from benchmarks.measure import Run, memory, run
from benchmarks.table import machine, put, table, versions

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
_TITLES = {"json": "NDJSON against a plain loop of Python and orjson", "evtx": "EVTX against the bare parser"}
_AGAINST = {"json": "plain loop", "evtx": "bare parser"}


def contenders(container: str, files: Sequence[str]) -> dict[str, list[str]]:
    """Give the commands that are measured on these files, by the name in the table."""
    loop = [sys.executable, "-m", "benchmarks.loops"]
    own = {"json": "plain", "evtx": "evtx"}[container]
    return {
        "raw read": [*loop, "floor", *files],
        _AGAINST[container]: [*loop, own, *files],
        "stashlight scan": [sys.executable, "-m", "stashlight", "scan", *files, "--as", "json", "--quiet"],
    }


def compare(container: str, files: Sequence[str], repeats: int) -> str:
    """Run every contender once for the caches, then by turns; give the table."""
    commands = contenders(container, files)
    peaks = {name: memory(command) for name, command in commands.items()}
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            runs[name].append(run(command))
    failed = [name for name, each in runs.items() if any(r.code for r in each)]
    if failed:
        message = f"failed: {', '.join(failed)}"
        raise SystemExit(message)
    size = sum(Path(file).stat().st_size for file in files)
    return table(_TITLES[container], size, runs, peaks, _AGAINST[container])


def figures(data: Mapping[str, Sequence[str]], repeats: int) -> str:
    """Give all tables, and what they were measured with."""
    tables = [compare(container, files, repeats) for container, files in data.items()]
    said = f"Median (least–most) of {repeats} runs by turns, warm cache. {versions()}; {machine()}."
    return "\n\n".join([*tables, said])


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, and say."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--data", metavar="DIR", help="recordings to measure on (default: invented ones)")
    parser.add_argument("--megabytes", type=int, default=500, metavar="N", help="how much to invent (default: 500)")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="runs of each (default: 5)")
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md as well")
    options = parser.parse_args(argv)
    with nullcontext(found(options.data)) if options.data else invented(options.megabytes * 1_000_000) as data:
        if not data:
            parser.error(f"no NDJSON and no EVTX below {options.data}")
        text = figures(data, options.repeats)
    print(text)
    if options.write:
        put(PAGE, text)


if __name__ == "__main__":
    main()
