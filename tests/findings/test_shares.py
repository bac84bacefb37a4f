"""Correlations a share of the groups at a time find what they find at one go."""

from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stashlight.engines import duckdb
from stashlight.engines.duckdb import Engine
from stashlight.findings import shares
from stashlight.findings.match import match
from stashlight.findings.rule import Correlation, Rule, RuleSet

_CASES = [
    *(("event_count", operator, count) for operator, count in (("gte", 3), ("gt", 1), ("lt", 3), ("eq", 2))),
    *(("value_count", operator, count) for operator, count in (("gte", 2), ("lte", 1))),
    *(("value_sum", "gte", 4), ("temporal", "gte", 2), ("temporal_ordered", "gte", 2)),
]

Event = tuple[str | None, str, str, int]
_EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", None]),
        st.sampled_from(["x", "y"]),
        st.sampled_from(["one", "two", "onetwo", "none"]),
        st.integers(0, 30),
    ),
    max_size=40,
)


def _found(events: Sequence[Event], kind: str, operator: str, count: int, memory: int | None) -> list[object]:
    field = {"value_count": ("file_name",), "value_sum": ("file_size",)}.get(kind)
    correlation = Correlation(
        type=kind,
        rules=("one", "two"),
        group_by=(("host_key", "process_path"), ("host_key", "process_path")),
        span_us=10_000_000,
        operator=operator,
        count=count,
        field=(field, field) if field else (),
    )
    rules = RuleSet(
        (
            Rule("one", "t", "event", "r.yml", 1, condition="file_name LIKE '%one%'", kinds=("file_create",)),
            Rule("two", "t", "event", "r.yml", 2, condition="file_name LIKE '%two%'", reports=False),
            Rule("both", "t", "correlation", "r.yml", 3, correlation=correlation),
        )
    )
    table = pa.table(
        {
            "event_key": [str(n) for n in range(len(events))],
            "kind": ["file_create"] * len(events),
            "weight": [n % 3 + 1 for n in range(len(events))],
            "host_key": pa.array([host for host, *_ in events], pa.string()),
            "process_path": [image for _, image, *_ in events],
            "file_name": [name for _, _, name, _ in events],
            "file_size": [n % 4 for n in range(len(events))],
            "ts_us": [second * 1_000_000 for *_, second in events],
        }
    )
    with Engine(memory) as engine:
        engine.add(table)
        match(engine, rules)
        return [*engine.rows("SELECT * FROM correlations ORDER BY ALL")]


@pytest.mark.parametrize(("kind", "operator", "count"), _CASES)
@settings(max_examples=15)
@given(events=_EVENTS)
def test_shares_find_what_all_groups_find(kind: str, operator: str, count: int, events: list[Event]) -> None:
    """Whether groups that cannot hold are left out before, or all are judged."""
    patch = pytest.MonkeyPatch()
    whole = _found(events, kind, operator, count, None)
    patch.setattr(duckdb, "_IN_MEMORY", 0)
    patch.setattr(shares, "_HIT_BYTES", 20_000_000)
    try:
        assert _found(events, kind, operator, count, 100_000_000) == whole
    finally:
        patch.undo()
