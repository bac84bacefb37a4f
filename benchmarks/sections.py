"""The questions that a table answers each: who takes part in it, on which files."""

import os
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.contender import RULES, Contender, printed
from benchmarks.copies import grown
from benchmarks.data import Data, crowd, invented, many_rules
from benchmarks.measure import said
from benchmarks.peers import peers

__all__ = ["SCAN", "Section", "Wish", "own_hits", "sections"]

SCAN = "stashlight scan"
_STASHLIGHT = [sys.executable, "-m", "stashlight"]
_SHOWN = ["--as", "json", "--quiet"]
_TITLES = {"json": "NDJSON", "evtx": "EVTX"}
_SECONDS_A_MILLION = 120
"""More than a million events take anywhere; after so long a run is given up."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to measure: tables by name, sizes in bytes, counts of events, and where other programs are."""

    only: Sequence[str]
    given: Mapping[str, str] = field(default_factory=dict[str, str])
    json_bytes: int = 0
    evtx_bytes: int = 0
    dense_bytes: int = 300_000_000
    sizes: Sequence[float] = ()
    events: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """
    A table: its title, its files, who takes part, and the contender whose time is 1.

    One of so many simulated `events` takes long: it runs once, looked at. A run is given up after `limit` seconds.
    """

    key: str
    title: str
    files: Sequence[str]
    contenders: Sequence[Contender]
    against: str
    events: int = 0
    limit: float = 900

    @property
    def size(self) -> int:
        return sum(Path(file).stat().st_size for file in self.files)


def sections(data: Data, wish: Wish, out: Path) -> Iterator[Section]:
    """Give the tables that are asked for; what they need is written below `out`, and removed when the next one's turn comes."""
    files: dict[str, list[str]] = {}
    for container, least in (("json", wish.json_bytes), ("evtx", wish.evtx_bytes)):
        if container in data and {container, *_ON[container]} & {*wish.only}:
            files[container] = grown(container, data[container], least, Path(data[container][0]).parent)
            if container in wish.only:
                yield _compared(container, container, files[container], wish.given, out)
    if "dense" in wish.only:
        with invented(wish.dense_bytes, idle=0) as dense:
            yield _compared("dense", "json", dense["json"], wish.given, out, "Dense NDJSON: every event is asked for")
    if "start" in wish.only:
        with invented(1_000_000) as small:
            connect = [sys.executable, "-c", "import duckdb; duckdb.connect()"]
            line = [Contender("connecting to DuckDB", connect), _scan(SCAN, small["json"])]
            yield Section("start", "Start to result", small["json"], line, "connecting to DuckDB")
    if logs := files.get("json", []):
        yield from _of_tables_and_rules(wish, logs, out)
    for size in wish.sizes if data.get("json") else ():
        with _folder(out) as folder:
            more = grown("json", data["json"], int(size * 1e9), folder)
            yield _floored(f"{size:g} GB", f"NDJSON of {size:g} GB", more)
    for events in wish.events:
        with _folder(out) as folder:
            began = time.monotonic()
            packed, unpacked = crowd(events, folder)
            title = f"{events:,} simulated events, {unpacked / 1e6:,.0f} MB, packed"
            print(f"written in {time.monotonic() - began:.0f} s: {title}", file=sys.stderr)
            yield _floored(f"{events} events", title, packed, events)


_ON = {"json": ("parquet", "rules"), "evtx": ()}
"""What else is measured on the files of a container."""


def _of_tables_and_rules(wish: Wish, files: Sequence[str], out: Path) -> Iterator[Section]:
    if "parquet" in wish.only:
        table = str(out / "events.parquet")
        said([*_STASHLIGHT, "convert", *files, "--to", table, "--quiet"])
        own = Contender("one filtered scan", _loop("filtered", [table]), printed)
        line = [own, _scan(SCAN, [table])]
        yield Section(
            "parquet", "Parquet of `stashlight convert`, beside one filtered scan by DuckDB", [table], line, own.name
        )
    if "rules" in wish.only:
        line = [
            _scan(f"{SCAN}, {n} rule{'s' if n > 1 else ''} more", files, many_rules(out / f"rules-{n}", n))
            for n in (1, 100, 500)
        ]
        yield Section("rules", "Rules beside the shipped ones", files, line, line[0].name)


@contextmanager
def _folder(out: Path) -> Generator[Path]:
    with tempfile.TemporaryDirectory(dir=out) as folder:
        yield Path(folder)


def _floored(key: str, title: str, files: Sequence[str], events: int = 0) -> Section:
    line = [Contender("raw read", _loop("floor", files)), _scan(SCAN, files)]
    limit = max(900, events / 1_000_000 * _SECONDS_A_MILLION)
    return Section(key, title, files, line, SCAN, events, limit)


def _compared(
    key: str, container: str, files: Sequence[str], given: Mapping[str, str], out: Path, title: str = ""
) -> Section:
    scan = _scan(SCAN, files)
    floor = Contender("raw read", _loop("floor", files))
    if container == "json":
        plain = Contender("plain loop", _loop("plain", files), printed, "the five indicators of the seed document")
        own = [floor, plain, Contender("DuckDB reads the columns", _loop("columns", files))]
    else:
        own = [floor, Contender("bare parser, all cores", _loop("evtx", files))]
    folder = Path(os.path.commonpath([Path(file).parent for file in files]))
    return Section(
        key, title or _TITLES[container], files, [*own, scan, *peers(given, container, folder, out)], scan.name
    )


def _scan(name: str, files: Sequence[str], rules: Path = RULES) -> Contender:
    return Contender(name, [*_STASHLIGHT, "scan", *files, "--rules", str(rules), *_SHOWN])


def own_hits(files: Sequence[str]) -> int:
    """Rows of `stashlight hunt` with the three rules: a scan shows incidents, and not every hit is in one."""
    rows = 0
    for rule in sorted(RULES.glob("*.yml")):
        rows += said([*_STASHLIGHT, "hunt", str(rule), *files, "--as", "jsonl", "--limit", "0", "--quiet"]).count(
            '{"ts"'
        )
    return rows


def _loop(name: str, files: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "benchmarks.loops", name, *files]
