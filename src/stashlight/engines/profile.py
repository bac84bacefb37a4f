r"""
The portable SQL profile: the part of SQL on which DuckDB, Spark and their like agree row by row.

Detection logic is held as sqlglot trees; a tree may hold only what is listed here. Everything that differs
silently between engines (`lower()`, LIKE, `\d` in a pattern, CAST, the order of NULLs, time zones) has no entry,
so it cannot slip in. `docs/decisions` tells why each ban exists.
"""

from collections.abc import Iterator

from sqlglot import exp, parse_one
from sqlglot.errors import ErrorLevel, SqlglotError

from stashlight.engines import pattern
from stashlight.errors import EngineError

__all__ = ["VERSION", "check", "conjunction", "disjunction", "parse", "problems", "render"]

# Part of the key of the compiled-SQL cache: raise it whenever this file or `pattern.py` changes what is emitted.
VERSION = "1"

# Parsers and some engines recurse over AND/OR chains; a balanced tree of 2^16 leaves is this deep.
_DEEPEST = 64

_ALLOWED: frozenset[type[exp.Expr]] = frozenset(
    {
        # Shape of a query.
        exp.Select, exp.From, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Distinct,
        exp.Union, exp.With, exp.CTE, exp.Subquery, exp.Join, exp.Table, exp.TableAlias, exp.Alias, exp.Star,
        exp.Column, exp.Identifier, exp.Exists, exp.Values, exp.Tuple,
        # Logic.
        exp.And, exp.Or, exp.Not, exp.Paren, exp.Case, exp.If, exp.Coalesce, exp.Boolean, exp.Null, exp.Literal,
        # Comparison.
        exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Is, exp.Between,
        # Text, on folded columns.
        exp.Contains, exp.StartsWith, exp.EndsWith, exp.RegexpLike, exp.Length, exp.Concat, exp.DPipe,
        # Whole numbers; `/` and `%` differ.
        exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Greatest, exp.Least,
        exp.TryCast, exp.DataType,
        # Aggregates and windows.
        exp.Count, exp.Sum, exp.Min, exp.Max, exp.Window, exp.WindowSpec, exp.RowNumber, exp.Lag, exp.Lead,
    }
)  # fmt: skip

_TYPES = frozenset({exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.BIGINT, exp.DType.BOOLEAN, exp.DType.DOUBLE})

_INSTEAD: dict[type[exp.Expr], str] = {
    exp.Lower: "match on a folded column (`*_lc`)",
    exp.Upper: "match on a folded column (`*_lc`)",
    exp.Like: "use contains, starts_with, ends_with",
    exp.ILike: "use contains, starts_with, ends_with on a folded column",
    exp.Cast: "use TRY_CAST",
    exp.Qualify: "use a sub-query",
    exp.ArgMax: "use row_number() and max(CASE WHEN rn = 1 …)",
    exp.ArgMin: "use row_number() and max(CASE WHEN rn = 1 …)",
    exp.CurrentTimestamp: "pass the time in",
    exp.Interval: "use whole microseconds",
    exp.Div: "multiply the other side",
}


def parse(sql: str) -> exp.Expr:
    """
    Give the tree of a statement written in DuckDB's dialect, or of a bare condition.

    Raises:
        EngineError: it does not parse, or leaves the profile.
    """
    try:
        tree = parse_one(sql, read="duckdb")
    except SqlglotError as error:
        message = f"SQL does not parse: {error}"
        raise EngineError(message) from error
    check(tree)
    return tree


def check(tree: exp.Expr) -> None:
    """Raise an EngineError that names every node outside the profile."""
    if found := list(problems(tree)):
        raise EngineError("outside the portable SQL profile: " + "; ".join(found))


def render(tree: exp.Expr, dialect: str = "duckdb", *, pretty: bool = False) -> str:
    """Give the SQL text of a tree for an engine ("duckdb", "spark")."""
    return tree.sql(dialect=dialect, pretty=pretty, unsupported_level=ErrorLevel.RAISE, comments=False)


def problems(tree: exp.Expr) -> Iterator[str]:
    """Give what leaves the profile, node by node."""
    for node in tree.walk():
        if type(node) not in _ALLOWED:
            yield _named(node, _INSTEAD.get(type(node), "not in the list"))
        elif isinstance(node, exp.RegexpLike):
            yield from _pattern_problems(node)
        elif isinstance(node, exp.Ordered) and node.args.get("nulls_first") is None:
            yield _named(node, "say NULLS FIRST or NULLS LAST")
        elif isinstance(node, exp.DataType) and node.this not in _TYPES:
            yield _named(node, "only VARCHAR, BIGINT, BOOLEAN and DOUBLE")
        elif isinstance(node, exp.Sum) and not _cast_to_bigint(node):
            yield _named(node, "wrap it in TRY_CAST(… AS BIGINT), engines widen sums differently")
        elif isinstance(node, exp.WindowSpec) and str(node.args.get("kind")).upper() not in {"RANGE", "ROWS"}:
            yield _named(node, "only RANGE and ROWS frames")
        elif isinstance(node, exp.And | exp.Or) and _depth(node) > _DEEPEST:
            yield _named(node, "balance the chain with conjunction() or disjunction()")
            return


def conjunction(conditions: list[exp.Expr]) -> exp.Expr:
    """AND, as a balanced tree; TRUE for none."""
    return _balanced(conditions, exp.And) if conditions else exp.true()


def disjunction(conditions: list[exp.Expr]) -> exp.Expr:
    """OR, as a balanced tree; FALSE for none."""
    return _balanced(conditions, exp.Or) if conditions else exp.false()


def _balanced(conditions: list[exp.Expr], link: type[exp.And | exp.Or]) -> exp.Expr:
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    left, right = _balanced(conditions[:middle], link), _balanced(conditions[middle:], link)
    # Parentheses keep the balance through text: without them a parser builds a chain again.
    return link(this=_enclosed(left), expression=_enclosed(right))


def _enclosed(condition: exp.Expr) -> exp.Expr:
    return exp.Paren(this=condition) if isinstance(condition, exp.And | exp.Or) else condition


def _depth(node: exp.Expr) -> int:
    # Iterative: this very walk must survive what it reports.
    deepest, stack = 0, [(node, 1)]
    while stack:
        at, depth = stack.pop()
        deepest = max(deepest, depth)
        if deepest > _DEEPEST:
            break
        stack += [
            (child, depth + 1)
            for child in (at.this, at.args.get("expression"))
            if isinstance(child, exp.And | exp.Or | exp.Paren)
        ]
    return deepest


def _pattern_problems(node: exp.RegexpLike) -> Iterator[str]:
    wanted = node.expression
    if not isinstance(wanted, exp.Literal) or not wanted.is_string:
        yield _named(node, "the pattern must be a literal")
    elif node.args.get("flag") is not None:
        yield _named(node, "no flags: expand the case in the pattern")
    elif not pattern.is_portable(str(wanted.this)):
        yield _named(node, "the pattern is not as engines.pattern emits it")


def _cast_to_bigint(node: exp.Sum) -> bool:
    parent = node.parent
    if isinstance(parent, exp.Window):
        parent = parent.parent
    return isinstance(parent, exp.TryCast) and parent.to.this == exp.DType.BIGINT


def _named(node: exp.Expr, advice: str) -> str:
    text = node.sql(dialect="duckdb", comments=False)
    shown = text if len(text) <= 80 else text[:77] + "…"
    return f"{type(node).__name__} in `{shown}` ({advice})"
