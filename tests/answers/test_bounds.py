"""What a stranger's query must not do: write, read elsewhere, look around, hang, or fill the memory."""

import sys
import time
from pathlib import Path

import pytest

from stashlight.answers.ask import ask
from stashlight.answers.bounds import Bounds
from stashlight.answers.logs import Logs
from stashlight.answers.query import LARGEST, Language, Query, read_query
from stashlight.errors import QueryError

_BOUNDS = Bounds(seconds=20, memory=500_000_000)


def _refused(logs: Logs, language: Language, text: str, bounds: Bounds = _BOUNDS) -> str:
    with pytest.raises(QueryError) as caught:
        ask(logs, Query(language, text, "q"), bounds)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no query"),
        ("-- nothing", "no query"),
        ("selec 1", "q:1: syntax error"),
        ("SELECT 1\nFROM", "q:2: syntax error"),
        ("SELECT 1;\nDROP TABLE stored_events", "only one SELECT"),
        ("SELECT 1;\nSELECT 2", "more than one statement"),
        ("DROP TABLE stored_events", "only one SELECT"),
        ("DELETE FROM stored_events", "only one SELECT"),
        ("UPDATE events SET host = NULL", "only one SELECT"),
        ("INSERT INTO stored_events SELECT * FROM stored_events", "only one SELECT"),
        ("CREATE TABLE x AS SELECT 1", "only one SELECT"),
        ("CREATE MACRO x() AS 1", "only one SELECT"),
        ("WITH x AS (DELETE FROM stored_events RETURNING *) SELECT * FROM x", "q"),
        ("COPY events TO 'x.csv'", "only one SELECT"),
        ("COPY (SELECT 1) TO '/dev/stdout'", "only one SELECT"),
        ("EXPORT DATABASE 'x'", "only one SELECT"),
        ("ATTACH 'x.db'", "only one SELECT"),
        ("INSTALL httpfs", "only one SELECT"),
        ("LOAD httpfs", "only one SELECT"),
        ("PRAGMA database_list", "only one SELECT"),
        ("SET memory_limit = '1TB'", "only one SELECT"),
        ("RESET lock_configuration", "only one SELECT"),
        ("CALL enable_logging()", "only one SELECT"),
        ("SELECT * FROM '/etc/passwd'", "no table"),
        ('SELECT * FROM "x.parquet"', "no table"),
        ("SELECT * FROM read_csv('/etc/passwd')", "read_csv"),
        (
            "SELECT * FROM events\nWHERE file IN (SELECT content FROM read_text('/etc/passwd'))",
            "q:2: the table function read_text",
        ),
        ("SELECT * FROM glob('/*')", "glob"),
        ("SELECT * FROM query('SELECT 1')", "query"),
        ("SELECT * FROM query_table(['events'])", "query_table"),
        ("SELECT * FROM duckdb_settings()", "duckdb_settings"),
        ("SELECT * FROM information_schema.tables", "no table"),
        ("SELECT * FROM pg_catalog.pg_class", "no table"),
        ("SELECT * FROM stored_events", "no table"),
        ("SELECT getenv('HOME')", "getenv"),
        ("SELECT current_setting('temp_directory')", "current_setting"),
        ("SELECT sleep_ms(1000000)", "sleep_ms"),
        ("SELECT write_log('x')", "write_log"),
        ("SHOW ALL TABLES", ".tables"),
        ("SELECT nope FROM events", "q:1: Binder Error"),
        ("SELECT 1\n, frobnicate(host) FROM events", "q:2: Catalog Error"),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000, "q"),
        ("SELECT '\0'", "zero byte"),
        ("SELECT CAST(host AS INTEGER) FROM events", "Conversion Error"),
    ],
)
def test_sql_that_does_more_than_read_is_refused(logs: Logs, text: str, said: str) -> None:
    assert said in _refused(logs, "sql", text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".drop table events", "q:1: .drop is a control command"),
        ("// first\n.set-or-replace T <| DeviceFileEvents", "q:2: .set-or-replace is a control command"),
        (".show tables", "control command"),
        ("externaldata (a:string) [h@'/etc/passwd']", "q:1: KQL construct"),
        ("DeviceFileEvents\n| where frobnicate(FolderPath)", "q:2: KQL function 'frobnicate'"),
        ("DeviceFileEvents\n| evaluate http_request('http://x')", "q:2: KQL construct"),
        ("DeviceFileEvents\n| wherex", "q:2: KQL does not parse"),
        ("DeviceFileEvents\n| where Nope == 1", "q:2: Binder Error"),
        ("DeviceFileEvents\n| project FileName,\n  Nope", 'q:3: no column "Nope"'),
        ("\nDeviceRegistryEvents", "q:2: no table 'DeviceRegistryEvents'"),
        ("stored_events | take 1", "no table"),
        ("DeviceEvents | take 1\n\nDeviceFileEvents | take 1", "q:3: KQL does not parse"),
        ("DeviceEvents | take 1\n\nDeviceFileEvents | take 1", "A file holds one"),
        ("database('x').DeviceFileEvents", "no table"),
        ("cluster('x').database('y').T", "q"),
        ("events | where kind == 'logon'", "write ['kind']"),
        ("DeviceFileEvents | where FileName has '\"; drop table stored_events; --' | invoke x()", "q:1: KQL construct"),
    ],
)
def test_kql_that_does_more_than_read_is_refused(logs: Logs, text: str, said: str) -> None:
    assert said in _refused(logs, "kql", text)


