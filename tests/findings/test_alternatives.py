"""A folded condition holds for the same events; the habits told of a filter are what it takes off."""

from typing import cast

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from stashlight.engines.duckdb import Engine
from stashlight.engines.profile import check, conjunction, disjunction, parse, render
from stashlight.findings.alternatives import folded
from stashlight.findings.habits import habits_of
from stashlight.findings.load import SHIPPED, load
from stashlight.incidents.programs import Programs

_FIVE = " OR ".join(f"COALESCE(CONTAINS(command_line_lc, '{letter}'), FALSE)" for letter in "abcde")
_FEW = "COALESCE(CONTAINS(a, 'x'), FALSE) OR COALESCE(CONTAINS(a, 'y'), FALSE)"
_TWO = "COALESCE(REGEXP_MATCHES(file_path, 'a|b'), FALSE) OR COALESCE(REGEXP_MATCHES(file_path, 'c'), FALSE)"

CASES: dict[str, tuple[str, str]] = {
    "many words": (_FIVE, "COALESCE(REGEXP_MATCHES(command_line_lc, 'a|b|c|d|e'), FALSE)"),
    "few words": (_FEW, _FEW),
    "two patterns": (_TWO, "COALESCE(REGEXP_MATCHES(file_path, '(?:a|b)|(?:c)'), FALSE)"),
    "other columns stay": (
        f"{_FIVE} OR event_id IS NULL",
        "COALESCE(REGEXP_MATCHES(command_line_lc, 'a|b|c|d|e'), FALSE) OR event_id IS NULL",
    ),
    "within NOT and AND": (
        f"NOT ({_FIVE}) AND COALESCE(event_id = 1, FALSE)",
        "NOT (COALESCE(REGEXP_MATCHES(command_line_lc, 'a|b|c|d|e'), FALSE)) AND COALESCE(event_id = 1, FALSE)",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_alternatives_become_a_pattern(case: str) -> None:
    given_sql, wanted = CASES[case]
    assert render(folded(parse(given_sql))) == wanted


_COLUMNS = ("process_path_lc", "process_path", "file_path_lc")
_WORDS = st.sampled_from(["", "a", "b", "ab", "ba", ".", "a.", "É", "b\n", "\\"])
_VALUES = st.one_of(st.none(), st.text("ab.É\\\n", min_size=1, max_size=4))  # events have no empty texts
_ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(_COLUMNS, _VALUES)), min_size=1, max_size=12)


def _quoted(text: str) -> exp.Expr:
    return exp.Literal.string(text)


def _test(kind: str, column: str, words: list[str]) -> exp.Expr:
    asked = exp.column(column)
    tests: dict[str, exp.Expr] = {
        "starts": exp.StartsWith(this=asked, expression=_quoted(words[0])),
        "ends": exp.EndsWith(this=asked, expression=_quoted(words[0])),
        "contains": exp.Contains(this=asked, expression=_quoted(words[0])),
        "is": exp.EQ(this=asked, expression=_quoted(words[0])),
        "in": exp.In(this=asked, expressions=[_quoted(word) for word in words]),
        "pattern": exp.RegexpLike(this=asked, expression=_quoted(r"a[b\x{2E}]|\Ab\z")),
        "null": exp.Is(this=asked, expression=exp.null()),
    }
    return tests[kind] if kind == "null" else exp.Coalesce(this=tests[kind], expressions=[exp.false()])


_KINDS = st.sampled_from(["starts", "ends", "contains", "is", "in", "pattern", "null"])
_TESTS = st.builds(_test, _KINDS, st.sampled_from(_COLUMNS), st.lists(_WORDS, min_size=1, max_size=3))


def _linked(inner: st.SearchStrategy[exp.Expr]) -> st.SearchStrategy[exp.Expr]:
    several = st.lists(inner, min_size=2, max_size=7)
    return st.one_of(
        several.map(lambda each: exp.Paren(this=disjunction([e.copy() for e in each]))),
        several.map(lambda each: exp.Paren(this=conjunction([e.copy() for e in each]))),
        inner.map(lambda one: exp.Not(this=exp.Paren(this=one.copy()))),
    )


_CONDITIONS = st.recursive(_TESTS, _linked, max_leaves=20)
_ENGINE = Engine(threads=1)


def _holds(rows: list[dict[str, str | None]], conditions: list[str]) -> list[tuple[bool, ...]]:
    _ENGINE.execute("DELETE FROM events")
    _ENGINE.add(pa.Table.from_pylist([{"event_key": f"{n:03}", **row} for n, row in enumerate(rows)]))
    asked = ", ".join(f"COALESCE({condition}, FALSE)" for condition in conditions)
    return cast("list[tuple[bool, ...]]", _ENGINE.rows(f"SELECT {asked} FROM events ORDER BY event_key"))


@settings(max_examples=150, deadline=None)
@given(_CONDITIONS, _ROWS)
def test_a_folded_condition_holds_for_the_same_events(condition: exp.Expr, rows: list[dict[str, str | None]]) -> None:
    before, after = render(condition), render(folded(condition))
    assert all(one == other for one, other in _holds(rows, [before, after])), after


@settings(max_examples=150, deadline=None)
@given(_CONDITIONS, _ROWS)
def test_habits_are_what_a_filter_takes_off(condition: exp.Expr, rows: list[dict[str, str | None]]) -> None:
    programs = Programs({column: [row[column] or "" for row in rows] for column in ("process_path_lc", "process_path")})
    habits = habits_of(condition)
    shows = [f"({habit.rest}) AND NOT ({habit.unless or 'FALSE'})" for habit in habits]
    for row, (keeps, *others) in enumerate(_holds(rows, [render(condition), *shows])):
        shown = [other and row in programs.having(habit) for other, habit in zip(others, habits, strict=True)]
        assert keeps is not any(shown), habits


def test_shipped_rules_are_asked_within_the_profile() -> None:
    """And every profile says whose writes it takes off: one that does not is asked of every write."""
    rules = load([SHIPPED])
    habits = [habit for rule in rules.filters for habit in rule.habits]
    told = [condition for habit in habits for condition in (habit.rest, habit.unless) if condition]
    for asked in (*(rule.asked for rule in rules.events), *told):
        check(parse(asked))
    assert [habit for habit in habits if not habit.programs] == []
