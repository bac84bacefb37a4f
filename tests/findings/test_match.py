"""Events become findings once, whatever the number of rules."""

from pathlib import Path

import pyarrow as pa
import pytest

from stashlight.engines.duckdb import Engine
from stashlight.errors import EngineError
from stashlight.findings.load import load
from stashlight.findings.match import match
from stashlight.findings.rule import Rule, RuleSet


def _rule(number: int, condition: str, kinds: tuple[str, ...] = (), *, reports: bool = True) -> Rule:
    return Rule(f"r{number}", "t", "event", "r.yml", 3, condition=condition, kinds=kinds, reports=reports)


def _engine(count: int = 10) -> Engine:
    engine = Engine(threads=1)
    kinds = ["file_create" if i % 2 else "process_start" for i in range(count)]
    engine.add(pa.Table.from_pylist([{"event_key": str(i), "ts_us": i, "kind": k} for i, k in enumerate(kinds)]))
    return engine


def test_each_rule_and_event_gives_one_finding_and_a_second_run_none() -> None:
    rules = RuleSet(
        (_rule(0, "event_key = '3'", ("file_create",)), _rule(1, "TRUE", ("file_create",)), _rule(2, "ts_us < 2"))
    )
    with _engine() as engine:
        assert match(engine, rules) == 1 + 5 + 2
        assert match(engine, rules) == 0
        assert engine.rows("SELECT rule_id, ts_us FROM findings WHERE event_key = '3' ORDER BY ALL") == [
            ("r0", 3),
            ("r1", 3),
        ]


def test_later_events_add_only_their_own_findings() -> None:
    rules = RuleSet((_rule(0, "TRUE"),))
    with _engine() as engine:
        assert match(engine, rules) == 10
        engine.add(pa.Table.from_pylist([{"event_key": "new"}]))
        assert match(engine, rules) == 1


def test_a_thousand_rules_take_a_few_queries() -> None:
    rules = RuleSet(tuple(_rule(i, f"ts_us = {i % 10}") for i in range(1000)))
    with _engine() as engine:
        assert match(engine, rules) == 1000


def test_building_blocks_are_no_findings() -> None:
    with _engine() as engine:
        assert match(engine, RuleSet((_rule(0, "TRUE", reports=False),))) == 0
        assert engine.rows("SELECT count(*) FROM building_blocks") == [(10,)]


def test_a_refused_rule_is_named_among_many() -> None:
    rules = RuleSet((_rule(0, "TRUE"), _rule(1, "nobody = 1"), _rule(2, "TRUE")))
    with _engine() as engine, pytest.raises(EngineError, match=r"r\.yml:3: .*nobody"):
        match(engine, rules)


def test_quotes_in_ids_are_only_text(tmp_path: Path) -> None:
    (tmp_path / "r.yml").write_text(
        "title: x\nid: a'b\nname: n\nlogsource: {category: file_event}\n"
        "detection: {s: {EventID|neq: 1}, condition: s}\n---\ntitle: y\nid: c'd\n"
        "correlation: {type: event_count, rules: [n], timespan: 1s, generate: true, condition: {gte: 2}}\n",
        encoding="utf-8",
    )
    with _engine() as engine:
        assert match(engine, load([tmp_path], keep=False)) == 5 + 1
        assert engine.rows("SELECT rule_id, events, value FROM correlations") == [("c'd", 5, 5)]
