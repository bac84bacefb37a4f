"""The engine computes, and can reach nothing else."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stashlight.engines import duckdb
from stashlight.engines.duckdb import Engine
from stashlight.errors import EngineError
from stashlight.events.schema import names


def _count(engine: Engine) -> object:
    return engine.rows("SELECT count(*) FROM events")[0][0]


def test_events_are_added_whatever_their_column_order() -> None:
    """Readers give the columns they have; the rest is unknown, hence NULL."""
    with Engine() as engine:
        engine.add(pa.Table.from_pylist([{"ts_us": 1, "event_key": "a"}]))
        engine.add(pa.Table.from_pylist([], schema=pa.schema([pa.field("event_key", pa.string())])))
        assert engine.rows("SELECT event_key, ts_us, host FROM events") == [("a", 1, None)]


@pytest.mark.parametrize(
    "table",
    [pa.Table.from_pylist([{"nobody": "x"}]), pa.Table.from_pylist([{"ts_us": "no number"}])],
    ids=["unknown column", "wrong type"],
)
def test_what_does_not_fit_the_schema_is_refused(table: pa.Table) -> None:
    """A silent NULL would be an invented unknown."""
    with Engine() as engine, pytest.raises(EngineError):
        engine.add(table)


@given(st.text())
def test_text_comes_back_as_it_went_in(text: str) -> None:
    """Quotes, NUL, surrogate-free Unicode of any plane."""
    text = text.encode("utf-8", "replace").decode()
    with Engine(threads=1) as engine:
        engine.add(pa.Table.from_pylist([{"command_line": text}]))
        assert engine.rows("SELECT command_line FROM events") == [(text,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "COPY events TO '/tmp/stashlight-test.csv'",
        "ATTACH '/tmp/stashlight-test.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SELECT * FROM sql",
    ],
)
def test_sql_reaches_no_file_network_or_python_variable(sql: str) -> None:
    """A rule from a stranger that slipped through the profile must find nothing."""
    with Engine() as engine, pytest.raises(EngineError):
        engine.rows(sql)


def test_a_query_larger_than_memory_spills_and_leaves_nothing_behind() -> None:
    """Sorting 400 MB in 100 MB."""
    engine = Engine(memory=100_000_000, threads=2)
    spill = Path(str(engine.rows("SELECT current_setting('temp_directory')")[0][0]))
    engine.execute("CREATE TABLE big AS SELECT repeat('x', 200) || i AS s FROM range(1000000) t(i)")
    assert engine.rows("SELECT count(*) FROM (SELECT s FROM big ORDER BY s DESC LIMIT 500000)") == [(500_000,)]
    assert spill.is_dir()
    engine.close()
    engine.close()
    assert not spill.exists()


def _rows(first: int, end: int) -> pa.Table:
    return pa.table(
        {
            "event_key": [f"{n % 150_000:032x}" for n in range(first, end)],
            "kind": ["file_create"] * (end - first),
            "record": range(first, end),
            "command_line": [f"{n} {'x' * 300}" for n in range(first, end)],
        }
    )


@pytest.mark.parametrize("holds", [0, 1 << 30], ids=["added", "held"])
def test_events_that_outgrow_memory_go_on_in_a_file_with_the_same_numbers(holds: int) -> None:
    """What was added first stays first: progress and duplicates go by it; tables that others made come along."""
    engine = Engine(memory=60_000_000, threads=1, holds=holds)
    folder = Path(str(engine.rows("SELECT current_setting('temp_directory')")[0][0]))
    engine.execute("CREATE TABLE findings AS SELECT 7 AS n")
    if holds:
        assert engine.hold(_rows(0, 50_000))
    for first in range(50_000 if holds else 0, 200_000, 50_000):
        engine.add(_rows(first, first + 50_000))
    assert list(folder.glob("*.duckdb"))
    assert engine.rows(f"SELECT min(record), max(record), count(*) FROM {engine.part(50_000, 100_000)}") == [
        (50_000, 99_999, 50_000)
    ]
    assert engine.distinct() == {"file_create": 50_000}
    assert engine.rows("SELECT min(record), max(record), count(*) FROM events") == [(0, 149_999, 150_000)]
    assert engine.rows("SELECT n FROM findings") == [(7,)]
    with pytest.raises(EngineError):
        engine.execute("ATTACH '/tmp/stashlight-test.db'")
    engine.close()
    assert not folder.exists()


def test_an_engine_that_was_told_which_columns_are_asked_has_no_others() -> None:
    """A statement that asks of another is refused: a column that nobody filled must not look empty."""
    with Engine(columns=frozenset({"command_line"})) as engine:
        engine.add(pa.Table.from_pylist([{"event_key": "a", "command_line": "x"}]))
        assert engine.rows("SELECT command_line, host_key FROM events") == [("x", None)]
        with pytest.raises(EngineError, match="hashes"):
            engine.rows("SELECT hashes FROM events")
        with pytest.raises(EngineError, match="hashes"):
            engine.add(pa.Table.from_pylist([{"hashes": "x"}]))


def test_query_gives_arrow_and_records_give_dicts() -> None:
    with Engine() as engine:
        assert engine.query("SELECT 1 AS a WHERE FALSE").num_rows == 0
        assert list(engine.records("SELECT 1 AS a, 'x' AS b")) == [{"a": 1, "b": "x"}]
        assert engine.query("SELECT * FROM events").column_names == list(names())
        assert _count(engine) == 0


@given(st.lists(st.lists(st.text("0123456789abcdefXä\0", max_size=3), min_size=1, max_size=5, unique=True), max_size=4))
def test_doubles_are_dropped_range_by_range(pieces: list[list[str]]) -> None:
    """Many keys are grouped a range at a time, as DuckDB cannot spill all that grouping takes; keys may be any text."""
    patch = pytest.MonkeyPatch()
    patch.setattr(duckdb, "_KEY_BYTES", 1 << 40)
    patch.setattr(duckdb, "_MOST_RANGES", 9)
    with Engine(memory=100_000_000) as engine:
        for keys in pieces:
            engine.add(pa.Table.from_pylist([{"event_key": key, "kind": "logon"} for key in keys]))
        every = [key for keys in pieces for key in keys]
        doubles = len(every) - len(set(every))
        assert engine.distinct() == ({"logon": doubles} if doubles else {})
        assert engine.rows("SELECT event_key FROM events ORDER BY event_key") == [(key,) for key in sorted(set(every))]
    patch.undo()
