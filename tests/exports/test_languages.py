"""What a comparison means must not depend on what stands in it: values are strangers' text, in every language."""

import re
from typing import Any, cast

import duckdb_kql
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stashlight.exports import kql
from stashlight.exports.condition import (
    All,
    Condition,
    Exists,
    Like,
    Not,
    Pattern,
    Shape,
    Text,
    Wild,
    pattern_of,
    python_pattern,
    seen,
)
from stashlight.exports.condition import Any as Either
from stashlight.exports.lucene import whole
from stashlight.exports.reading import CannotError
from stashlight.exports.target import target
from stashlight.exports.targets import elastic_eql, panther
from stashlight.exports.writing import Dialect, written

LETTERS = "aB0 .\\*?/\"'`$^|()[]{}-_<>&;:%=~#@,"
values = st.text(LETTERS, min_size=1, max_size=6)
SHAPES: tuple[Shape, ...] = ("is", "contains", "begins", "ends")
leaves = st.builds(
    Text, st.just("f"), st.sampled_from(SHAPES), st.lists(values, min_size=1, max_size=3).map(tuple), st.booleans()
)
likes = st.builds(
    Like,
    st.just("f"),
    st.lists(st.one_of(values, st.sampled_from(Wild)), min_size=1, max_size=4).map(lambda parts: (tuple(parts),)),
)
conditions = st.recursive(
    st.one_of(leaves, likes, st.just(Exists("f"))),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Either(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=6,
)
# A value near the rule's own values: one that holds it, and one that does not quite.
events = st.one_of(st.just(""), st.text(LETTERS, max_size=12), st.tuples(values, values, values).map("".join))


def _holds(condition: Condition, value: str) -> bool:
    """Say what Sigma means, in the plainest way."""
    match condition:
        case All(parts):
            return all(_holds(part, value) for part in parts)
        case Either(parts):
            return any(_holds(part, value) for part in parts)
        case Not(part):
            return not _holds(part, value)
        case Exists():
            return value != ""
        case Text():
            fold = str if condition.cased else str.lower
            text, wanted = fold(value), [fold(v) for v in condition.values]
            how = {"is": str.__eq__, "contains": str.__contains__, "begins": str.startswith, "ends": str.endswith}
            return any(how[condition.shape](text, each) for each in wanted)
        case Like():
            return any(_like(each, value.lower()) for each in condition.values)
        case _:
            raise AssertionError(condition)


def _like(parts: tuple[str | Wild, ...], value: str) -> bool:
    if not parts:
        return value == ""
    first, rest = parts[0], parts[1:]
    if first is Wild.ANY:
        return any(_like(rest, value[n:]) for n in range(len(value) + 1))
    if first is Wild.ONE:
        return value != "" and _like(rest, value[1:])
    return value.startswith(str(first).lower()) and _like(rest, value[len(str(first)) :])


_MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_MANY
@given(conditions, events)
@example(Text("f", "ends", ("\\",)), "a\\")
@example(Not(Text("f", "is", ("a",))), "")
def test_kusto(condition: Condition, value: str) -> None:
    text = written(condition, {"f": "F"}, kql.DIALECT)
    connection = duckdb_kql.connect()
    connection.execute("CREATE TABLE T (F VARCHAR)")
    connection.execute("INSERT INTO T VALUES (?)", [value])
    rows = cast("Any", duckdb_kql.kql(connection, f"T | where {text}")).fetchall()
    connection.close()
    assert bool(rows) is _holds(condition, value)


def _field(event: dict[str, str], name: str) -> str:
    return event[name]


@_MANY
@given(conditions, events)
def test_python_for_panther(condition: Condition, value: str) -> None:
    text = written(condition, {"f": "f"}, panther.DIALECT)
    found = eval(text, {"re": re, "event": {"f": value}, "seen": _field})
    assert bool(found) is _holds(condition, value)


@_MANY
@given(st.one_of(leaves, likes), events)
def test_the_regular_expression_of_a_comparison_means_the_same(leaf: Text | Like, value: str) -> None:
    """SPL, Sumo Logic, YARA-L, LogScale, Wazuh and Cloud SIEM are given this."""
    assert bool(re.search(python_pattern(pattern_of(leaf)), value, re.ASCII)) is _holds(leaf, value)


_ATOMS = st.sampled_from(
    ["a", "B", ".", "[ab]", "[^a]", "\\s", "\\.", "\\\\", "(?:a|b)", '(?:^|[\\s"])', "(?:\\s|$)", "x?", "a+", "b*"]
)
_EXPRESSIONS = st.lists(_ATOMS, min_size=1, max_size=5).map("".join)


@_MANY
@given(st.sampled_from(["", "^"]), _EXPRESSIONS, st.sampled_from(["", "$"]), st.booleans(), events)
@example("", '(?:^|[\\s"])copy', "", False, "x copy y")
def test_lucene_takes_the_whole_value_where_sigma_searches(
    start: str, middle: str, end: str, cased: bool, value: str
) -> None:
    pattern = Pattern("f", start + middle + end, cased)
    try:
        expression = whole(pattern)
    except (CannotError, ValueError):
        return  # an anchor in the middle: said, not written
    expected = bool(re.search(python_pattern(pattern), value, re.ASCII))
    text = value if cased else value.lower()
    assert bool(re.fullmatch(expression, text, re.DOTALL | re.ASCII)) is expected


@given(st.text(st.characters(), max_size=20))
def test_nothing_that_cannot_be_seen_stands_in_an_expression(text: str) -> None:
    from stashlight.exports.condition import escaped

    assert escaped(text.replace("\ud800", "")).isprintable() or not text.isprintable()
    assert seen(text).isprintable() or any(c.isspace() and c not in "\t\n\r\x0b\x0c" for c in text)


DIALECTS: dict[str, Dialect] = {
    name: module.DIALECT
    for name in ("splunk", "sumologic", "sumologic_cse", "secops", "crowdstrike", "elastic_eql", "elastic_esql")
    if (module := __import__(f"stashlight.exports.targets.{name}", fromlist=["DIALECT"]))
}


@pytest.mark.parametrize("name", DIALECTS)
@given(condition=conditions)
def test_quotes_and_brackets_close(name: str, condition: Condition) -> None:
    """Outside strings and expressions, brackets are in balance and nothing of a value is left."""
    try:
        text = written(condition, {"f": "field"}, DIALECTS[name])
    except CannotError:
        return
    outside = re.sub(_HELD[name], "", text)
    assert outside.count("(") == outside.count(")")
    assert not set(outside) & set("\\;<&%#@[]{}'\"`")


_STRING = r'"(?:[^"\\]|\\.)*"'
_SLASHES = r"/(?:[^/\\]|\\.)*/[a-z]*"
_HELD = {
    "splunk": _STRING,
    "sumologic": rf'{_SLASHES}|""',
    "sumologic_cse": _SLASHES,
    "secops": r"`[^`]*`|\"\"|\0",
    "crowdstrike": _SLASHES,
    "elastic_eql": _STRING,
    "elastic_esql": _STRING,
}


def test_every_target_module_fits_the_protocol() -> None:
    from stashlight.exports.target import target_names

    assert len(target_names()) == 14
    for name in target_names():
        module = target(name)
        assert module.__doc__
        assert all(suffix.startswith(".") for suffix in module.FORMS.values())
    assert elastic_eql.FORMS
