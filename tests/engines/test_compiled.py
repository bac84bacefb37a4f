"""The engine's compiled part does what the engine needs, and leaves its package as whoever imports it expects it."""

import subprocess
import sys

_SMALL = """
import sys
import pyarrow as pa
from stashlight.engines.duckdb import Engine
engine = Engine()
engine.add(pa.table({"event_key": pa.array(["a", "b"]).dictionary_encode(), "ts_us": [1, 2]}))
print(engine.rows("SELECT event_key FROM events WHERE ts_us = 2"), "duckdb" in sys.modules)
"""
_WHOLE = """
print(engine.query("SELECT ts_us FROM events WHERE event_key = 'a'").to_pylist())
import duckdb
print(duckdb.sql("SELECT 42").fetchall(), duckdb._sources.__name__)
"""


def _said(code: str) -> list[str]:
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return run.stdout.splitlines()


def test_statements_and_arrow_tables_need_no_package() -> None:
    """Importing it would take longer than all statements of a small scan."""
    assert _said(_SMALL) == ["[('b',)] False"]


def test_the_package_is_whole_for_whoever_imports_it_later() -> None:
    assert _said(_SMALL + _WHOLE)[1:] == ["[{'ts_us': 1}]", "[(42,)] duckdb._sources"]


def test_a_package_that_is_there_is_used() -> None:
    assert _said(f"import duckdb{_SMALL}") == ["[('b',)] True"]
