"""The questions that a table answers each: who takes part in it, on which files."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contender import RULES, Contender, linked, printed, said
from benchmarks.data import Data, grown, invented, many_rules
from benchmarks.peers import peers

__all__ = ["Section", "sections"]

_STASHLIGHT = [sys.executable, "-m", "stashlight"]
_SHOWN = ["--as", "json", "--quiet"]


@dataclass(frozen=True, slots=True)
class Section:
    """A table: its title, its files, who takes part, and the contender whose time is 1."""

    title: str
    files: Sequence[str]
    contenders: Sequence[Contender]
    against: str


def sections(
    data: Data, only: Sequence[str], given: Mapping[str, str], sizes: Sequence[float], out: Path
) -> Iterator[Section]:
    """Give the tables that are asked for; what they need is written below `out` when their turn comes."""
    for container in ("json", "evtx"):
        if (files := data.get(container)) and container in only:
            yield _compared(container, files, given, out)
    if "dense" in only:
        with invented(200_000_000, idle=0) as dense:
            yield _compared(
                "json", dense["json"], given, out, "Dense NDJSON, every event asked for by a rule or a stage"
            )
    if "start" in only:
        with invented(1_000_000) as small:
            connect = [sys.executable, "-c", "import duckdb; duckdb.connect()"]
            line = [Contender("connecting to DuckDB", connect), _scan("stashlight scan", small["json"])]
            yield Section("Start to result", small["json"], line, "connecting to DuckDB")
    files = data.get("json", [])
    if "parquet" in only and files:
        table = str(out / "events.parquet")
        said([*_STASHLIGHT, "convert", *files, "--to", table, "--quiet"])
        own = Contender("one filtered scan", _loop("filtered", [table]), printed)
        line = [own, _scan("stashlight scan", [table])]
        yield Section("Parquet of `stashlight convert` against one filtered scan by DuckDB", [table], line, own.name)
    if "rules" in only and files:
        line = [
            _scan(f"stashlight scan, {n} rules more", files, many_rules(out / f"rules-{n}", n)) for n in (1, 100, 500)
        ]
        yield Section("Rules beside the shipped ones", files, line, line[0].name)
    for size in sizes if files else ():
        copy = [str(grown(files, int(size * 1e9), out / "grown.ndjson"))]
        line = [Contender("raw read", _loop("floor", copy)), _scan("stashlight scan", copy)]
        yield Section(f"NDJSON repeated to {size:g} GB", copy, line, "stashlight scan")


def _compared(container: str, files: Sequence[str], given: Mapping[str, str], out: Path, title: str = "") -> Section:
    scan = _scan("stashlight scan", files)
    floor = Contender("raw read", _loop("floor", files))
    if container == "json":
        plain = Contender("plain loop", _loop("plain", files), printed, "a test of its own")
        own = [floor, plain, Contender("DuckDB reads the columns", _loop("columns", files))]
    else:
        own = [floor, Contender("bare parser, all cores", _loop("evtx", files))]
    others = peers(given, container, linked(out, container, files), out)
    titles = {"json": "NDJSON", "evtx": "EVTX"}
    return Section(title or titles[container], files, [*own, scan, *others], scan.name)


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
