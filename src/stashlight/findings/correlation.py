"""
A Sigma correlation document → Correlation.

The condition holds for the window of the timespan that ends with an event, for every such event: windows slide,
they are no bins. Source: https://sigmahq.io/sigma-specification/specification/sigma-correlation-rules-specification.html
"""

import re
from collections.abc import Mapping
from typing import cast

from stashlight.findings.columns import field
from stashlight.findings.rule import Correlation, Rule
from stashlight.findings.text import Document

__all__ = ["OPERATORS", "TYPES", "correlation"]

TYPES = ("event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg")
OPERATORS = ("gt", "gte", "lt", "lte", "eq", "neq")

_NUMERIC = frozenset({"value_sum", "value_avg"})
_NEED_FIELD = frozenset({"value_count", *_NUMERIC})
_TEMPORAL = frozenset({"temporal", "temporal_ordered"})
_KEYS = frozenset({"type", "rules", "group-by", "timespan", "condition", "aliases", "generate"})
_SPAN = re.compile(r"(\d{1,9})([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_MOST_RULES = 50


def correlation(document: Document, known: Mapping[str, Rule]) -> Correlation:
    """
    Give the correlation of a document; `known` are all rules by id and name.

    Raises:
        RuleError: what is asked for cannot be run as written.
    """
    content = document.content["correlation"]
    if not isinstance(content, dict):
        msg = "'correlation' must be a mapping"
        raise document.error(msg, "correlation")
    asked = cast("dict[str, object]", content)
    if unknown := asked.keys() - _KEYS:
        msg = f"unknown key '{min(unknown)}'"
        raise document.error(msg, "correlation", min(unknown))
    kind = str(asked.get("type"))
    if kind not in TYPES:
        msg = f"correlation type '{kind}' is not supported, only {', '.join(TYPES)}"
        raise document.error(msg, "correlation", "type")
    rules = _rules(document, asked, known)
    operator, count, names = _condition(document, asked, kind, len(rules))
    aliases = _aliases(document, asked, known)
    groups = _listed(asked.get("group-by"))
    return Correlation(
        type=kind,
        rules=tuple(r.id for r in rules),
        group_by=tuple(_columns(document, groups, r, aliases) for r in rules),
        span_us=_span(document, asked),
        operator=operator,
        count=count,
        field=tuple(_columns(document, names, r, aliases, kind) for r in rules),
        generate=bool(asked.get("generate", document.content.get("generate", False))),
    )


def _rules(document: Document, asked: dict[str, object], known: Mapping[str, Rule]) -> list[Rule]:
    names = _listed(asked.get("rules"))
    if not names or len(names) > _MOST_RULES:
        msg = f"a correlation needs 1 to {_MOST_RULES} rules"
        raise document.error(msg, "correlation", "rules")
    found: list[Rule] = []
    for name in names:
        rule = known.get(name)
        if rule is None:
            msg = f"no rule '{name}', or it has an error"
            raise document.error(msg, "correlation", "rules")
        if rule.form != "event":
            # This also keeps out cycles.
            msg = f"'{name}' is a {rule.form}: only rules on events can be correlated"
            raise document.error(msg, "correlation", "rules")
        found.append(rule)
    return found


def _condition(document: Document, asked: dict[str, object], kind: str, rules: int) -> tuple[str, int, list[str]]:
    given = asked.get("condition")
    if given is None and kind in _TEMPORAL:
        return "gte", rules, []
    if not isinstance(given, dict):
        msg = "the condition must be a mapping such as 'gte: 10'"
        raise document.error(msg, "correlation", "condition")
    condition = cast("dict[str, object]", given)
    operators = [k for k in condition if k in OPERATORS]
    if len(operators) != 1 or condition.keys() - {*OPERATORS, "field"}:
        msg = f"the condition needs exactly one of {', '.join(OPERATORS)}"
        raise document.error(msg, "correlation", "condition")
    count = condition[operators[0]]
    if not isinstance(count, int) or isinstance(count, bool):
        msg = "the condition must compare with a whole number"
        raise document.error(msg, "correlation", "condition")
    if kind == "temporal_ordered":
        msg = "temporal_ordered takes no condition"
        raise document.error(msg, "correlation", "condition")
    names = _listed(condition.get("field"))
    if bool(names) != (kind in _NEED_FIELD):
        msg = f"{kind} {'needs' if kind in _NEED_FIELD else 'takes no'} 'field'"
        raise document.error(msg, "correlation", "condition")
    return operators[0], count, names


def _aliases(document: Document, asked: dict[str, object], known: Mapping[str, Rule]) -> dict[str, dict[str, str]]:
    """Give alias → rule id → Sigma name."""
    given: object = asked.get("aliases", {})
    if not isinstance(given, dict):
        msg = "aliases must be a mapping"
        raise document.error(msg, "correlation", "aliases")
    found: dict[str, dict[str, str]] = {}
    for alias, names in cast("dict[str, object]", given).items():
        if not isinstance(names, dict):
            msg = f"alias '{alias}' must map rules to fields"
            raise document.error(msg, "correlation", "aliases", alias)
        by_rule = cast("dict[str, object]", names)
        if missing := [n for n in by_rule if n not in known]:
            msg = f"no rule '{missing[0]}'"
            raise document.error(msg, "correlation", "aliases", alias)
        found[alias] = {known[n].id: str(f) for n, f in by_rule.items()}
    return found


def _columns(
    document: Document, names: list[str], rule: Rule, aliases: dict[str, dict[str, str]], kind: str = ""
) -> tuple[str, ...]:
    part = "condition" if kind else "group-by"
    columns: list[str] = []
    for name in names:
        sigma = aliases.get(name, {}).get(rule.id, name)
        at = field(sigma, rule.logsource.category)
        if at is None:
            msg = f"unknown field '{sigma}'"
            raise document.error(msg, "correlation", part)
        if kind in _NUMERIC and at.type != "BIGINT":
            msg = f"'{sigma}' is no number"
            raise document.error(msg, "correlation", part)
        # Values that differ in case only are one value, as everywhere in Sigma.
        columns.append(at.folded or at.column)
    return tuple(columns)


def _span(document: Document, asked: dict[str, object]) -> int:
    found = _SPAN.fullmatch(str(asked.get("timespan", "")))
    if found is None or not int(found[1]):
        msg = "timespan must be a number and one of s m h d w, as in 15m"
        raise document.error(msg, "correlation", "timespan")
    return int(found[1]) * _SECONDS[found[2]] * 1_000_000


def _listed(given: object) -> list[str]:
    if given is None:
        return []
    return [str(g) for g in cast("list[object]", given)] if isinstance(given, list) else [str(given)]
