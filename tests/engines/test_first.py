"""Rows of a query up to a bound, and queries that another thread stops."""

import threading

import pytest

from stashlight.engines.duckdb import Engine
from stashlight.errors import EngineError


@pytest.mark.parametrize(
    ("most", "rows", "more"), [(0, 5000, False), (5000, 5000, False), (4999, 4999, True), (1, 1, True)]
)
def test_first_rows_are_given_and_whether_there_are_more(most: int, rows: int, *, more: bool) -> None:
    with Engine() as engine:
        table, left = engine.first("SELECT i FROM range(5000) AS t(i) ORDER BY i", most)
        assert (table.column(0).to_pylist(), left) == (list(range(rows)), more)


def test_values_are_bound_and_never_text_of_the_query() -> None:
    with Engine() as engine:
        value = "'; DROP TABLE events; --"
        table, _ = engine.first("SELECT $x AS x", 0, {"x": value})
        assert table.to_pylist() == [{"x": value}]


def test_another_thread_stops_a_query() -> None:
    with Engine() as engine:
        engine.rows("SELECT 1")
        timer = threading.Timer(0.3, engine.interrupt)
        timer.start()
        with pytest.raises(EngineError, match=r"(?i)interrupt"):
            engine.first("SELECT count(*) FROM range(100000000000)", 1)
        timer.join()


def test_text_without_offset_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with Engine() as engine:
        assert engine.rows("SELECT epoch_us(TIMESTAMPTZ '1970-01-01 00:00:01')") == [(1_000_000,)]


def test_rows_beyond_what_memory_allows_are_refused() -> None:
    with Engine() as engine, pytest.raises(EngineError, match="rows of more than 1 MB"):
        engine.first("SELECT repeat('x', 1000) FROM range(100000)", 0, most_bytes=1_000_000)
