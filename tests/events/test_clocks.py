"""Clocks: what one record shows of its host's clock is put right in the others, and nothing else is touched."""

import json

from hypothesis import given
from hypothesis import strategies as st

from stashlight.decoders import Record
from stashlight.events import Normaliser

HOUR = 3_600_000_000
NOON = 1655035200000000  # 2022-06-12T12:00:00Z


def record(number: int, created: str, utc: str | None = None, host: str = "WS5") -> Record:
    """Make a Sysmon event if it has a UTC time of its own, else a process start of the Security log."""
    sysmon = {
        "SourceName": "Microsoft-Windows-Sysmon",
        "EventID": 11,
        "UtcTime": utc,
        "TargetFilename": f"C:\\{number}",
    }
    security = {"SourceName": "Microsoft-Windows-Security-Auditing", "EventID": 4688, "NewProcessName": f"C:\\{number}"}
    fields: dict[str, object] = {"Hostname": host, "TimeCreated": created, **(sysmon if utc else security)}
    return Record(fields, number, json.dumps(fields).encode() + str(number).encode())


def rows(*records: Record) -> tuple[list[dict[str, object]], list[str]]:
    normaliser = Normaliser("f")
    for each in records:
        normaliser.add(each)
    table: list[dict[str, object]] = normaliser.table().to_pylist()
    return sorted(table, key=lambda r: str(r["record"]).zfill(9)), [p.reason for p in normaliser.problems]


def test_a_wrong_zone_is_put_right_and_told() -> None:
    found, told = rows(
        record(1, "2022-06-12T05:00:00.000Z"),
        record(2, "2022-06-12T05:00:00.002Z", "2022-06-12 12:00:00.000"),
        record(3, "2022-06-12T12:00:00.000Z", host="OTHER"),
    )
    assert [(r["ts_us"], r["time_basis"]) for r in found] == [(NOON, "corrected"), (NOON, "event"), (NOON, "created")]
    assert told == [
        "TimeCreated is not UTC as it says: on ws5 7 hours behind Sysmon's UtcTime; 1 times corrected by it"
    ]


def test_a_twelve_hour_clock_changes_within_a_file() -> None:
    """Before one o'clock in the afternoon it is 7 hours off, after it 19: the nearest record counts."""
    found, _ = rows(
        record(1, "2022-06-12T12:59:00Z", "2022-06-12 19:59:00.000"),
        record(2, "2022-06-12T12:59:01Z"),
        record(10, "2022-06-12T01:00:01Z"),
        record(11, "2022-06-12T01:00:02Z", "2022-06-12 20:00:02.000"),
    )
    assert found[2]["ts_us"] == NOON + 8 * HOUR + 1_000_000
    assert found[1]["ts_us"] == NOON + 8 * HOUR - 59_000_000


def test_the_same_is_told_in_whatever_order() -> None:
    records = [
        record(2, "2022-06-12T05:00:00Z"),
        record(3, "2022-06-12T05:00:00Z", "2022-06-12 12:00:00.000"),
        record(11, "2022-06-12T01:00:02Z", "2022-06-12 20:00:02.000"),
        record(12, "2022-06-12T01:00:03Z"),
    ]
    _, told = rows(*records)
    assert told == [
        "TimeCreated is not UTC as it says: on ws5 7 hours behind Sysmon's UtcTime; 2 times corrected by it"
    ]
    assert rows(*reversed(records))[1] == told


def test_a_late_log_is_left_alone() -> None:
    """Late by anything but quarters of an hour is no zone."""
    found, told = rows(record(1, "2022-06-12T14:07:30Z", "2022-06-12 12:00:00.000"), record(2, "2022-06-12T12:00:00Z"))
    assert found[1]["time_basis"] == "created"
    assert not told


def test_what_was_seen_holds_for_the_next_table() -> None:
    normaliser = Normaliser("f")
    normaliser.add(record(1, "2022-06-12T05:00:00Z", "2022-06-12 12:00:00.000"))
    normaliser.table()
    normaliser.add(record(2, "2022-06-12T05:00:00Z"))
    assert normaliser.table()["ts_us"].to_pylist() == [NOON]


@given(st.lists(st.integers(0, 86_399), min_size=1, max_size=30))
def test_right_clocks_are_never_changed(seconds: list[int]) -> None:
    stamps = [f"2022-06-12T{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in seconds]
    found, told = rows(
        *(record(i, f"{t}Z", t.replace("T", " ") if i % 2 else None) for i, t in enumerate(stamps)),
    )
    assert {r["time_basis"] for r in found} <= {"event", "created"}
    assert not told
