"""A score says why: every point has a reason and an event, the points add up, and repeating oneself adds nothing."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

from stashlight.engines.duckdb import Engine
from stashlight.events.loading import load
from stashlight.findings.load import load as load_rules
from stashlight.findings.match import match
from stashlight.findings.rule import RuleSet
from stashlight.incidents.cases import Case
from stashlight.incidents.clears import clears
from stashlight.incidents.correlate import cases, correlate
from stashlight.incidents.readiness import SOURCES, readiness
from stashlight.incidents.scoring import Weigher, factor_names, score
from stashlight.incidents.techniques import techniques
from stashlight.plugins import plugins
from stashlight.simulation.procedure import play, procedure_names
from stashlight.simulation.shapes import nxlog

T = TypeVar("T")

_FACTORS = plugins("stashlight.incidents.factors", Weigher)


def _asked(lines: list[bytes], ask: Callable[[Engine, RuleSet], T]) -> T:
    rules = load_rules()
    with tempfile.TemporaryDirectory() as folder, Engine(threads=1) as engine:
        (Path(folder) / "log.ndjson").write_bytes(b"\n".join(lines))
        load([folder], engine, workers=1)
        match(engine, rules)
        return ask(engine, rules)


def _lines(name: str) -> list[bytes]:
    return b"".join(nxlog.render(play(name)).values()).splitlines()


@cache
def _cases(name: str) -> tuple[Case, ...]:
    return tuple(_asked(_lines(name), cases))


@pytest.mark.parametrize("factor", _FACTORS)
@pytest.mark.parametrize("procedure", procedure_names())
def test_factor_gives_the_same_twice_and_a_reason_for_its_points(factor: str, procedure: str) -> None:
    for case in _cases(procedure):
        found = _FACTORS[factor].weigh(case)
        assert found == _FACTORS[factor].weigh(case)
        assert found is None or (found.name == _FACTORS[factor].NAME and found.reason)
        assert found is None or found.points <= 0 or found.evidence


@pytest.mark.parametrize("procedure", procedure_names())
def test_points_add_up_to_the_score(procedure: str) -> None:
    for case in _cases(procedure):
        points, factors = score(case)
        assert points == max(0, min(100, sum(f.points for f in factors)))
        assert len({f.name for f in factors}) == len(factors)


@pytest.mark.parametrize("procedure", procedure_names())
def test_a_factor_left_out_is_gone_and_none_other_appears(procedure: str) -> None:
    for case in _cases(procedure):
        names = {f.name for f in score(case)[1]} | {"thin substance"}
        for off in factor_names():
            left = {f.name for f in score(case, [off])[1]}
            assert left <= names - {_FACTORS[off].NAME}


def test_the_same_command_again_and_again_weighs_no_more() -> None:
    once = _lines("archive_and_send")
    start = next(line for line in once if b'"EventID":1,' in line and b" a " in line)
    again = [start.replace(b'"RecordNumber":', b'"RecordNumber":9%03d' % n) for n in range(50)]
    scores = [max(score(c)[0] for c in _asked(lines, cases)) for lines in (once, [*once, *again])]
    assert scores[0] == scores[1]


@pytest.mark.parametrize("procedure", procedure_names())
def test_each_case_names_a_technique_and_what_would_clear_it(procedure: str) -> None:
    for case in _cases(procedure):
        assert techniques(case)[0] in ("T1074.001", "T1074.002")
        assert len(set(techniques(case))) == len(techniques(case))
        assert all(text.endswith(".") for text in clears(case))
        assert clears(case)


def test_files_that_arrive_from_other_hosts_are_remote_staging() -> None:
    assert any("T1074.002" in techniques(case) for case in _cases("share_fan_in"))


def test_ids_are_the_same_every_time() -> None:
    lines = _lines("mass_copy")
    first, second = (_asked(lines, correlate) for _ in range(2))
    assert [i.id for i in first] == [i.id for i in second]
    assert len({i.id for i in first}) == len(first)


def test_readiness_names_what_is_there_and_what_is_blind() -> None:
    states = {r.source: r for r in _asked(_lines("mass_copy"), lambda engine, _: readiness(engine))}
    assert list(states) == [source.name for source in SOURCES]
    told = {name.partition(" (")[0]: state for name, state in states.items()}
    assert told["file creations"].events > 0
    assert (told["share access"].status, told["share access"].blind) == ("absent", ("AN0194",))
    assert all(state.message for state in states.values())
