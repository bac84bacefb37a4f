"""
Other people's rules, exported and run, select what Stashlight's own engine selects.

Name a folder of Sigma rules for Windows (such as SigmaHQ's `rules/windows/process_creation`) in SIGMA_RULES.
"""

import os
from pathlib import Path

import duckdb_kql
import orjson
import pytest
from telemetry import Telemetry, simulated, told
from test_kql import Hunting, asked
from test_panther import event_of, module_of

from stashlight.exports.detection import Detection, detections
from stashlight.exports.reading import CannotError
from stashlight.exports.target import target, target_names
from stashlight.findings.load import load
from stashlight.findings.rule import RuleSet
from stashlight.incidents.tuning import DEFAULT

_EVENTS = {"process_creation": 1, "file_event": 11, "ps_script": 4104}


@pytest.fixture(scope="module")
def others() -> RuleSet:
    folder = os.environ.get("SIGMA_RULES", "")
    if not Path(folder).is_dir() or not folder:
        pytest.skip("SIGMA_RULES names no folder of Sigma rules")
    return load([folder], keep=False)


@pytest.fixture(scope="module")
def singles(others: RuleSet) -> list[Detection]:
    made, _ = detections(others, DEFAULT)
    return [each for each in made if each.kind == "event" and each.parts[0].logsource.product == "windows"]


@pytest.mark.parametrize("name", target_names())
def test_every_rule_is_written_or_refused_with_a_reason(singles: list[Detection], name: str) -> None:
    to = target(name)
    reasons: set[str] = set()
    for each in singles:
        try:
            query = to.query(each)
            for form in to.FORMS:
                assert to.write(each, query, form)
        except CannotError as error:
            reasons.add(str(error))
    assert "" not in reasons


def test_kusto(singles: list[Detection], others: RuleSet) -> None:
    rows = [
        r
        for r in map(orjson.loads, simulated("defender_json"))
        if str(r.get("ActionType")).startswith(("File", "Proc"))
    ]
    telemetry = told(rows, others)
    hunting, compared = Hunting(telemetry, "Timestamp"), 0
    for each in singles:
        try:
            found = {row["Number"] for row in hunting.run(target("defender").query(each).text)}
        except CannotError:
            continue
        except (duckdb_kql.KqlUnsupportedError, RecursionError):
            continue  # characters that cannot be seen are written as a function, long alternatives nest deeply
        assert found == {n for n in telemetry.truth[each.id] if asked(each.parts[0], telemetry.records[n])}, each.title
        compared += 1
    assert compared


def test_panther(singles: list[Detection], others: RuleSet) -> None:
    records = [r for r in map(orjson.loads, simulated("otrf")) if r.get("EventID") in _EVENTS.values()]
    telemetry: Telemetry = told(records, others)
    compared = 0
    for each in singles:
        wanted = _EVENTS.get(each.parts[0].logsource.category)
        try:
            module = module_of(target("panther").query(each).text)
        except CannotError:
            continue
        numbers = [n for n, record in enumerate(telemetry.records) if record["EventID"] == wanted]
        found = {n for n in numbers if module["rule"](event_of(telemetry.records[n]))}
        assert found == telemetry.truth[each.id], each.title
        compared += 1
    assert compared
