"""What is exported as Sigma means the same to other people's engine: pysigma-backend-sqlite on SQLite."""

import json
import re
import sqlite3
from collections import defaultdict
from typing import Any, cast

import pytest
import yaml
from sigma.backends.sqlite import sqliteBackend  # pyright: ignore[reportMissingTypeStubs]
from sigma.collection import SigmaCollection
from telemetry import Telemetry, fanned_in

from stashlight.exports.detection import Detection
from stashlight.exports.target import target

_READ = ("Data", "Payload", "ScriptBlockText", "RelativeTargetName", "AccessMask")
_MOST_FILES = 4000
_EVENTS = {
    "process_creation": 1,
    "file_event": 11,
    "ps_script": 4104,
    "ps_module": 4103,
    "ps_classic_script": 800,
    "security": 5145,
}


class Engine:
    """Records in a table of text, compared without regard to case, as the backend wants it."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._connection = sqlite3.connect(":memory:")
        self._connection.create_function("regexp", 2, _search, deterministic=True)
        names = sorted({*_READ, *(name for record in telemetry.records for name in record)} - {"EventID"})
        columns = ", ".join(f"`{name}` COLLATE NOCASE" for name in names)
        self._connection.execute(
            f"CREATE TABLE logs (number INTEGER, EventID INTEGER, timestamp TEXT, Computer TEXT, {columns})"
        )
        marks = ", ".join("?" for _ in range(len(names) + 4))
        rows = [
            (
                n,
                r["EventID"],
                str(r["@timestamp"]).replace("T", " ").rstrip("Z"),
                r["Hostname"],
                *(_plain(r.get(c)) for c in names),
            )
            for n, r in enumerate(telemetry.records)
        ]
        self._connection.executemany(f"INSERT INTO logs VALUES ({marks})", rows)

    def rows(self, documents: str) -> list[tuple[object, ...]]:
        """Give the rows that the last document selects; filters and building blocks stand before it."""
        contents: Any = list(yaml.safe_load_all(documents))
        query = str(sqliteBackend().convert(SigmaCollection.from_dicts(contents))[-1])
        return self._connection.execute(query).fetchall()

    def names(self) -> list[str]:
        return [str(row[1]) for row in self._connection.execute("PRAGMA table_info(logs)")]


def _plain(value: object) -> object:
    # The normaliser writes NULL for an empty value, and so does Sigma's own reading.
    return str(value) if value not in (None, "") else None


def _search(pattern: str, value: object) -> bool:
    return value is not None and re.search(pattern, str(value), re.ASCII) is not None


@pytest.fixture(scope="module")
def engine(windows: Telemetry) -> Engine:
    return Engine(windows)


def test_rules_and_their_filters_select_the_same_events(
    shipped: dict[str, Detection], windows: Telemetry, engine: Engine
) -> None:
    number, kind = engine.names().index("number"), engine.names().index("EventID")
    compared = 0
    for each in shipped.values():
        source = each.parts[0].logsource
        if each.kind != "event" or source.product != "windows" or (source.category or source.service) not in _EVENTS:
            continue
        found = {
            int(str(r[number]))
            for r in engine.rows(target("sigma").query(each).text)
            if r[kind] == _EVENTS[source.category or source.service]
        }
        assert found == windows.truth[each.id], (
            f"{each.name}: {[windows.records[n] for n in found ^ windows.truth[each.id]][:2]}"
        )
        compared += len(found)
    assert compared > 500


def test_a_burst_is_found_by_the_other_engine(shipped: dict[str, Detection], windows: Telemetry) -> None:
    """By host and process; Sigma has no field for a directory."""
    detection = shipped["mass_copy"]
    (block,) = (rule for rule in detection.needed if rule.form == "event")
    written: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number in sorted(windows.truth[block.id] & windows.times.keys()):
        record = windows.records[number]
        written[str(record["Hostname"]).lower(), str(record["ProcessGuid"]).lower()].append(number)
    # The engine compares every event with every other: of processes that wrote enough in all, those that wrote least.
    total = 0
    for key, numbers in sorted(written.items(), key=lambda item: len(item[1])):
        total += len(numbers) if len(numbers) >= detection.least else 0
        if len(numbers) < detection.least or total > _MOST_FILES:
            del written[key]
    span, last = detection.seconds * 1_000_000, detection.least - 1
    times = {key: sorted(windows.times[n] for n in numbers) for key, numbers in written.items()}
    expected = {
        key
        for key, each in times.items()
        if any(later - first <= span for first, later in zip(each, each[last:], strict=False))
    }
    asked = tuple(windows.records[n] for numbers in written.values() for n in numbers)
    rows = Engine(Telemetry(asked, {}, {}, set())).rows(target("sigma").query(detection).text)
    groups = [json.loads(str(v).lower()) for row in rows for v in row if str(v).lower().startswith('{"computer"')]
    assert {(group["computer"], group["processguid"]) for group in groups} == expected
    assert expected


def test_a_fan_in_is_found_by_the_other_engine(
    shipped: dict[str, Detection], windows: Telemetry, engine: Engine
) -> None:
    """Its windows are its own affair; which account, share and server it names is compared."""
    rows = engine.rows(target("sigma").query(shipped["share_fan_in"]).text)
    texts = [str(value).lower() for row in rows for value in row]
    groups = [json.loads(text) for text in texts if text.startswith('{"computer"')]
    named = {tuple(str(group[name]) for name in ("computer", "sharename", "subjectusername")) for group in groups}
    assert named == fanned_in(shipped["share_fan_in"], windows)
    assert named


def test_every_document_is_sigma(shipped: dict[str, Detection]) -> None:
    """Read by the reference parser with every reference resolved; nothing of ours is left in it."""
    for each in shipped.values():
        if each.only or each.kind == "score":
            continue
        text = target("sigma").query(each).text
        contents = [cast("dict[str, Any]", one) for one in yaml.safe_load_all(text)]
        assert not any({"stashlight", "tests"} & one.keys() for one in contents)
        collection = SigmaCollection.from_dicts(cast("Any", contents))
        assert not collection.errors
        collection.resolve_rule_references()
