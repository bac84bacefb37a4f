"""Correlations in SQL against the same said plainly in Python, one window an event."""

from typing import NamedTuple

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stashlight.engines.duckdb import Engine
from stashlight.engines.profile import parse, render
from stashlight.findings.match import prepare
from stashlight.findings.rule import Correlation
from stashlight.findings.windows import windows

_ENGINE = Engine(threads=1)
_COMPARE = {
    "gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__, "eq": int.__eq__, "neq": int.__ne__,
}  # fmt: skip


class Hit(NamedTuple):
    """A match of rule `step` (`twice`: and of the next) at second `time` on `host`; `size` and `user` may be unknown."""

    step: int
    time: int | None
    host: str | None
    user: str | None
    size: int | None
    weight: int | None
    twice: bool = False
    key: str = ""


_HITS = st.lists(
    st.builds(
        Hit,
        st.integers(0, 2),
        st.one_of(st.none(), st.integers(0, 30)),
        st.sampled_from(["h1", "h2", None]),
        st.sampled_from(["u1", "u2", "u3", None]),
        st.one_of(st.none(), st.integers(-3, 9)),
        st.one_of(st.none(), st.integers(1, 5)),
        st.booleans(),
    ),
    max_size=14,
)


def _correlation(
    kind: str, operator: str, count: int, span: int, *, grouped: bool, several: bool = False
) -> Correlation:
    rules = ("r0", "r1", "r2") if several or kind.startswith("temporal") else ("r0",)
    field = {"value_count": "account_lc", "value_sum": "file_size", "value_avg": "file_size"}.get(kind)
    return Correlation(
        type=kind,
        rules=rules,
        group_by=tuple(("host_lc",) if grouped else () for _ in rules),
        span_us=span * 1_000_000,
        operator="gte" if kind.startswith("temporal") else operator,
        count=len(rules) if kind.startswith("temporal") else count,
        field=tuple((field,) for _ in rules) if field else (),
    )


def _matches(hits: list[Hit]) -> list[Hit]:
    """Give each event once for each rule that matched it."""
    keyed = [hit._replace(key=str(i)) for i, hit in enumerate(hits)]
    return keyed + [hit._replace(step=(hit.step + 1) % 3) for hit in keyed if hit.twice]


def _expected(hits: list[Hit], c: Correlation) -> set[tuple[str, int, int, int, int]]:
    """Give (group, first, last, events, value) of each run."""
    grouped = bool(c.group_by[0])
    runs: set[tuple[str, int, int, int, int]] = set()
    for host in ("h1", "h2") if grouped else ("",):
        mine = [
            h for h in _matches(hits)
            if h.time is not None and h.step < len(c.rules) and (not grouped or h.host == host)
            and (c.type != "value_count" or h.user) and (not c.type.startswith("value_s") or h.size is not None)
            and (c.type != "value_avg" or h.size is not None)
        ]  # fmt: skip
        held = [w for h in mine if (w := _window(mine, h, c))]
        held.sort(key=lambda w: w[1])
        merged: list[list[tuple[int, int, int]]] = []
        for window in held:
            if merged and window[0] <= max(w[1] for w in merged[-1]):
                merged[-1].append(window)
            else:
                merged.append([window])
        extreme = min if c.operator in {"lt", "lte"} else max
        for run in merged:
            first, last = min(w[0] for w in run), max(w[1] for w in run)
            events = {h.key for h in mine if h.time is not None and first <= h.time <= last}
            runs.add((host, first, last, len(events), extreme(w[2] for w in run)))
    return runs


