"""Panther's rules are Python: run, they select what Stashlight's own engine selects."""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest
import yaml
from telemetry import Row, Telemetry

from stashlight.exports.detection import Detection
from stashlight.exports.reading import CannotError
from stashlight.exports.target import target

_ABOUT = frozenset({"EventID", "Channel", "Hostname", "SourceName", "@timestamp"})


def module_of(text: str) -> dict[str, Callable[[object], Any]]:
    namespace: dict[str, Any] = {}
    exec(compile(text, "rule.py", "exec"), namespace)
    return namespace


def event_of(record: Row) -> Mapping[str, object]:
    """Give a record of Windows.EventLogs."""
    data = {name: value for name, value in record.items() if name not in _ABOUT}
    return {
        "EventID": record["EventID"],
        "Channel": record["Channel"],
        "Computer": record["Hostname"],
        "EventData": data,
    }


@pytest.fixture(scope="module")
def events(windows: Telemetry) -> list[Mapping[str, object]]:
    return [event_of(record) for record in windows.records]


def test_rules_on_single_events_hold_for_the_same_events(
    shipped: dict[str, Detection], windows: Telemetry, events: list[Mapping[str, object]]
) -> None:
    compared = 0
    for each in shipped.values():
        if each.kind != "event" or each.parts[0].logsource.product != "windows":
            continue
        module = module_of(target("panther").query(each).text)
        found = {n for n, event in enumerate(events) if module["rule"](event)}
        assert found == windows.truth[each.id], (
            f"{each.name}: {[windows.records[n] for n in found ^ windows.truth[each.id]][:2]}"
        )
        compared += len(found)
    assert compared > 500


def test_a_threshold_is_asked_of_one_process_in_one_directory(
    shipped: dict[str, Detection], windows: Telemetry, events: list[Mapping[str, object]]
) -> None:
    """Counting is Panther's; the condition, the key and the numbers are ours."""
    detection = shipped["mass_copy"]
    query = target("panther").query(detection)
    files = target("panther").write(detection, query, "python")
    module, told = module_of(files[".py"]), cast("dict[str, Any]", yaml.safe_load(files[".yml"]))
    assert (told["Threshold"], told["DedupPeriodMinutes"]) == (detection.least, detection.seconds // 60)
    (block,) = (rule for rule in detection.needed if rule.form == "event")
    assert {n for n, event in enumerate(events) if module["rule"](event)} == windows.truth[block.id]
    keys = {module["dedup"](event) for event in events if module["rule"](event)}
    assert all(key.count(" | ") == len(detection.group) - 1 for key in keys)


def test_every_module_compiles_and_every_metadata_parses(shipped: dict[str, Detection]) -> None:
    for each in shipped.values():
        if each.only:
            continue
        try:
            query = target("panther").query(each)
        except CannotError:
            continue
        for name, text in target("panther").write(each, query, "python").items():
            if name.endswith(".py"):
                assert {"rule", "title", "dedup"} <= module_of(text).keys()
            else:
                told = cast("dict[str, Any]", yaml.safe_load(text))
                assert told["RuleID"].startswith("Stashlight.")
                assert json.dumps(told)
