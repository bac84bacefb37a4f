"""Rows that stay in Arrow answer as rows that the engine took over."""

from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stashlight.engines import held
from stashlight.engines.duckdb import Engine
from stashlight.events import arrow
from stashlight.events.schema import ARROW, CODED

Row = dict[str, str | int | None]

_PLENTY = 1 << 20


def _row(key: str, host: str | None, event_id: int | None) -> Row:
    return {"event_key": key, "kind": "logon", **({"host": host} if host else {}), "event_id": event_id}


_ROW = st.builds(
    _row,
    st.uuids().map(str),
    st.none() | st.sampled_from(["a", "B", "ß"]),
    st.none() | st.integers(0, 3),
)
_ROWS = st.lists(_ROW, max_size=8)


@pytest.fixture(autouse=True, scope="module")
def _few_rows() -> object:
    """Hold even one row."""
    patch = pytest.MonkeyPatch()
    patch.setattr(held, "_FEW_ROWS", 1)
    yield
    patch.undo()


def _table(rows: Sequence[Row], *, coded: bool) -> pa.Table:
    table = arrow.plain(pa.Table.from_pylist(list(rows) or [{"event_key": "none"}]), ARROW).slice(0, len(rows))
    return arrow.coded(table, CODED) if coded else table


def _answers(engine: Engine) -> list[object]:
    return [
        engine.rows("SELECT event_key, host, event_id, kind, ts_us FROM events ORDER BY event_key"),
        engine.rows("SELECT host, count(*) FROM events GROUP BY host ORDER BY host NULLS FIRST"),
        engine.rows("SELECT event_key FROM events WHERE host = 'a' AND event_id > 1 ORDER BY 1"),
        engine.rows("SELECT count(*) FROM events WHERE host IS NULL OR host LIKE 'B%'"),
        engine.query("SELECT * FROM events").column_names,
    ]


@settings(max_examples=20)
@given(first=_ROWS, second=_ROWS, third=_ROWS, one=st.booleans(), two=st.booleans())
def test_held_and_added_rows_answer_alike(
    first: list[Row], second: list[Row], third: list[Row], *, one: bool, two: bool
) -> None:
    tables = [_table(first, coded=one), _table(second, coded=two), _table(third, coded=True)]
    with Engine() as added, Engine(holds=_PLENTY) as mixed, Engine(holds=_PLENTY) as held_only:
        for table in tables:
            added.add(table)
            assert held_only.hold(table)
        assert mixed.hold(tables[0])
        mixed.add(tables[1])
        mixed.add(tables[2])
        assert _answers(added) == _answers(held_only) == _answers(mixed)
        assert added.rows_added == held_only.rows_added == mixed.rows_added


@settings(max_examples=20)
@given(st.integers(0, 4), st.integers(0, 4), st.integers(1, 3))
def test_parts_are_each_row_once(some: int, others: int, size: int) -> None:
    """Whoever counts findings so far asks for rows as they come."""
    rows: list[Row] = [{"event_key": str(i)} for i in range(some + others)]
    with Engine(holds=_PLENTY) as engine:
        assert engine.hold(_table(rows[:some], coded=True))
        engine.add(_table(rows[some:], coded=True))
        keys = [
            key
            for first in range(0, len(rows), size)
            for (key,) in engine.rows(f"SELECT event_key FROM {engine.part(first, first + size)} ORDER BY 1")
        ]
    assert sorted(keys, key=str) == [row["event_key"] for row in rows]


def test_doubles_of_held_rows_are_dropped() -> None:
    """Beyond the keys that may be remembered, the engine finds what was seen before."""
    with Engine(holds=_PLENTY) as engine:
        assert engine.hold(_table([{"event_key": "a", "kind": "logon"}, {"event_key": "b"}], coded=True))
        for keys in (["a", "c"], ["c", "d"]):
            engine.add(_table([{"event_key": key, "kind": "logon"} for key in keys], coded=True))
        assert engine.distinct() == {"logon": 2}
        assert engine.rows("SELECT event_key FROM events ORDER BY 1") == [("a",), ("b",), ("c",), ("d",)]


def test_what_is_too_much_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then memory is the engine's, which can spill; and rows keep their numbers."""
    table = _table([{"event_key": "a"}], coded=True)
    with Engine() as engine:
        assert not engine.hold(table)
    with Engine(holds=_PLENTY) as engine:
        engine.add(table)
        assert not engine.hold(table)
    with Engine(holds=3 * table.nbytes // 2) as engine:
        assert engine.hold(table)
        assert not engine.hold(_table([{"event_key": "b" * 1000}], coded=True))
        assert not engine.hold(_table([{"event_key": "b"}], coded=True).slice(0, 1).select(["event_key"]))
        assert engine.rows("SELECT count(*) FROM events") == [(1,)]
    monkeypatch.setattr(held, "_FEW_ROWS", 2)
    with Engine(holds=_PLENTY) as engine:
        assert not engine.hold(table)
        assert engine.hold(_table([{"event_key": "a"}, {"event_key": "b"}], coded=True))
        assert engine.hold(_table([{"event_key": "c"}], coded=True))
