"""Piles of more writes than fit into memory are told a share of the places at a time, and are the same."""

import pyarrow as pa
import pytest

from stashlight.engines import duckdb
from stashlight.engines.duckdb import Engine
from stashlight.errors import EngineError
from stashlight.findings.rule import RuleSet
from stashlight.incidents import piles
from stashlight.incidents.piles import Pile, read_piles, write_table

_HOUR_US = 3_600_000_000


def _writes() -> pa.Table:
    rows = range(600)
    return pa.table(
        {
            "event_key": [str(n) for n in rows],
            "kind": ["file_create"] * len(rows),
            "ts_us": [n * 60_000_000 * (1 + n % 3 * 50) for n in rows],
            "host_key": [f"h{n % 3}" for n in rows],
            "process_key": [f"p{n % 4}" for n in rows],
            "file_dir": [f"c:\\d{n % 7}" + ("\\sub" if n % 2 else "") for n in rows],
            "file_name": ["sub" if n % 11 == 0 else f"{n % 90}.docx" for n in rows],
            "file_ext": [None if n % 11 == 0 else "docx" for n in rows],
        }
    )


def _piles(memory: int | None) -> list[Pile]:
    with Engine(memory) as engine:
        engine.add(_writes())
        write_table(engine, RuleSet(()))
        return read_piles(engine, _HOUR_US)


@pytest.fixture
def in_a_file(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(duckdb, "_IN_MEMORY", 0)
    return monkeypatch


def test_shares_of_places_give_all_piles(in_a_file: pytest.MonkeyPatch) -> None:
    """A pile is of one place, whatever its host, actor and times."""
    whole = _piles(None)
    in_a_file.setattr(piles, "_WRITE_BYTES", 1_000_000)
    assert len(whole) > 50
    assert _piles(100_000_000) == whole


def test_more_piles_than_fit_are_told(in_a_file: pytest.MonkeyPatch) -> None:
    """An end with a reason, before the machine ends it without one."""
    in_a_file.setattr(piles, "_PILE_BYTES", 10_000_000)
    with pytest.raises(EngineError, match="more than 10 piles do not fit"):
        _piles(100_000_000)