def test_nothing_is_written_where_queries_run(logs: Logs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for text in (
        "COPY events TO 'x.csv'",
        "ATTACH 'x.db'",
        "EXPORT DATABASE 'x'",
        "CALL enable_logging(storage_path = 'x')",
    ):
        _refused(logs, "sql", text)
    assert list(tmp_path.iterdir()) == []
    assert ask(logs, Query("sql", "SELECT count(*) AS n FROM events"), _BOUNDS).table.to_pylist() == [{"n": 1019}]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT count(*) FROM events a, events b, events c, events d",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
        "SELECT count(*) FROM range(1000000000000)",
        "SELECT regexp_matches(repeat('a', 1000), '(a|b|c|d){1,900}e'), count(*) FROM events a, events b, events c, events d",
    ],
)
def test_query_that_never_ends_is_stopped(logs: Logs, text: str) -> None:
    start = time.monotonic()
    assert "stopped after 0.5 seconds" in _refused(logs, "sql", text, Bounds(seconds=0.5, memory=500_000_000))
    assert time.monotonic() - start < 10


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can bound the address space")
@pytest.mark.parametrize(
    "text",
    [
        "SELECT len(range(1000000000))",
        "SELECT unnest(range(2000000000)) AS n ORDER BY n DESC",
        "SELECT list(a.host || repeat('x', 10000)) FROM events a, events b",
        "SELECT string_agg(a.host || repeat('y', 100000), '') FROM events a, events b",
    ],
)
def test_query_that_needs_too_much_is_stopped(logs: Logs, text: str) -> None:
    assert "--memory allows more" in _refused(logs, "sql", text, Bounds(seconds=60, memory=300_000_000))


def test_last_resort_is_called_if_nothing_else_helps(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stashlight.answers.bounds._GRACE_SECONDS", 0.0)
    called: list[str] = []
    text = "SELECT count(*) FROM events a, events b, events c, events d"
    bounds = Bounds(seconds=0.2, memory=500_000_000, last_resort=called.append)
    # Without a reminder nothing interrupts, so the query is stopped here, after the last resort was called.
    import threading

    threading.Timer(1.0, logs.engine.interrupt).start()
    _refused(logs, "sql", text, bounds)
    assert called == ["a query went on 0 seconds beyond its 0.2: ended"]


def test_query_too_long_or_in_no_language_is_refused(tmp_path: Path) -> None:
    long = tmp_path / "long.kql"
    long.write_text("x" * (LARGEST + 1), "utf-8")
    with pytest.raises(QueryError, match="longer than"):
        read_query(long)
    with pytest.raises(QueryError, match="ends in"):
        read_query(tmp_path / "query.txt")
    (tmp_path / "bytes.sql").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(QueryError, match="cannot be read"):
        read_query(tmp_path / "bytes.sql")
