"""
Tests of one column, of which one must hold → one pattern: a column is read once, however many words a rule has for it.

`a starts with x OR a contains y` asks every row twice and makes the engine plan two expressions; a profile has a hundred.
"""

from collections import defaultdict
from typing import Final

from sqlglot import exp

from stashlight.engines import pattern
from stashlight.engines.profile import disjunction

__all__ = ["folded", "tested"]

_LONGEST: Final = 6_000
"""Characters of patterns that are asked together: beyond, RE2 leaves its fast way, or refuses."""

_MOST_VALUES: Final = 16
"""Of more values than that the engine makes a hash table."""

_FEWEST: Final = 4
"""So few plain words are found as fast one by one."""


def folded(condition: exp.Expr) -> exp.Expr:
    """Give a condition that holds for the same events, with the alternatives of each column as one pattern."""
    match condition:
        case exp.Paren() | exp.Not():
            return type(condition)(this=folded(condition.this))
        case exp.And():
            return exp.And(this=folded(condition.this), expression=folded(condition.expression))
        case exp.Or():
            return _together(list(_alternatives(condition)))
        case _:
            return condition.copy()


def tested(condition: exp.Expr) -> tuple[str, list[str]] | None:
    """Give the column that a test of text reads, and patterns of which it finds one; None if it is none."""
    if not isinstance(condition, exp.Coalesce) or [e.sql() for e in condition.expressions] != ["FALSE"]:
        return None
    test = condition.this
    values = test.expressions if isinstance(test, exp.In) else [test.args.get("expression")]
    if not isinstance(test.this, exp.Column) or not all(isinstance(v, exp.Literal) and v.is_string for v in values):
        return None
    texts = [str(v.this) for v in values]
    match test:
        case exp.RegexpLike():
            found = [f"(?:{text})" for text in texts]
        case exp.StartsWith():
            found = [rf"\A{pattern.literal(text)}" for text in texts]
        case exp.EndsWith():
            found = [rf"{pattern.literal(text)}\z" for text in texts]
        case exp.Contains():
            found = [pattern.literal(text) for text in texts]
        case exp.EQ() | exp.In():
            found = [rf"\A{pattern.literal(text)}\z" for text in texts]
        case _:
            return None
    return test.this.name, found


def _alternatives(node: exp.Expr) -> list[exp.Expr]:
    match node:
        case exp.Paren():
            return _alternatives(node.this)
        case exp.Or():
            return _alternatives(node.this) + _alternatives(node.expression)
        case _:
            return [node]


def _together(alternatives: list[exp.Expr]) -> exp.Expr:
    tests: defaultdict[str, list[tuple[exp.Expr, list[str]]]] = defaultdict(list)
    others: list[exp.Expr] = []
    for one in alternatives:
        found = tested(one)
        if found is None or len(found[1]) > _MOST_VALUES or sum(map(len, found[1])) > _LONGEST:
            others.append(folded(one))
        else:
            tests[found[0]].append((one, found[1]))
    return disjunction([each for column, told in tests.items() for each in _patterns(column, told)] + others)


def _patterns(column: str, told: list[tuple[exp.Expr, list[str]]]) -> list[exp.Expr]:
    """Give the tests of a column as few patterns, or as they are where they are few."""
    groups: list[list[tuple[exp.Expr, list[str]]]] = []
    size = 0
    for one, texts in told:
        length = sum(map(len, texts))
        if not groups or size + length > _LONGEST:
            groups.append([])
            size = 0
        groups[-1].append((one, texts))
        size += length
    found: list[exp.Expr] = []
    for group in groups:
        patterns = sum(isinstance(one.this, exp.RegexpLike) for one, _ in group)
        if len(group) < _FEWEST and patterns < 2:
            found += [one.copy() for one, _ in group]
            continue
        texts = dict.fromkeys(text for _, several in group for text in several)
        asked = exp.RegexpLike(this=exp.column(column), expression=exp.Literal.string("|".join(texts)))
        found.append(exp.Coalesce(this=asked, expressions=[exp.false()]))
    return found
