"""Invented telemetry in two vocabularies, and what Stashlight's own engine finds in it."""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from stashlight.decoders.record import Record
from stashlight.engines.duckdb import Engine
from stashlight.events import Normaliser
from stashlight.exports.detection import Detection
from stashlight.findings.match import match
from stashlight.findings.rule import RuleSet
from stashlight.plugins import plugin
from stashlight.simulation.procedure import play
from stashlight.simulation.shapes import Shape

PROCEDURES = Path(__file__).parents[2] / "src" / "stashlight" / "simulation" / "procedures"

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Telemetry:
    """
    Records of one vocabulary, and by rule id the numbers of those that the rule's condition holds for.

    `times` are µs UTC by number; `bursts` the (host without domain, directory) of every run of `mass_copy`.
    """

    records: tuple[Row, ...]
    truth: dict[str, set[int]]
    times: dict[int, int]
    bursts: set[tuple[str, str]]


def simulated(shape: str) -> Iterator[bytes]:
    """Give the records of every procedure, in a shape of one record a line."""
    writer = plugin("stashlight.simulation.shapes", shape, Shape)
    for procedure in sorted(PROCEDURES.glob("*.yml")):
        for content in writer.render(play(procedure.stem)).values():
            yield from content.splitlines()


def scenarios(shape: str, shared: Path, out: Path) -> Iterator[bytes]:
    """Give the records of the development scenarios, rendered into `out`."""
    render = [sys.executable, str(shared / "eval" / "render.py"), "--shape", shape, "--split", "dev", "--out", str(out)]
    subprocess.run(render, check=True, capture_output=True)
    for file in sorted(out.rglob("*.ndjson")):
        yield from (line for line in file.read_bytes().splitlines() if line.startswith(b"{"))


def told(records: Iterable[Row], rules: RuleSet) -> Telemetry:
    """Ask Stashlight's own engine."""
    kept: dict[bytes, Row] = {orjson.dumps(record): record for record in records}
    normaliser = Normaliser("t")
    for number, (raw, record) in enumerate(kept.items()):
        normaliser.add(Record(dict(record), number, raw))
    with Engine(threads=2) as engine:
        engine.add(normaliser.table())
        truth: dict[str, set[int]] = {}
        for rule in rules.events:
            found = engine.rows(f"SELECT record FROM events WHERE {rule.condition}")
            truth[rule.id] = {int(str(row[0])) for row in found}
        times = {
            int(str(n)): int(str(t)) for n, t in engine.rows("SELECT record, ts_us FROM events WHERE NOT ts_us IS NULL")
        }
        match(engine, rules)
        runs = engine.rows("SELECT group_key FROM correlations AS c")
        bursts = {(key.split(" | ")[0], key.split(" | ")[-1]) for (key,) in ((str(r[0]),) for r in runs)}
    return Telemetry(tuple(kept.values()), truth, times, bursts)


def fanned_in(detection: Detection, telemetry: Telemetry) -> set[tuple[str, ...]]:
    """Give (host, share, account) of every fan-in, by trying every window of minutes."""
    seen: defaultdict[tuple[str, ...], list[tuple[int, str]]] = defaultdict(list)
    for number, row in enumerate(telemetry.records):
        told = _shared(row)
        if told is not None and all(told) and not told[2].endswith("$"):
            moment = telemetry.times[number]
            seen[told[:3]].append((moment - moment % 60_000_000, told[3]))
    span = detection.seconds * 1_000_000
    return {
        key
        for key, hits in seen.items()
        if any(len({c for t, c in hits if end - span <= t <= end}) >= detection.least for end, _ in hits)
    }


def _shared(row: Row) -> tuple[str, ...] | None:
    """Give (host, share, account, client) of a write over the network, as a file server or Defender tells of it."""
    if row.get("EventID") == 5145:
        if int(str(row["AccessMask"]), 16) % 8 < 2:  # incidents/sql/written.sql
            return None
        names = ("Hostname", "ShareName", "SubjectUserName", "IpAddress")
    elif str(row.get("ActionType")).startswith("FileCreated") and str(row.get("RequestProtocol")).lower() == "smb":
        names = ("DeviceName", "ShareName", "RequestAccountName", "RequestSourceIP")
    else:
        return None
    return tuple(str(row.get(name) or "").lower() for name in names)
