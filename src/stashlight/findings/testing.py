"""
A rule's own cases, run: what it must match and what it must leave alone.

Cases stand in the rule file under `tests: match:` and `ignore:`, each a flat event in the names that the source
itself uses. `EventID`, channel and time may be left out, the logsource implies them. They take the whole way,
through the normaliser, so a rule is tested against events as they will be.

For a filter, `match` are events that stay findings and `ignore` those that it silences. For a correlation a case is
an event with `repeat: n` and `every: seconds`; `{n}` in its values becomes the number of the repetition.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import orjson

from stashlight.decoders.record import Record
from stashlight.engines.duckdb import Engine
from stashlight.events import Normaliser
from stashlight.findings.match import match
from stashlight.findings.rule import Case, Rule, RuleSet
from stashlight.frozen import frozen

__all__ = ["Failure", "add_cases", "failures"]

_START = datetime(2026, 1, 1, tzinfo=UTC)
_SYSMON = "Microsoft-Windows-Sysmon"
_CATEGORY_EVENTS: dict[str, dict[str, object]] = {
    "process_creation": {"EventID": 1},
    "network_connection": {"EventID": 3},
    "file_event": {"EventID": 11},
    "create_stream_hash": {"EventID": 15},
    "file_delete": {"EventID": 23},
    "file_delete_detected": {"EventID": 26},
    "ps_script": {"EventID": 4104},
    "ps_module": {"EventID": 4103},
    "ps_classic_script": {"EventID": 800},
}
_SERVICES: dict[str, dict[str, object]] = {
    "sysmon": {"Channel": f"{_SYSMON}/Operational", "SourceName": _SYSMON},
    "security": {"Channel": "Security", "SourceName": "Microsoft-Windows-Security-Auditing"},
    "powershell": {
        "Channel": "Microsoft-Windows-PowerShell/Operational",
        "SourceName": "Microsoft-Windows-PowerShell",
    },
    "powershell-classic": {"Channel": "Windows PowerShell", "SourceName": "PowerShell"},
    "linux": {"Channel": "Linux-Sysmon/Operational", "SourceName": "Linux-Sysmon"},
    "esent": {"Channel": "Application", "SourceName": "ESENT"},
}
_SERVICES["application"] = _SERVICES["esent"]
_CATEGORY_SERVICES = {
    "ps_script": "powershell",
    "ps_module": "powershell",
    "ps_classic_script": "powershell-classic",
    "file_access": "security",
}


@frozen
class Failure:
    """A case that did not come out; `number` counts from 1 in its list."""

    rule: Rule
    expected: Literal["match", "ignore"]
    number: int
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.rule.file}:{self.rule.line}: {self.rule.title}: tests.{self.expected}[{self.number}]: {self.reason}"
        )


def failures(rules: RuleSet) -> Iterator[Failure]:
    """Run every rule's cases; give those that fail."""
    for rule in (*rules.rules, *rules.filters):
        if rule.correlation is None:
            yield from _single(rule)
        else:
            bases = tuple(r for r in rules.rules if r.id in rule.correlation.rules)
            yield from _several(rule, bases)


def _cases(rule: Rule) -> Iterator[tuple[Literal["match", "ignore"], int, Case]]:
    for number, case in enumerate(rule.match, 1):
        yield "match", number, case
    for number, case in enumerate(rule.ignore, 1):
        yield "ignore", number, case


def _single(rule: Rule) -> Iterator[Failure]:
    if not rule.match and not rule.ignore:
        return
    with Engine(threads=1) as engine:
        keys: dict[str, tuple[Literal["match", "ignore"], int]] = {}
        for expected, number, case in _cases(rule):
            key = add_cases(engine, rule, [case | {"stashlight_case": f"{expected} {number}"}])
            if key:
                keys[key[0]] = (expected, number)
            else:
                yield Failure(rule, expected, number, "is no event that Stashlight knows")
        found = {str(k) for (k,) in engine.rows(f"SELECT event_key FROM events WHERE {rule.condition}")}
    for key, (expected, number) in keys.items():
        if (key in found) is not (expected == "match"):
            yield Failure(rule, expected, number, "did not match" if expected == "match" else "matched")


def _several(rule: Rule, bases: Sequence[Rule]) -> Iterator[Failure]:
    source = bases[0] if bases else rule
    for expected, number, case in _cases(rule):
        with Engine(threads=1) as engine:
            if not add_cases(engine, source, list(_repeated(case))):
                yield Failure(rule, expected, number, "is no event that Stashlight knows")
                continue
            match(engine, RuleSet(rules=(*bases, rule)))
            held = bool(engine.rows("SELECT 1 FROM correlations LIMIT 1"))
        if held is not (expected == "match"):
            yield Failure(rule, expected, number, "did not hold" if expected == "match" else "held")


def _repeated(case: Case) -> Iterator[Case]:
    fields = {k: v for k, v in case.items() if k not in {"repeat", "every"}}
    repeat, every = int(str(case.get("repeat", 1))), float(str(case.get("every", 1)))
    for n in range(repeat):
        time = _START + timedelta(seconds=n * every)
        numbered = {k: v.replace("{n}", str(n)) if isinstance(v, str) else v for k, v in fields.items()}
        yield {"UtcTime": _utc_time(time), "EventTime": _utc_time(time), **numbered, "stashlight_case": n}


def add_cases(engine: Engine, rule: Rule, cases: Sequence[Case]) -> list[str]:
    """Add the events of these cases; give their keys."""
    normaliser = Normaliser(rule.file)
    for position, case in enumerate(cases, 1):
        fields = _implied(rule) | case if "ActionType" not in case else case
        normaliser.add(Record(fields, position, orjson.dumps(fields)))
    table = normaliser.table()
    engine.add(table)
    return [str(k) for k in table.column("event_key").to_pylist()]


def _implied(rule: Rule) -> Case:
    source = rule.logsource
    linux = "linux" if source.product == "linux" else ""
    service = source.service or _CATEGORY_SERVICES.get(source.category) or linux or "sysmon"
    time = _utc_time(_START)
    return {
        "Hostname": "WS-1",
        "UtcTime": time,
        "EventTime": time,
        **_SERVICES.get(service, {}),
        **_CATEGORY_EVENTS.get(source.category, {}),
    }


def _utc_time(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
