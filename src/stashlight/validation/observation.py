"""
What an engine holds of each procedure: signals, which rules spoke on them, incidents.

Needs `match` to have run and the table `owned` (event_key, procedure), which says whose an event is. Rules that sessions
are counted from make no findings: their conditions are asked here. A filter speaks on a write that it takes off.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from stashlight.engines.duckdb import Engine
from stashlight.engines.profile import conjunction, render
from stashlight.engines.quoting import quoted
from stashlight.findings.compile import compile_scope
from stashlight.findings.logsource import scope
from stashlight.findings.rule import Rule, RuleSet
from stashlight.incidents.document import Incident
from stashlight.validation.signals import label

__all__ = ["Observation", "observe"]

At = tuple[str, str]
"""Procedure and signal."""


@dataclass(frozen=True, slots=True)
class Observation:
    """
    What one set of logs shows: `shape` names it, `sensors` are those that could see.

    `seen` counts events, `spoke` gives the ids of the rules that spoke, both by procedure and signal.
    """

    shape: str
    sensors: frozenset[str]
    seen: Mapping[At, int]
    spoke: Mapping[At, frozenset[str]]
    incidents: Mapping[str, tuple[Incident, ...]]

    def without(self, rule: str) -> "Observation":
        """Give the same as if one rule had been silent; what incidents come of it is left as it is."""
        return replace(self, spoke={at: ids - {rule} for at, ids in self.spoke.items()})


def observe(
    engine: Engine, rules: RuleSet, incidents: Sequence[Incident], shape: str, sensors: frozenset[str]
) -> Observation:
    """Note what is there of every procedure that owns events."""
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE told AS "
        f"SELECT o.procedure, {label()} AS signal, e.* FROM events AS e INNER JOIN owned AS o ON o.event_key = e.event_key"
    )
    seen = {
        (str(procedure), str(signal)): int(str(count))
        for procedure, signal, count in engine.rows(
            "SELECT procedure, signal, CAST(COUNT(*) AS BIGINT) FROM told WHERE NOT signal IS NULL GROUP BY procedure, signal"
        )
    }
    spoke: defaultdict[At, set[str]] = defaultdict(set)
    for procedure, signal, rule in engine.rows(_spoke(rules)):
        spoke[str(procedure), str(signal)].add(str(rule))
    owners = {str(k): str(p) for k, p in engine.rows("SELECT event_key, procedure FROM owned")}
    found: defaultdict[str, list[Incident]] = defaultdict(list)
    for incident in incidents:
        for owner in {owners[e.event] for e in incident.evidence if e.event in owners}:
            found[owner].append(incident)
    engine.execute("DROP TABLE told")
    return Observation(
        shape,
        sensors,
        seen,
        {at: frozenset(ids) for at, ids in spoke.items()},
        {owner: tuple(each) for owner, each in found.items()},
    )


def _spoke(rules: RuleSet) -> str:
    """Give the SQL of (procedure, signal, rule id), each once."""
    parts = [
        f"SELECT DISTINCT t.procedure, t.signal, f.rule_id FROM told AS t INNER JOIN {table} AS f ON f.event_key = t.event_key"
        for table in ("findings", "building_blocks")
    ]
    asked = [(rule.id, rule.condition) for rule in rules.events if rule.note.session]
    asked += [(rule.id, taken) for rule in rules.filters if (taken := _taken(rules, rule))]
    parts += [f"SELECT DISTINCT procedure, signal, {quoted(i)} FROM told WHERE {condition}" for i, condition in asked]
    # A correlation speaks on the events that it holds for: those of its rules, in the run and of its group.
    parts.append(
        "SELECT DISTINCT t.procedure, t.signal, c.rule_id FROM correlations AS c"
        " INNER JOIN told AS t ON t.ts_us BETWEEN c.first_us AND c.last_us AND POSITION(t.host_key IN c.group_key) > 0"
        " INNER JOIN building_blocks AS b ON b.event_key = t.event_key"
    )
    return " UNION ".join(f"({part})" for part in parts)


def _taken(rules: RuleSet, rule: Rule) -> str:
    """Give the condition of events that a filter takes off; "" if it is on no rule."""
    if not any(rule.id in each.filters for each in rules.events):
        return ""
    return f"({render(conjunction([compile_scope(scope(rule.logsource))]))}) AND NOT ({rule.condition})"