def _window(mine: list[Hit], last: Hit, c: Correlation) -> tuple[int, int, int] | None:
    assert last.time is not None
    span = c.span_us // 1_000_000
    inside = [h for h in mine if h.time is not None and last.time - span <= h.time <= last.time]
    first = min(h.time for h in inside if h.time is not None)
    match c.type:
        case "event_count":
            value = sum(h.weight or 1 for h in inside)
        case "value_count":
            value = len({h.user for h in inside})
        case "temporal":
            value = len({h.step for h in inside})
        case "temporal_ordered":
            if last.step != len(c.rules) - 1:
                return None
            start = _chain(mine, last, len(c.rules) - 1)
            return None if start is None or start < last.time - span else (start, last.time, len(c.rules))
        case _:
            value = sum(h.size or 0 for h in inside)
            if c.type == "value_avg":
                return (first, last.time, value) if _COMPARE[c.operator](value, c.count * len(inside)) else None
    return (first, last.time, value) if _COMPARE[c.operator](value, c.count) else None


def _chain(mine: list[Hit], at: Hit, step: int) -> int | None:
    """Give the latest start of a chain of steps that ends with `at`."""
    if step == 0:
        return at.time
    assert at.time is not None
    before = [
        _chain(mine, h, step - 1) for h in mine if h.step == step - 1 and h.time is not None and h.time <= at.time
    ]
    starts = [s for s in before if s is not None]
    return max(starts) if starts else None


def _found(hits: list[Hit], c: Correlation) -> set[tuple[str, int, int, int, int]]:
    prepare(_ENGINE)
    for table in ("events", "findings", "building_blocks"):
        _ENGINE.execute(f"DELETE FROM {table}")
    events = [
        {
            "event_key": str(i),
            "ts_us": _us(h.time),
            "host_lc": h.host,
            "account_lc": h.user,
            "file_size": h.size,
            "weight": h.weight,
        }
        for i, h in enumerate(hits)
    ]
    if events:
        _ENGINE.add(pa.Table.from_pylist(events))
        rows = pa.Table.from_pylist(
            [{"rule_id": f"r{h.step}", "event_key": h.key, "ts_us": _us(h.time)} for h in _matches(hits)],
            schema=pa.schema(
                [pa.field("rule_id", pa.string()), pa.field("event_key", pa.string()), pa.field("ts_us", pa.int64())]
            ),
        )
        _ENGINE.register("incoming", rows)
        _ENGINE.execute("INSERT INTO building_blocks SELECT * FROM incoming")
        _ENGINE.unregister("incoming")
    return {
        (str(g), int(str(a)) // 1_000_000, int(str(b)) // 1_000_000, int(str(n)), int(str(v)))
        for _, g, a, b, n, v in _ENGINE.rows(windows("c", c))
    }


def _us(time: int | None) -> int | None:
    return None if time is None else time * 1_000_000


_KINDS = ("event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg")


@settings(max_examples=120, deadline=None)
@given(
    _HITS,
    st.sampled_from(_KINDS),
    st.sampled_from(sorted(_COMPARE)),
    st.integers(0, 4),
    st.integers(1, 12),
    st.fixed_dictionaries({"grouped": st.booleans(), "several": st.booleans()}),
)
def test_windows_slide_as_said(
    hits: list[Hit], kind: str, operator: str, count: int, span: int, how: dict[str, bool]
) -> None:
    """Same runs, bounds, events and values as one window an event, for every type and operator."""
    correlation = _correlation(kind, operator, count, span, **how)
    assert _found(hits, correlation) == _expected(hits, correlation)


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("grouped", [True, False])
def test_every_query_is_in_the_profile(kind: str, grouped: bool) -> None:
    """And renders for Spark."""
    tree = parse(windows("c", _correlation(kind, "gte", 2, 5, grouped=grouped)))
    assert render(tree, "spark")


def test_a_burst_costs_what_it_reads() -> None:
    """20,000 distinct values in one window: a self-join would look at 200 million pairs."""
    hits = [Hit(0, i // 1000, "h1", f"u{i}", None, None) for i in range(20_000)]
    correlation = _correlation("value_count", "gte", 15_000, 60, grouped=True)
    assert _found(hits, correlation) == {("h1", 0, 19, 20_000, 20_000)}
