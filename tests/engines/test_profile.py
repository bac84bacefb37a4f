"""What leaves the portable profile is named; what stays in renders for every engine."""

import pytest
from sqlglot import exp, parse_one

from stashlight.engines.profile import conjunction, disjunction, parse, problems, render
from stashlight.errors import EngineError

OUTSIDE = {
    "lower": ("SELECT lower(a) FROM t", "Lower"),
    "like": ("SELECT a FROM t WHERE a LIKE 'x%'", "Like"),
    "ilike": ("SELECT a FROM t WHERE a ILIKE 'x%'", "ILike"),
    "cast": ("SELECT CAST(a AS BIGINT) FROM t", "Cast"),
    "timestamp": ("SELECT TRY_CAST(a AS TIMESTAMP) FROM t", "DataType"),
    "bare sum": ("SELECT sum(a) FROM t", "Sum"),
    "qualify": ("SELECT a FROM t QUALIFY row_number() OVER (ORDER BY a) = 1", "Qualify"),
    "arg_max": ("SELECT arg_max(a, b) FROM t", "ArgMax"),
    "list": ("SELECT list(a) FROM t", "ArrayAgg"),
    "division": ("SELECT a / 2 FROM t", "Div"),
    "raw regex": ("SELECT a FROM t WHERE regexp_matches(a, 'a.*')", "RegexpLike"),
    "regex column": ("SELECT a FROM t WHERE regexp_matches(a, b)", "RegexpLike"),
    "regex flags": ("SELECT a FROM t WHERE regexp_matches(a, 'a', 'i')", "RegexpLike"),
    "hash": ("SELECT hash(a) FROM t", "Anonymous"),
    "now": ("SELECT current_timestamp FROM t", "CurrentTimestamp"),
    "file": ("SELECT * FROM read_csv('x')", "ReadCSV"),
    "drop": ("DROP TABLE t", "Drop"),
}


@pytest.mark.parametrize("case", OUTSIDE)
def test_what_differs_between_engines_is_refused_by_name(case: str) -> None:
    """The error names the node, so that its author can find it."""
    sql, node = OUTSIDE[case]
    with pytest.raises(EngineError, match=node):
        parse(sql)


INSIDE = (
    "SELECT a FROM t WHERE CONTAINS(a, 'x') AND STARTS_WITH(a, 'y') OR ENDS_WITH(a, 'z')",
    r"SELECT a FROM t WHERE REGEXP_MATCHES(a, '\A(?:[a-c]){0,}\x{2E}\z')",
    (
        "SELECT TRY_CAST(SUM(w) OVER (PARTITION BY g ORDER BY ts_us NULLS FIRST"
        " RANGE BETWEEN 900000000 PRECEDING AND CURRENT ROW) AS BIGINT) AS n FROM t"
    ),
    "WITH c AS (SELECT a FROM t) SELECT a FROM c UNION ALL SELECT b FROM t ORDER BY a NULLS LAST",
)


@pytest.mark.parametrize("sql", INSIDE)
@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
def test_the_profile_survives_a_round_trip_through_each_dialect(sql: str, dialect: str) -> None:
    tree = parse(sql)
    again = parse_one(render(tree, dialect), read=dialect)
    assert list(problems(again)) == []
    assert render(again) == render(tree)


def test_an_order_without_a_place_for_nulls_is_refused() -> None:
    """Engines differ, and only a tree can lack it: the parser fills in DuckDB's default."""
    tree = exp.select("a").from_("t").order_by(exp.Ordered(this=exp.column("a")))
    assert any("NULLS" in p for p in problems(tree))


def test_long_chains_must_be_balanced() -> None:
    """Parsers of some engines recurse over a chain."""
    chain = " OR ".join(f"a = {i}" for i in range(300))
    with pytest.raises(EngineError, match="balance"):
        parse(f"SELECT a FROM t WHERE {chain}")
    leaves: list[exp.Expr] = [exp.EQ(this=exp.column("a"), expression=exp.Literal.number(i)) for i in range(5000)]
    for tree in (disjunction(leaves), conjunction(leaves)):
        assert list(problems(parse(render(tree)))) == []


def test_nothing_and_one() -> None:
    assert render(conjunction([])) == "TRUE"
    assert render(disjunction([])) == "FALSE"
    assert render(conjunction([exp.true()])) == "TRUE"
