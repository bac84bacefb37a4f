"""Every shipped hunt finds what it says and leaves its look-alike alone, in telemetry of the simulator."""

from pathlib import Path
from typing import NotRequired, TypedDict, cast

import pytest
import yaml

from stashlight.answers.ask import Answer, ask
from stashlight.answers.bounds import Bounds
from stashlight.answers.library import hunt_names, named
from stashlight.answers.logs import Logs
from stashlight.engines.duckdb import Engine
from stashlight.events.loading import load
from stashlight.findings.rule import RuleSet
from stashlight.plugins import plugin
from stashlight.simulation.procedure import Procedure, play, procedure_names, read_procedure
from stashlight.simulation.shapes import Shape

Steps = str | list[dict[str, object]]


class Case(TypedDict):
    """What a hunt must find, and what not: a shipped procedure or steps; `hosts` beside the first."""

    match: Steps
    ignore: Steps
    hosts: NotRequired[dict[str, dict[str, str]]]
    system: NotRequired[str]


_FILE = Path(__file__).with_name("hunts.yml")
_CASES = cast("dict[str, Case]", yaml.safe_load(_FILE.read_text("utf-8")))


def _procedure(case: Case, steps: Steps, folder: Path) -> Procedure:
    if isinstance(steps, str):
        return read_procedure(steps)
    host = {
        "name": "FS-02",
        "domain": "linden.example",
        "address": "10.30.2.12",
        "system": case.get("system", "windows"),
    }
    content = {
        "title": "x",
        "start": "2026-03-02 09:00:00",
        "host": host,
        "hosts": case.get("hosts", {}),
        "steps": steps,
    }
    path = folder / "case.yml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    return read_procedure(str(path))


def _asked(name: str, procedure: Procedure, folder: Path) -> tuple[Answer, set[tuple[object, ...]]]:
    """Give the answer, and (file, record) of every event."""
    shape = plugin("stashlight.simulation.shapes", "nxlog" if procedure.system == "windows" else "syslog", Shape)
    logs = folder / "logs"
    logs.mkdir()
    for suffix, content in shape.render(play(procedure, audits=True)).items():
        (logs / f"x{suffix}").write_bytes(content)
    with Engine() as engine:
        tally = load([str(logs)], engine, workers=1)
        assert tally.events
        told = set(engine.rows("SELECT file, record FROM events"))
        return ask(Logs(engine, tally, RuleSet()), named(name), Bounds()), told


def test_every_hunt_has_its_cases() -> None:
    assert sorted(_CASES) == hunt_names()
    assert len(_CASES) >= 15


@pytest.mark.parametrize("name", _CASES)
def test_hunt_finds_what_it_says(name: str, tmp_path: Path) -> None:
    case = _CASES[name]
    answer, told = _asked(name, _procedure(case, case["match"], tmp_path), tmp_path)
    found = answer.table
    assert found.num_rows
    source = next(c for c in found.column_names if c.lower().replace("_", "") == "sourcefile")
    record = next(c for c in found.column_names if c.lower().replace("_", "") == "sourcerecord")
    # Both are of one event, so that the record can be looked up in the file.
    for row in found.select([source, record]).to_pylist():
        assert (row[source], row[record]) in told


@pytest.mark.parametrize("name", _CASES)
def test_hunt_leaves_its_look_alike_alone(name: str, tmp_path: Path) -> None:
    case = _CASES[name]
    answer, _ = _asked(name, _procedure(case, case["ignore"], tmp_path), tmp_path)
    assert answer.table.to_pylist() == []


@pytest.mark.parametrize("name", hunt_names())
def test_hunt_says_what_it_is(name: str) -> None:
    query = named(name)
    assert {"title", "attack", "finds", "benign", "blind"} == query.header.keys()
    assert query.techniques
    assert all(query.header.values())


def test_cases_name_procedures_that_there_are() -> None:
    used = {steps for case in _CASES.values() for steps in (case["match"], case["ignore"]) if isinstance(steps, str)}
    assert used <= set(procedure_names())
