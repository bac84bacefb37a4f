"""Kusto queries for Defender and Sentinel, run by `duckdb-kql`, select what Stashlight's own engine selects."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb_kql
import pyarrow as pa
import pytest
from telemetry import Row, Telemetry, fanned_in

from stashlight.exports.detection import Detection, Part
from stashlight.exports.reading import CannotError
from stashlight.exports.target import target
from stashlight.exports.writing import SHARE_FIELDS

TEXTS = (
    "DeviceName", "ActionType", "FolderPath", "FileName", "InitiatingProcessFolderPath", "InitiatingProcessFileName",
    "InitiatingProcessCommandLine", "InitiatingProcessAccountName", "InitiatingProcessParentFileName",
    "InitiatingProcessCreationTime", "InitiatingProcessId", "ProcessId", "ProcessCreationTime", "ProcessCommandLine",
    "ProcessVersionInfoOriginalFileName", "ProcessVersionInfoFileDescription", "ProcessVersionInfoCompanyName",
    "ProcessVersionInfoProductName", "AccountName", "RequestProtocol", "RequestAccountName", "RequestSourceIP",
    "ShareName", "AdditionalFields", "SHA256", "SHA1", "MD5", "ProcessIntegrityLevel", "ProcessVersionInfoProductVersion",
    "InitiatingProcessParentId", "AccountDomain", "InitiatingProcessAccountDomain",
)  # fmt: skip


_WINDOWS = "(TimeGenerated TIMESTAMP, Provider VARCHAR, EventID INTEGER, Computer VARCHAR, Number BIGINT"


class Hunting:
    """Advanced Hunting as far as `duckdb-kql` goes."""

    def __init__(self, telemetry: Telemetry, time: str) -> None:
        self._connection = duckdb_kql.connect()
        for table, starts in (("DeviceFileEvents", "File"), ("DeviceProcessEvents", "Process")):
            rows = [
                {c: _text(r.get(c)) for c in TEXTS}
                | {time: _time(str(r["Timestamp"])), "Number": n, "FileSize": r.get("FileSize") or None}
                for n, r in enumerate(telemetry.records)
                if str(r["ActionType"]).startswith(starts)
            ]
            types = {time: pa.timestamp("us"), "Number": pa.int64(), "FileSize": pa.int64()}
            schema = pa.schema([pa.field(c, types.get(c, pa.string())) for c in (*TEXTS, *types)])
            self._connection.register("incoming", pa.Table.from_pylist(rows, schema=schema))
            self._connection.execute(f"CREATE TABLE {table} AS SELECT * FROM incoming")
            self._connection.unregister("incoming")
        self._connection.execute(f"CREATE TABLE WindowsEvent {_WINDOWS}, EventData JSON)")
        self._connection.execute(
            f"CREATE TABLE SecurityEvent {_WINDOWS}, {', '.join(f'{c} VARCHAR' for c in SHARE_FIELDS)})"
        )

    def add(self, telemetry: Telemetry) -> None:
        """Write PowerShell's events and accesses to shares, whose numbers are those of `telemetry`."""
        for number, row in enumerate(telemetry.records):
            shared = [_time(str(row["@timestamp"])), row["SourceName"], row["EventID"], row["Hostname"], number]
            if row["EventID"] in (4103, 4104):
                values = [*shared, json.dumps(row)]
                self._connection.execute("INSERT INTO WindowsEvent VALUES (?, ?, ?, ?, ?, ?)", values)
            elif row["EventID"] == 5145:
                values = [*shared, *(row.get(c) for c in SHARE_FIELDS)]
                marks = ", ".join("?" for _ in values)
                self._connection.execute(f"INSERT INTO SecurityEvent VALUES ({marks})", values)

    def run(self, query: str) -> list[dict[str, Any]]:
        """Give the rows; the telemetry is older than the query looks back, so that is widened."""
        cursor: Any = duckdb_kql.kql(self._connection, re.sub(r"ago\(\w+\)", "ago(36500d)", query))
        names = [d[0] for d in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text[:26].rstrip("Z"))


