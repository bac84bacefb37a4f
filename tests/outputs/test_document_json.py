"""A result that was kept can be read again, or the reason why not is said."""

from pathlib import Path

import jsonschema
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stashlight.errors import DocumentError
from stashlight.incidents.document import SEVERITIES, Document, Incident
from stashlight.incidents.document_json import from_json, json_schema, to_json

RESULTS = sorted((Path(__file__).parent / "results").glob("*.json"))
CASE = Path(__file__).parent / "results" / "case.json"

# JSON numbers beyond 64 bits are not ours to write.
st.register_type_strategy(int, st.integers(-(2**53), 2**53))
documents = st.builds(
    Document,
    schema=st.just("stashlight/1"),
    incidents=st.lists(st.builds(Incident, severity=st.sampled_from(SEVERITIES)), max_size=2).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(documents)
def test_what_is_written_reads_back(document: Document) -> None:
    assert from_json(to_json(document)) == document


@settings(max_examples=60, deadline=None)
@given(documents)
def test_what_is_written_fits_the_schema(document: Document) -> None:
    jsonschema.validate(orjson.loads(to_json(document)), json_schema())


@pytest.mark.parametrize("result", RESULTS, ids=lambda path: path.stem)
def test_what_was_read_back_fits_the_schema(result: Path) -> None:
    jsonschema.validate(orjson.loads(to_json(from_json(result.read_bytes()))), json_schema())


def test_unknown_names_are_left_alone() -> None:
    """A later version may add fields within the same schema."""
    value = orjson.loads(CASE.read_bytes()) | {"added_later": 1}
    assert from_json(orjson.dumps(value)) == from_json(CASE.read_bytes())


def _changed(path: str, value: object) -> bytes:
    whole = orjson.loads(CASE.read_bytes())
    *parents, last = path.split(".")
    place = whole
    for parent in parents:
        place = place[int(parent)] if parent.isdigit() else place[parent]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return orjson.dumps(whole)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "r.json: not JSON"),
        (b"[]", "not a result document"),
        (b'{"a": 1}', "not a result document"),
        (_changed("schema", "stashlight/9"), "'stashlight/9'"),
        (_changed("incidents.0.score", "85"), "r.json: incidents[0]: score: should be a whole number"),
        (_changed("incidents.0.score", True), "score: should be a whole number"),
        (_changed("incidents.0.files.count", None), "incidents[0]: files: count is missing"),
        (_changed("incidents.0.hosts", "a"), "hosts: should be an array or object"),
        (_changed("incidents.1.hosts", [1]), "hosts[0]: should be a text"),
        (_changed("incidents.0.severity", "urgent"), "'urgent' is no severity"),
        (_changed("scanned", 7), "scanned: should be an object"),
    ],
)
def test_damage_is_named_with_its_place(content: bytes, said: str) -> None:
    with pytest.raises(DocumentError) as refusal:
        from_json(content, "r.json")
    assert said in str(refusal.value)
