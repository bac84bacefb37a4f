"""Works at the same time give what they give one after the other, and end as one."""

import threading
import time
from functools import partial

import pyarrow as pa
import pytest

from stashlight.engines import held
from stashlight.engines.connection import Connection
from stashlight.engines.duckdb import Engine
from stashlight.errors import EngineError


def _events(count: int) -> pa.Table:
    return pa.table({"event_key": [f"{n:06}" for n in range(count)], "host": ["a", "b"] * (count // 2)})


def _count(connection: Connection, host: str) -> object:
    return connection.rows(f"SELECT count(*) FROM events WHERE host = '{host}'")[0][0]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_works_give_their_rows_in_their_order(threads: int) -> None:
    """Whoever finished first."""
    with Engine(threads=threads) as engine:
        engine.add(_events(10))
        works = [partial(_count, host=host) for host in ("a", "nobody", "b", "a", "nobody")]
        assert engine.side_by_side(works) == [5, 0, 5, 5, 0]


def test_works_run_at_the_same_time() -> None:
    """Each waits for the other."""
    meeting = threading.Barrier(2)

    def meet(connection: Connection) -> object:
        meeting.wait(10)
        return connection.rows("SELECT 1")[0][0]

    with Engine(threads=2) as engine:
        assert engine.both(meet, meet) == (1, 1)


def test_all_read_what_is_held_and_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """`events` is a view of Arrow's rows and of the table's: views are a connection's own."""
    monkeypatch.setattr(held, "_FEW_ROWS", 1)
    with Engine(threads=2, holds=1 << 20) as engine:
        assert engine.hold(_events(10))
        assert engine.both(partial(_count, host="a"), partial(_count, host="b")) == (5, 5)
        engine.add(pa.table({"event_key": ["x", "y"], "host": ["a", "c"]}))
        assert engine.both(partial(_count, host="a"), partial(_count, host="c")) == (6, 1)


def test_what_one_makes_and_registers_is_there_afterwards() -> None:
    """Also where an earlier work had registered another table by that name."""

    def make(connection: Connection, name: str, value: int) -> None:
        connection.register(f"given_{name}", pa.table({"a": [value]}))
        connection.execute(f"CREATE OR REPLACE TABLE made_{name} AS SELECT a FROM given_{name}")

    with Engine(threads=2) as engine:
        for value in (1, 2, 3):
            names = ("x", "y") if value % 2 else ("y", "x")
            engine.side_by_side([partial(make, name=name, value=value) for name in names])
            for name in names:
                assert engine.rows(f"SELECT a FROM made_{name}") == [(value,)]
                assert engine.rows(f"SELECT a FROM given_{name}") == [(value,)]


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_that_fails_is_told(threads: int) -> None:
    """The engine goes on to work."""
    with Engine(threads=threads) as engine:
        engine.add(_events(2))
        with pytest.raises(EngineError, match="nowhere"):
            engine.side_by_side(
                [partial(Connection.rows, sql=f"SELECT * FROM {name}") for name in ("events", "nowhere")]
            )
        assert engine.side_by_side([partial(_count, host="a")] * 3) == [1, 1, 1]


def test_who_is_interrupted_stops_the_others() -> None:
    """Ctrl-C reaches one thread."""
    begun = threading.Event()

    def long(connection: Connection) -> object:
        if threading.current_thread() is threading.main_thread():
            begun.wait(10)
            raise KeyboardInterrupt
        begun.set()
        return connection.rows("SELECT sum(a.i * b.i) FROM range(10000000) AS a(i), range(1000000) AS b(i)")

    with Engine(threads=2) as engine:
        before = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            engine.both(long, long)
        assert time.monotonic() - before < 30
        assert engine.rows("SELECT 1") == [(1,)]


def test_events_in_a_file_have_the_memory_for_themselves() -> None:
    """One statement after the other, in this thread."""
    with Engine(memory=100_000_000, threads=2) as engine:
        words = pa.array([f"{n:x}" * 40 for n in range(100_000)])
        engine.add(pa.table({"event_key": [str(n) for n in range(100_000)], "command_line": words}))
        while engine.rows("SELECT current_database()") == [("memory",)]:
            engine.add(pa.table({"event_key": [str(n) for n in range(100_000)], "command_line": words}))
        assert engine.side_by_side([_is_here] * 3) == [True, True, True]


def _is_here(_: Connection) -> bool:
    return threading.current_thread() is threading.main_thread()