@pytest.fixture(scope="module", params=["defender", "sentinel"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def hunting(defender: Telemetry, name: str) -> Hunting:
    return Hunting(defender, "Timestamp" if name == "defender" else "TimeGenerated")


def _queries(shipped: dict[str, Detection], name: str, kind: str) -> Iterator[tuple[Detection, str]]:
    for each in shipped.values():
        if each.kind == kind:
            try:
                yield each, target(name).query(each).text
            except CannotError:
                continue


def test_rules_on_single_events_select_the_same_rows(
    shipped: dict[str, Detection], name: str, hunting: Hunting, defender: Telemetry
) -> None:
    compared = 0
    for each, text in _queries(shipped, name, "event"):
        if each.parts[0].logsource.category not in ("process_creation", "file_event"):
            continue  # not in Defender's tables: see the next test
        found = {row["Number"] for row in hunting.run(text)}
        expected = {n for n in defender.truth[each.id] if asked(each.parts[0], defender.records[n])}
        assert found == expected, f"{each.name}: {[defender.records[n] for n in found ^ expected][:3]}"
        compared += len(found)
    assert compared > 500


def test_sentinel_reads_scripts_from_windows_own_events(shipped: dict[str, Detection], windows: Telemetry) -> None:
    hunting = Hunting(Telemetry((), {}, {}, set()), "TimeGenerated")
    hunting.add(windows)
    compared = 0
    for each, text in _queries(shipped, "sentinel", "event"):
        source = each.parts[0].logsource
        if source.category in ("ps_script", "ps_module") or source.service == "security":
            found = {row["Number"] for row in hunting.run(text)}
            assert found == windows.truth[each.id], each.name
            compared += len(found)
    assert compared > 10


def test_sentinel_counts_the_machines_behind_one_account(shipped: dict[str, Detection], windows: Telemetry) -> None:
    """What the server's own log says, against the plainest reading of it."""
    detection = shipped["share_fan_in"]
    hunting = Hunting(Telemetry((), {}, {}, set()), "TimeGenerated")
    hunting.add(windows)
    rows = hunting.run(target("sentinel").query(detection).text)
    assert {(r["Host"], r["Share"], r["Account"]) for r in rows} == fanned_in(detection, windows)
    assert rows


def asked(part: Part, row: Row) -> bool:
    """Tell rows of the rule's table and system: the tables hold every system, and other actions on files."""
    is_process = part.logsource.category == "process_creation"
    path = str(row["FolderPath" if is_process else "InitiatingProcessFolderPath"] or "")
    if path.startswith("/") is (part.logsource.product == "windows"):
        return False
    return str(row["ActionType"]).startswith("ProcessCreated" if is_process else "FileCreated")


def test_a_burst_is_found_where_the_scan_finds_it(
    shipped: dict[str, Detection], name: str, hunting: Hunting, defender: Telemetry
) -> None:
    """Windows slide by seconds: a burst that reaches the number only within a part of a second would differ."""
    rows = hunting.run(target(name).query(shipped["mass_copy"]).text)
    found = {(str(r["Host"]).split(".")[0], str(r["Place"])) for r in rows}
    # The rule is one for Windows; what Linux machines write stands in the same table.
    assert found == {(host, place) for host, place in defender.bursts if not place.startswith("/")}
    assert found
    assert all(r["Events"] >= shipped["mass_copy"].least for r in rows)


def _hits(
    detection: Detection, telemetry: Telemetry, parts: tuple[Part, ...]
) -> dict[tuple[str, str], list[tuple[int, Part]]]:
    """Give (time, part) of every hit by host and account, as the rows of Defender name them."""
    ids = {each.title: rule_id for rule_id, each in ((r.id, r) for r in detection.needed)}
    hits: defaultdict[tuple[str, str], list[tuple[int, Part]]] = defaultdict(list)
    for part in parts:
        for n in telemetry.truth[ids[part.title]]:
            row = telemetry.records[n]
            account = row.get("AccountName") if "ProcessCommandLine" in row else row.get("InitiatingProcessAccountName")
            if asked(part, row) and account:
                hits[str(row["DeviceName"]).lower(), str(account).lower()].append((telemetry.times[n], part))
    return hits


@pytest.mark.parametrize("ladder", ["ladder_collect", "ladder_stage", "ladder_pack"])
def test_a_ladder_is_climbed_in_order_within_its_window(
    shipped: dict[str, Detection], name: str, hunting: Hunting, defender: Telemetry, ladder: str
) -> None:
    detection = shipped[ladder]
    rows = hunting.run(target(name).query(detection).text)
    expected = {key for key, hits in _hits(detection, defender, detection.parts).items() if _climbed(detection, hits)}
    assert {(r["Host"], r["Account"]) for r in rows} == expected
    assert expected or ladder == "ladder_collect"


def _climbed(detection: Detection, hits: list[tuple[int, Part]]) -> bool:
    """Try every start; the plainest reading of "in order, within the window"."""
    span = detection.seconds * 1_000_000
    times = [sorted(t for t, part in hits if part in step.parts) for step in detection.steps]
    for start in times[0]:
        at = start
        for later in times[1:]:
            after = [t for t in later if t >= at]
            if not after:
                break
            at = after[0]
        else:
            if at - start <= span:
                return True
    return False


def test_a_score_adds_each_rule_once_within_its_window(
    shipped: dict[str, Detection], name: str, hunting: Hunting, defender: Telemetry
) -> None:
    """Windows slide by minutes."""
    detection = shipped["score"]
    rows = {(r["Host"], r["Account"]): r["Score"] for r in hunting.run(target(name).query(detection).text)}
    minute, span = 60_000_000, detection.seconds * 1_000_000
    expected: dict[tuple[str, str], int] = {}
    for key, hits in _hits(detection, defender, detection.parts).items():
        moments = {(t - t % minute, part.title, part.weight) for t, part in hits}
        ends = {t for t, _, _ in moments}
        most = max(sum({p: w for t, p, w in moments if end - span <= t <= end}.values()) for end in ends)
        if most >= detection.least:
            expected[key] = most
    assert rows == expected
    assert rows


def test_defender_counts_the_machines_behind_one_account(shipped: dict[str, Detection], defender: Telemetry) -> None:
    detection = shipped["share_fan_in"]
    rows = Hunting(defender, "Timestamp").run(target("defender").query(detection).text)
    assert {(r["Host"], r["Share"], r["Account"]) for r in rows} == fanned_in(detection, defender)
    assert rows


def test_the_seeds_own_three_detections_select_what_the_rules_select(
    shipped: dict[str, Detection], name: str, hunting: Hunting, defender: Telemetry
) -> None:
    detection = shipped["remote_data_staging"]
    rows = hunting.run(target(name).query(detection).text)
    by_name = {step.name: step.parts[0] for step in detection.steps}
    ids = {
        part.title: rule_id
        for rule_id, part in ((each.id, each.parts[0]) for each in shipped.values() if each.kind == "event")
    }
    for step, part in by_name.items():
        expected = sum(asked(part, defender.records[n]) for n in defender.truth[ids[part.title]])
        assert sum(row["DetectionType"] == step for row in rows) == expected
    assert rows
