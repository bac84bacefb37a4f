"""The engine computes, and can reach nothing else."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_query_gives_arrow_and_records_give_dicts() -> None:
    with Engine() as engine:
        assert engine.query("SELECT 1 AS a WHERE FALSE").num_rows == 0
        assert list(engine.records("SELECT 1 AS a, 'x' AS b")) == [{"a": 1, "b": "x"}]
        assert engine.query("SELECT * FROM events").column_names == list(names())
        assert _count(engine) == 0
