"""Whoever waits sees what the rules have said so far, and pays next to nothing for it."""

from pathlib import Path

import pyarrow as pa
import pytest

from stashlight.engines.duckdb import Engine
from stashlight.events import loading
from stashlight.findings import sofar
from stashlight.findings.match import match
from stashlight.findings.rule import Note, Rule, RuleSet
from stashlight.findings.sofar import counting
from stashlight.progress import Sofar
from stashlight.simulation.samples import write_samples
from stashlight.verbs.scan import scan


class _Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.looking = 0.0

    def __call__(self) -> float:
        self.now += self.looking
        return self.now


def _rule(number: int, condition: str, *, reports: bool = True, note: Note = Note()) -> Rule:  # noqa: B008 - frozen
    return Rule(f"r{number}", "t", "event", "r.yml", 1, condition=condition, reports=reports, note=note)


_RULES = RuleSet(
    (
        _rule(0, "ts_us % 10 = 0"),
        _rule(1, "ts_us % 100 = 0"),
        _rule(2, "TRUE", reports=False),
        _rule(3, "TRUE", note=Note(session=True)),
    )
)


def _add(engine: Engine, first: int, end: int) -> None:
    times = list(range(first, end))
    engine.add(pa.table({"event_key": [str(t) for t in times], "ts_us": times, "kind": ["logon"] * len(times)}))


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


def test_it_counts_what_match_finds(clock: _Clock) -> None:
    seen: list[Sofar] = []
    with Engine(threads=1) as engine:
        report = counting(seen.append, engine, _RULES, clock)
        for start in range(0, 4000, 1000):
            _add(engine, start, start + 1000)
            clock.now += 11
            report(Sofar(start, 4000, start))
        assert [each.findings for each in seen] == [110, 220, 330, 440]
        assert [each.records for each in seen] == [0, 1000, 2000, 3000]
        assert match(engine, _RULES) == 440


def test_it_looks_seldom_and_seldomer_where_it_takes_long(clock: _Clock) -> None:
    seen: list[Sofar] = []
    with Engine(threads=1) as engine:
        report = counting(seen.append, engine, _RULES, clock)
        _add(engine, 0, 100)
        clock.now += 9
        report(Sofar(1, 2))
        clock.looking = 2.0  # from one look at the clock to the next
        clock.now += 2
        report(Sofar(1, 2))
        _add(engine, 100, 200)
        clock.looking = 0.0
        clock.now += 39
        report(Sofar(1, 2))
        clock.now += 2
        report(Sofar(1, 2))
    assert [each.findings for each in seen] == [None, 11, 11, 22]


def test_without_rows_the_engine_is_not_even_started(clock: _Clock) -> None:
    """Its threads must not run before the readers are forked."""
    seen: list[Sofar] = []
    engine = Engine()
    report = counting(seen.append, engine, _RULES, clock)
    clock.now += 100
    report(Sofar(1, 2))
    engine.close()
    assert not engine.is_connected
    assert [each.findings for each in seen] == [None]


def test_a_rule_that_is_refused_ends_the_counting_and_not_the_reading(clock: _Clock) -> None:
    seen: list[Sofar] = []
    with Engine(threads=1) as engine:
        report = counting(seen.append, engine, RuleSet((_rule(0, "nobody = 1"),)), clock)
        _add(engine, 0, 10)
        for _ in range(2):
            clock.now += 100
            report(Sofar(1, 2))
    assert [each.findings for each in seen] == [None, None]


def test_a_scan_passes_it_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sofar, "_EVERY", 0.0)
    monkeypatch.setattr(sofar, "_SHARE", 0)
    monkeypatch.setattr(loading, "_SINK_ROWS", 1)  # what is gathered reaches the engine at once
    logs = tmp_path / "logs"
    write_samples(logs)
    seen: list[Sofar] = []
    document = scan([str(logs)], progress=seen.append)
    found = [each.findings or 0 for each in seen]
    assert found == sorted(found)
    assert found[-1] > 0
    assert document == scan([str(logs)])
