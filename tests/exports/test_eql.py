"""EQL run by the `eql` package on documents of ECS selects what Stashlight's own engine selects."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, cast

import eql  # pyright: ignore[reportMissingTypeStubs]
import pytest
from ecs_documents import document
from eql.engine import PythonEngine  # pyright: ignore[reportMissingTypeStubs]
from eql.parser import allow_runs, elasticsearch_syntax, parse_query  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
from telemetry import Telemetry

from stashlight.exports.detection import Detection
from stashlight.exports.reading import CannotError
from stashlight.exports.target import target

_MOST_FILES = 2500  # for which the engine takes some seconds
_EVENT: Any = eql.Event  # pyright: ignore[reportUnknownMemberType]


_REGEX = re.compile(r'regex(~?) "((?:[^"\\]|\\.)*)"')


def _parsed(text: str) -> object:
    with elasticsearch_syntax, allow_runs:
        return cast("object", parse_query(text))


def _found(text: str, events: Iterable[object]) -> list[list[dict[str, Any]]]:
    """
    Give the events of every match.

    This engine takes the beginning of a value and never cares about case, Elasticsearch takes the whole value and does
    unless there is a tilde: both are written into the expressions.
    """
    told = _REGEX.sub(lambda m: f'regex~ "(?{"" if m[1] else "-i"}:{m[2]})\\\\Z"', text)
    query = _parsed(told)
    engine: Any = PythonEngine()
    found: list[Any] = []
    engine.add_query(query)
    engine.add_output_hook(found.append)
    engine.stream_events(events)
    return [[cast("dict[str, Any]", event.data) for event in result.events] for result in found]


@pytest.fixture(scope="module")
def events(windows: Telemetry) -> list[object]:
    timed = sorted((n for n in range(len(windows.records)) if n in windows.times), key=lambda n: (windows.times[n], n))
    return [_EVENT.from_data(document(windows.records[n], n, windows.times[n])) for n in timed]


def test_rules_on_single_events_select_the_same_documents(
    shipped: dict[str, Detection], windows: Telemetry, events: list[object]
) -> None:
    compared = 0
    for each in shipped.values():
        if each.kind != "event" or each.parts[0].logsource.product != "windows":
            continue
        if each.parts[0].logsource.category == "ps_classic_script":
            continue  # searched in the message, which also holds the words around the data
        text = target("elastic-eql").query(each).text
        found = {match[0]["labels"]["number"] for match in _found(text, events)}
        expected = {n for n in windows.truth[each.id] if n in windows.times}
        assert found == expected, f"{each.name}: {[windows.records[n] for n in found ^ expected][:2]}"
        compared += len(found)
    assert compared > 500


def test_a_burst_is_found_where_the_scan_finds_it(
    shipped: dict[str, Detection], windows: Telemetry, events: list[object]
) -> None:
    detection = shipped["mass_copy"]
    # The engine carries every open sequence along: of the processes that wrote enough in all, those that wrote least.
    files: Any = [event for event in events if "file" in cast("Any", event).data]
    written = Counter(event.data["process"]["entity_id"] for event in files)
    busy = sorted((n, process) for process, n in written.items() if n >= detection.least)
    total = itertools.accumulate(n for n, _ in busy)
    asked = {process for (_, process), n in zip(busy, total, strict=True) if n <= _MOST_FILES}
    chosen = [event for event in files if event.data["process"]["entity_id"] in asked]
    places = {_place(event.data) for event in chosen}
    found = {_place(match[-1]) for match in _found(target("elastic-eql").query(detection).text, chosen)}
    assert found == windows.bursts & places
    assert found


def _place(data: dict[str, Any]) -> tuple[str, str]:
    return str(data["host"]["name"]).split(".")[0].lower(), str(data["file"]["directory"]).lower()


@pytest.mark.parametrize("ladder", ["ladder_collect", "ladder_stage", "ladder_pack"])
def test_a_ladder_is_climbed_in_order_within_its_window(
    shipped: dict[str, Detection], windows: Telemetry, events: list[object], ladder: str
) -> None:
    """
    A sequence never takes one event for two steps, which the scan's own windows do.

    So what is found must be climbed by the scan's reading, and all must be found that takes different events.
    """
    detection = shipped[ladder]
    found = {
        (str(m[0]["host"]["name"]).lower(), str(m[0]["user"]["name"]).lower())
        for m in _found(target("elastic-eql").query(detection).text, events)
    }
    may, must = _climbed(detection, windows)
    assert must <= found <= may, (must - found, found - may)
    assert found or ladder == "ladder_collect"


def _climbed(detection: Detection, telemetry: Telemetry) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Give (host, account) that take the steps in order, with one event allowed for several steps, and without."""
    ids = {rule.title: rule.id for rule in detection.needed}
    hits: dict[tuple[str, str], list[list[tuple[int, int]]]] = {}
    for number, step in enumerate(detection.steps):
        for part in step.parts:
            for n in telemetry.truth[ids[part.title]]:
                row = telemetry.records[n]
                user = str(row.get("User") or "").rpartition("\\")[2].lower()
                if user and n in telemetry.times:
                    key = (str(row["Hostname"]).lower(), user)
                    hits.setdefault(key, [[] for _ in detection.steps])[number].append((telemetry.times[n], n))
    span = detection.seconds * 1_000_000
    return (
        {key for key, steps in hits.items() if _chain(steps, span, apart=False)},
        {key for key, steps in hits.items() if _chain(steps, span, apart=True)},
    )


def _chain(steps: list[list[tuple[int, int]]], span: int, *, apart: bool) -> bool:
    for start in sorted(steps[0]):
        at = start
        for later in steps[1:]:
            after = [hit for hit in sorted(later) if (hit > at if apart else hit[0] >= at[0])]
            if not after:
                break
            at = after[0]
        else:
            if at[0] - start[0] <= span:
                return True
    return False


def test_every_query_parses(shipped: dict[str, Detection]) -> None:
    parsed = 0
    for each in shipped.values():
        try:
            _parsed(target("elastic-eql").query(each).text)
        except CannotError:
            continue
        parsed += 1
    assert parsed > 40
