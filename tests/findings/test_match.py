"""Events become findings once, whatever the number of rules."""

from itertools import product
from pathlib import Path

import pyarrow as pa
import pytest

from stashlight.engines.duckdb import Engine
from stashlight.errors import EngineError
from stashlight.findings.load import load
from stashlight.findings.logsource import CATEGORIES, SERVICES
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


_SOURCES = [
    *({"category": c, "product": p} for c in CATEGORIES for p in ("windows", "linux", "macos", "")),
    *({"service": s, "product": p} for s in SERVICES for p in ("windows", "linux", "")),
    {"category": "process_creation", "service": "security", "product": "windows"},
]
_KINDS = (None, "process_start", "file_delete", "script_block")
_PROVIDERS = (None, "sysmon", "sysmon_linux", "powershell", "defender")
_IDS = (None, 26, 4104)


def test_no_rule_is_left_out_that_could_match(tmp_path: Path) -> None:
    """Rules are left out by what is there, before they are asked: whatever is, the others are all that could match."""
    for number, source in enumerate(_SOURCES):
        said = "".join(f"\n  {key}: {value}" for key, value in source.items() if value)
        text = f"title: r{number}\nid: r{number}\nlogsource:{said}\ndetection:\n  s: {{Computer: h}}\n  condition: s\n"
        (tmp_path / f"r{number}.yml").write_text(text)
    rules = load([tmp_path])
    assert len(rules.events) == len(_SOURCES)
    asked = " UNION ALL ".join(f"SELECT '{r.id}' FROM events WHERE {r.condition}" for r in rules.events)
    with Engine(threads=1) as engine:
        for kind, provider, event_id in product(_KINDS, _PROVIDERS, _IDS):
            event = {"event_key": "e", "kind": kind, "provider": provider, "event_id": event_id, "host_lc": "h"}
            engine.add(pa.Table.from_pylist([{name: value for name, value in event.items() if value is not None}]))
            match(engine, rules)
            assert sorted(engine.rows("SELECT rule_id FROM findings")) == sorted(engine.rows(asked)), event
            for table in ("events", "findings"):
                engine.execute(f"DELETE FROM {table}")
