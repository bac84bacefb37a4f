"""
A filter's condition → what it takes off, program by program.

A profile such as "a browser writes into its own cache" says nothing of other programs. A log has few programs and many
writes: what a condition asks of programs can be asked without an engine, and most of the rest then need not be asked at all.
"""

from typing import Final

from sqlglot import exp

from stashlight.engines.profile import conjunction, disjunction, render
from stashlight.findings.alternatives import folded
from stashlight.findings.rule import Habit, ProgramTest

__all__ = ["habits_of"]

_COLUMNS: Final = frozenset({"process_path_lc", "process_path"})

_TESTS: Final = {
    exp.EQ: "is",
    exp.In: "is",
    exp.StartsWith: "starts",
    exp.EndsWith: "ends",
    exp.Contains: "has",
    exp.RegexpLike: "pattern",
}


def habits_of(condition: exp.Expr) -> tuple[Habit, ...]:
    """Give habits of which one is shown by every event that a filter takes off, and none by any other."""
    return tuple(map(_habit, _ways(condition, holds=False)))


def _ways(node: exp.Expr, *, holds: bool) -> list[list[exp.Expr]]:
    """Give ANDs of which one holds wherever the node does, or wherever it does not."""
    match node:
        case exp.Paren():
            return _ways(node.this, holds=holds)
        case exp.Not():
            return _ways(node.this, holds=not holds)
        case exp.And() | exp.Or() if _is_mixed(node):
            left, right = (_ways(side, holds=holds) for side in (node.this, node.expression))
            if isinstance(node, exp.Or) is holds:
                return left + right
            if min(len(left), len(right)) == 1:
                return [one + other for one in left for other in right]
        case _:
            pass
    return [[node if holds else exp.Not(this=exp.Paren(this=node.copy()))]]


def _is_mixed(node: exp.Expr) -> bool:
    """Whether the node asks of programs and of something else."""
    asked = {column.name in _COLUMNS for column in node.find_all(exp.Column)}
    return len(asked) == 2


def _habit(parts: list[exp.Expr]) -> Habit:
    told = [(part, _program_tests(part)) for part in parts]
    programs = tuple(_together(tests) for _, tests in told if tests is not None)
    others = [part for part, tests in told if tests is None]
    rest = [part.copy() for part in others if not isinstance(part, exp.Not)]
    # Many profiles have the same exceptions, which can then be asked once.
    unless = [part.this.this.copy() for part in others if isinstance(part, exp.Not)]
    return Habit(programs, render(folded(conjunction(rest))), render(folded(disjunction(unless))) if unless else "")


def _together(tests: list[ProgramTest]) -> tuple[ProgramTest, ...]:
    texts: dict[tuple[str, str], tuple[str, ...]] = {}
    for column, how, each in tests:
        texts[column, how] = texts.get((column, how), ()) + each
    return tuple((column, how, each) for (column, how), each in texts.items())


def _program_tests(node: exp.Expr) -> list[ProgramTest] | None:
    """Give tests of a program's path of which one holds wherever the node does; None if it asks anything else."""
    match node:
        case exp.Paren():
            return _program_tests(node.this)
        case exp.Or():
            left, right = _program_tests(node.this), _program_tests(node.expression)
            return None if left is None or right is None else left + right
        case exp.Coalesce() if [e.sql() for e in node.expressions] == ["FALSE"] and type(node.this) in _TESTS:
            test = node.this
            values = test.expressions if isinstance(test, exp.In) else [test.args.get("expression")]
            if not isinstance(test.this, exp.Column) or test.this.name not in _COLUMNS:
                return None
            if not all(isinstance(value, exp.Literal) and value.is_string for value in values):
                return None
            return [(test.this.name, _TESTS[type(test)], tuple(str(value.this) for value in values))]
        case _:
            return None
