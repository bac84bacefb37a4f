"""Answers: rows in order, bounded, and what must be said beside them."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from stashlight.answers.ask import ask
from stashlight.answers.bounds import Bounds
from stashlight.answers.logs import Logs
from stashlight.answers.plain import plain
from stashlight.answers.query import Language, Query


def _rows(logs: Logs, language: Language, text: str) -> list[dict[str, object]]:
    return ask(logs, Query(language, text), Bounds()).table.to_pylist()


def test_kql_and_sql_agree(logs: Logs) -> None:
    kql = "DeviceFileEvents | summarize n = count() by DeviceName | sort by n desc, DeviceName asc"
    sql = "SELECT host AS DeviceName, count(*) AS n FROM events WHERE kind LIKE 'file_%' GROUP BY 1 ORDER BY 2 DESC, 1"
    assert _rows(logs, "kql", kql) == _rows(logs, "sql", sql)


def test_order_holds_and_a_bound_is_told(logs: Logs) -> None:
    answer = ask(
        logs, Query("sql", "SELECT record FROM events ORDER BY ts_us DESC, record DESC, file"), Bounds(rows=10)
    )
    every = ask(logs, Query("sql", "SELECT record FROM events ORDER BY ts_us DESC, record DESC, file"), Bounds(rows=0))
    assert (answer.more, every.more) == (True, False)
    assert answer.table.to_pylist() == every.table.to_pylist()[:10]


def test_now_is_the_newest_event_unless_it_is_said(logs: Logs) -> None:
    """A query of last night's alerts would find nothing in an older log."""
    text = "DeviceFileEvents | where Timestamp > ago(1d) | count"
    answer = ask(logs, Query("kql", text), Bounds())
    assert answer.table.to_pylist()[0]["Count"] > 0
    assert "2026-03-03 02:06:59 UTC, the time of the newest event" in answer.notes[0]
    later = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp() * 1_000_000)
    assert ask(logs, Query("kql", text), Bounds(), later).table.to_pylist() == [{"Count": 0}]


def test_columns_that_are_null_are_said(logs: Logs) -> None:
    answer = ask(logs, Query("kql", "DeviceFileEvents | project SensitivityLabel, ShareName, FileName"), Bounds())
    said = " ".join(answer.notes)
    assert "no log that is read has SensitivityLabel" in said
    assert "ShareName NULL in all 966 rows" in said
    assert "FileName" not in said


def test_tables_without_events_are_said(logs: Logs) -> None:
    answer = ask(logs, Query("sql", "SELECT * FROM events WHERE kind = 'script_block'"), Bounds())
    assert answer.table.num_rows == 0
    assert "these logs hold no" in answer.notes[0]
    assert "script_block" in answer.notes[0]


def test_findings_are_matched_when_they_are_asked_for(logs: Logs) -> None:
    found = _rows(logs, "kql", "findings | summarize n = count() by rule | where n > 0")
    assert found
    again = _rows(logs, "sql", "SELECT count(*) AS n, count(file) AS f FROM findings")
    assert again[0]["n"] == again[0]["f"]


def test_union_join_and_let_work(logs: Logs) -> None:
    text = """
    let hosts = DeviceProcessEvents | distinct DeviceName;
    union DeviceFileEvents, DeviceProcessEvents
    | join kind=leftsemi hosts on DeviceName
    | summarize n = count() by ActionType
    """
    assert {row["ActionType"] for row in _rows(logs, "kql", text)} >= {"FileCreated", "ProcessCreated"}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1::HUGEINT", 1),
        ("12345678901234567890123::HUGEINT", "12345678901234567890123"),
        ("sum(1)", 1),
        ("1.50::DECIMAL(5,2)", "1.5"),
        ("[1, 2]", "[1, 2]"),
        ("{'a': 1}", '{"a": 1}'),
        ("'x'::BLOB", "78"),
        ("DATE '2026-03-02'", "2026-03-02"),
        ("TIMESTAMP '2026-03-02 01:02:03'", datetime(2026, 3, 2, 1, 2, 3, tzinfo=UTC)),
        ("TIMESTAMPTZ '2026-03-02 01:02:03+02'", datetime(2026, 3, 1, 23, 2, 3, tzinfo=UTC)),
        ("NULL", None),
        ("TRUE", True),
        ("'{\"a\":1}'::JSON", '{"a":1}'),
        ("18446744073709551615::UBIGINT", "18446744073709551615"),
        ("INTERVAL 1 DAY", "1 day, 0:00:00"),
        ("uuid()::VARCHAR IS NULL", False),
    ],
)
def test_every_type_becomes_plain(logs: Logs, expression: str, value: object) -> None:
    assert _rows(logs, "sql", f"SELECT {expression} AS x") == [{"x": value}]


def test_columns_of_one_name_are_told_apart() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert plain(table).column_names == ["a", "a_2"]


def test_older_names_of_functions_are_understood(logs: Logs) -> None:
    text = """DeviceFileEvents // makeset(x)
    | summarize Names = makeset(ActionType), Last = argmax(Timestamp, FileName) by DeviceName, Word = "makelist (a)"
    | take 1"""
    (row,) = _rows(logs, "kql", text)
    assert row["Word"] == "makelist (a)"
    assert "FileCreated" in str(row["Names"])


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("SecurityEvent | where EventID == 4625", "4625"),
        ("SecurityEvent | where EventID in (4625, 4624, 4720)", "4625, 4720"),
        ("SELECT 1 FROM events WHERE event_id = 4720", "4720"),
        ("SELECT 1 FROM events WHERE event_id IN (4720)", "4720"),
        ("e.event_id = 4720 AND x", "4720"),
        ("SecurityEvent | where EventID == 4624", ""),
        ("SecurityEvent | where EventID != 4625", ""),
    ],
)
def test_event_ids_that_are_never_read_are_said(text: str, ids: str) -> None:
    """An empty answer about failed logons must not look like there were none."""
    assert Logs.unread(text) == ([f"events {ids} are never read, so no row has them"] if ids else [])
