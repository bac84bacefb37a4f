"""
OpenSearch: the query as a search of the Dev Tools console (Query DSL), or as an alerting monitor.

https://docs.opensearch.org/latest/query-dsl/, https://docs.opensearch.org/latest/observing-your-data/alerting/monitors/.
Fields are those of ECS and must be of type keyword or wildcard. A monitor runs every minute over the length of the
window, so its windows start a minute apart.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any as Anything
from typing import cast

from stashlight.exports import ecs
from stashlight.exports.condition import (
    All,
    Any,
    Condition,
    Exists,
    Like,
    Network,
    Not,
    Number,
    Pattern,
    Text,
    pattern_of,
)
from stashlight.exports.deployment import as_json, described
from stashlight.exports.detection import Detection, Part, hours
from stashlight.exports.lucene import whole
from stashlight.exports.reading import CannotError
from stashlight.exports.severities import severity
from stashlight.exports.target import Query
from stashlight.exports.writing import role_of, table_of

__all__ = ["COMMENT", "FORMS", "query", "write"]

FORMS: Mapping[str, str] = {"console": ".console", "monitor": ".monitor.json"}
COMMENT: str = "#"

_MOST_GROUPS = 1000


def _source(category: str, kind: str, where: str) -> str:
    return f"{category} {kind} {where}"


TABLES = ecs.tables(_source)
_Clause = dict[str, Anything]


def query(detection: Detection) -> Query:
    if detection.kind in ("ladder", "seed", "correlation"):
        reason = "the Query DSL knows no order of events: take elastic-eql's text in a sequence, or Stashlight itself"
        raise CannotError(reason)
    clauses, notes, chosen = _clauses(detection)
    if detection.kind == "event":
        body: _Clause = {"query": clauses[0]}
        return Query(as_json(body).rstrip("\n"), tuple(notes))
    notes.append(f"windows of {hours(detection.span)} that start a minute apart if the monitor runs every minute")
    window = {"range": {"@timestamp": {"gte": f"now-{detection.seconds}s"}}}
    groups = [{role: {"terms": {"field": _role(chosen, role)}}} for role in detection.group]
    inner, script = _measure(detection, clauses, chosen)
    body = {
        "size": 0,
        "query": {"bool": {"filter": [window, {"bool": {"should": clauses, "minimum_should_match": 1}}]}},
        "aggs": {
            "groups": {
                "composite": {"size": _MOST_GROUPS, "sources": groups},
                "aggs": inner | {"held": script, "first": {"min": {"field": "@timestamp"}}, "last": {"max": {"field": "@timestamp"}}},
            }
        },
    }  # fmt: skip
    notes.append(f"at most {_MOST_GROUPS} groups a run; ask for the next with `after_key`")
    return Query(as_json(body).rstrip("\n"), tuple(notes))


def _clauses(detection: Detection) -> tuple[list[_Clause], list[str], list[Part]]:
    clauses: list[_Clause] = []
    notes: list[str] = []
    chosen: list[Part] = []
    reasons: list[str] = []
    for part in detection.parts:
        try:
            table = table_of(TABLES, part)
            notes += [table.note] if table.note else []
            clauses.append(_all([*_selected(table.source), _clause(part.condition, table.fields)]))
            chosen.append(part)
        except CannotError as error:
            reasons.append(str(error))
            notes.append(f"left out, {error}: {part.title}")
    if not clauses:
        raise CannotError("; ".join(dict.fromkeys(reasons)))
    groups = [tuple(_named(part, role) for role in detection.group) for part in chosen]
    usual = Counter(groups).most_common(1)[0][0]
    odd = [part for part, group in zip(chosen, groups, strict=True) if group != usual]
    notes += [f"left out, another field for {' or '.join(detection.group)}: {part.title}" for part in odd]
    kept = [n for n, group in enumerate(groups) if group == usual]
    return [clauses[n] for n in kept], list(dict.fromkeys(notes)), [chosen[n] for n in kept]


def _named(part: Part, role: str) -> str:
    try:
        return role_of(table_of(TABLES, part), role)
    except CannotError:
        return ""


def _measure(detection: Detection, clauses: Sequence[_Clause], chosen: Sequence[Part]) -> tuple[_Clause, _Clause]:
    compared = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<", "eq": "==", "neq": "!="}[detection.operator]
    match detection.kind:
        case "burst":
            return {}, _selector({"n": "_count"}, f"params.n {compared} {detection.least}")
        case "fan-in":
            counted = {"values": {"cardinality": {"field": _role(chosen, detection.of)}}}
            return counted, _selector({"n": "values"}, f"params.n {compared} {detection.least}")
        case _:
            rules = {f"rule_{n}": {"filter": clause} for n, clause in enumerate(clauses)}
            paths = {f"n{n}": f"rule_{n}._count" for n in range(len(clauses))}
            terms = " + ".join(f"(params.n{n} > 0 ? {p.weight} : 0)" for n, p in enumerate(chosen))
            return rules, _selector(paths, f"{terms} >= {detection.least}")


def _selector(paths: Mapping[str, str], script: str) -> _Clause:
    return {"bucket_selector": {"buckets_path": dict(paths), "script": script}}


def _role(parts: Sequence[Part], role: str) -> str:
    names = {table.roles.get(role) or table.fields.get(role) for table in (table_of(TABLES, part) for part in parts)}
    if len(names) != 1 or None in names:
        reason = f"no single field for {role}"
        raise CannotError(reason)
    return cast("str", names.pop())


def _selected(source: str) -> list[_Clause]:
    category, kind, where = source.split(" ")
    if not category:
        return [{"term": {"event.code": where}}]
    return [{"term": {"event.category": category}}, {"term": {"event.type": kind}}, {"term": {"host.os.type": where}}]


def _all(clauses: list[_Clause]) -> _Clause:
    return {"bool": {"filter": clauses}}


def _any(clauses: list[_Clause]) -> _Clause:
    return clauses[0] if len(clauses) == 1 else {"bool": {"should": clauses, "minimum_should_match": 1}}


def _clause(condition: Condition, fields: Mapping[str, str]) -> _Clause:
    match condition:
        case All(parts):
            return _all([_clause(part, fields) for part in parts]) if parts else {"match_all": {}}
        case Any(parts):
            return _any([_clause(part, fields) for part in parts]) if parts else {"match_none": {}}
        case Not(part):
            return {"bool": {"must_not": [_clause(part, fields)]}}
        case _:
            if condition.field not in fields:
                reason = f"no field for {condition.field}"
                raise CannotError(reason)
            return _leaf(fields[condition.field], condition)


def _leaf(name: str, leaf: Text | Like | Pattern | Exists | Number | Network) -> _Clause:
    match leaf:
        case Text():
            return _any([_wildcard(name, leaf, value) for value in leaf.values])
        case Like():
            return _leaf(name, pattern_of(leaf))
        case Pattern():
            return {"regexp": {name: {"value": whole(leaf), "flags": "NONE", "case_insensitive": not leaf.cased}}}
        case Exists():
            return {"bool": {"filter": [{"exists": {"field": name}}], "must_not": [{"term": {name: ""}}]}}
        case Number():
            if leaf.operator == "=":
                return {"term": {name: f"{leaf.value:g}"}}
            return {"range": {name: {{"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}[leaf.operator]: leaf.value}}}
        case Network():
            return {"term": {name: leaf.cidr}}


def _wildcard(name: str, leaf: Text, value: str) -> _Clause:
    if leaf.shape == "is":
        return {"term": {name: {"value": value, "case_insensitive": not leaf.cased}}}
    inner = "".join("\\" + c if c in "\\*?" else c for c in value)
    before = "*" if leaf.shape in ("contains", "ends") else ""
    after = "*" if leaf.shape in ("contains", "begins") else ""
    return {"wildcard": {name: {"value": before + inner + after, "case_insensitive": not leaf.cased}}}


def write(detection: Detection, query: Query, form: str) -> Mapping[str, str]:
    if form == "console":
        return {".console": f"GET {','.join(ecs.INDEX)}/_search\n{query.text}\n"}
    import json

    body = cast("_Clause", json.loads(query.text))
    if detection.kind == "event":
        recent = {"range": {"@timestamp": {"gte": "now-1m"}}}
        body = {"size": 10, "query": {"bool": {"filter": [recent, body["query"]]}}}
        held = "ctx.results[0].hits.total.value > 0"
    else:
        held = "ctx.results[0].aggregations.groups.buckets.length > 0"
    level = {"High": "1", "Medium": "3", "Low": "4", "Informational": "5"}[severity(detection).sentinel]
    trigger = {
        "name": described(detection, query),
        "severity": level,
        "condition": {"script": {"source": held, "lang": "painless"}},
        "actions": list[str](),
    }
    monitor: dict[str, object] = {
        "type": "monitor",
        "monitor_type": "query_level_monitor",
        "name": detection.title,
        "enabled": False,
        "schedule": {"period": {"interval": 1, "unit": "MINUTES"}},
        "inputs": [{"search": {"indices": list(ecs.INDEX), "query": body}}],
        "triggers": [{"query_level_trigger": trigger}],
    }
    return {".monitor.json": as_json(monitor)}
