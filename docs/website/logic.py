"""A Sigma rule in words: what each selection looks for, how they combine, what a correlation counts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

import yaml
from pieces import code

from stashlight.findings.rule import Rule

__all__ = ["logic"]

_MOST = 40  # values of one field that are shown; the rule itself has them all

_MODIFIERS: Final = {
    "contains": "contains",
    "startswith": "starts with",
    "endswith": "ends with",
    "re": "matches",
    "cidr": "lies in",
    "gt": "is above",
    "gte": "is at least",
    "lt": "is below",
    "lte": "is at most",
    "fieldref": "equals the field",
    "exists": "is there:",
    "base64offset": "contains, in Base64,",
}
_ASIDE: Final = {"cased": "by case", "windash": "with any dash", "i": "in any case", "expand": "with the site's values"}


def logic(rule: Rule) -> str:
    """Give the logic of a rule, filter or correlation as Markdown."""
    content = cast("Mapping[str, object]", yaml.safe_load(rule.text))
    if rule.correlation is not None:
        return _correlation(cast("Mapping[str, object]", content["correlation"]))
    held = cast("Mapping[str, object]", content.get("filter") if rule.form == "filter" else content["detection"])
    lines = [f"Holds if {code(str(held['condition']))}, where", ""]
    for name, value in held.items():
        if name in {"condition", "rules", "timeframe"}:
            continue
        lines.append(f"- **{name}**: " + ("; or ".join(_items(value)) or "anything"))
    return "\n".join(lines) + "\n"


def _items(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield " **and** ".join(_field(k, v) for k, v in cast("Mapping[str, object]", value).items())
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            if isinstance(each, Mapping):
                yield from _items(cast("object", each))
            else:
                yield f"any text contains {code(str(each))}"


def _field(key: str, value: object) -> str:
    name, *modifiers = key.split("|")
    verb = next((_MODIFIERS[m] for m in modifiers if m in _MODIFIERS), "is")
    aside = ", ".join(_ASIDE[m] for m in modifiers if m in _ASIDE)
    values = cast("Sequence[object]", value) if isinstance(value, list) else [value]
    shown = ", ".join("not set" if v is None else code(str(v)) for v in values[:_MOST])
    more = f" and {len(values) - _MOST} more" if len(values) > _MOST else ""
    count = "" if len(values) == 1 else "all of " if "all" in modifiers else "one of "
    return f"{code(name or 'any text')} {verb} {count}{shown}{more}" + (f" ({aside})" if aside else "")


_COUNTS: Final = {
    "event_count": "events",
    "value_count": "different values",
    "temporal": "of its rules match together",
    "temporal_ordered": "of its rules match in this order",
    "value_sum": "is the sum",
    "value_avg": "is the average",
}
_OPERATORS: Final = {
    "gt": "more than",
    "gte": "at least",
    "lt": "fewer than",
    "lte": "at most",
    "eq": "exactly",
    "neq": "not",
}


def _correlation(held: Mapping[str, object]) -> str:
    rules = ", ".join(code(str(rule)) for rule in cast("Sequence[object]", held["rules"]))
    group = ", ".join(code(str(f)) for f in cast("Sequence[object]", held.get("group-by") or []))
    kind = str(held["type"])
    condition = cast("Mapping[str, object]", held.get("condition") or {})
    bounds = " and ".join(f"{_OPERATORS[k]} {v}" for k, v in condition.items() if k in _OPERATORS) or "all"
    field = f" of {code(str(condition['field']))}" if "field" in condition else ""
    within = f"within any {held['timespan']}" + (f" with the same {group}" if group else "")
    return f"Of what {rules} match: {bounds} {_COUNTS.get(kind, kind)}{field} {within}.\n"
