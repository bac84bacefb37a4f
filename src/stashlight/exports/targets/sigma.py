"""
Sigma 2.1 as other engines take it: rules, filters and correlations without what Stashlight adds to them.

https://github.com/SigmaHQ/sigma-specification. A step of the ladder that several rules can show is an `event_count` of one
or more of them, and the ladder a `temporal_ordered` of those.
"""

from collections.abc import Mapping
from typing import cast
from uuid import NAMESPACE_URL, uuid5

from stashlight.exports.deployment import as_yaml
from stashlight.exports.detection import Detection, hours
from stashlight.exports.reading import CannotError
from stashlight.exports.target import Query
from stashlight.findings import columns
from stashlight.findings.rule import Rule
from stashlight.findings.text import documents

__all__ = ["COMMENT", "FORMS", "query", "write"]

FORMS: Mapping[str, str] = {"yaml": ".yml"}
COMMENT: str = "#"

_OURS = frozenset({"stashlight", "tests"})
_FIELDS = {
    "host": "Computer", "account": "User", "process": "ProcessGuid", "client": "IpAddress", "share": "ShareName",
}  # fmt: skip


def query(detection: Detection) -> Query:
    match detection.kind:
        case "seed":
            reason = "the seed documents are written for Sumo Logic and Kusto"
            raise CannotError(reason)
        case "score":
            reason = "Sigma has no weights to add"
            raise CannotError(reason)
        case "ladder" if not detection.sources:
            made, notes = _ladder(detection)
        case "fan-in" if detection.sources[0].form == "event":
            made, notes = _fan_in(detection)
        case "event":
            made, notes = _rules(detection.needed), []
        case _:
            made, notes = _correlation(detection)
    return Query("---\n".join(as_yaml(each) for each in made), tuple(notes))


def _plain(rule: Rule) -> dict[str, object]:
    content = next(documents(rule.text, rule.file)).content
    kept = {key: str(value) if key == "date" else value for key, value in content.items() if key not in _OURS}
    return {key: _as_logged(value) if key in ("detection", "filter") else value for key, value in kept.items()}


def _as_logged(value: object, name: str = "") -> object:
    """Give masks and logon ids in hexadecimal, as logs write them: other engines compare text."""
    if isinstance(value, dict):
        inner = cast("dict[object, object]", value)
        return {key: _as_logged(each, str(key).partition("|")[0]) for key, each in inner.items()}
    if isinstance(value, list):
        return [_as_logged(each, name) for each in cast("list[object]", value)]
    at = columns.field(name) if name else None
    is_mask = at is not None and at.hexadecimal and isinstance(value, int) and not isinstance(value, bool)
    return hex(cast("int", value)) if is_mask else value


def _rules(rules: tuple[Rule, ...]) -> list[dict[str, object]]:
    """Give rules and the filters on them; a filter names only rules that stand beside it."""
    names = {name for rule in rules for name in (rule.id, rule.name) if name}
    made: list[dict[str, object]] = []
    for rule in rules:
        content = _plain(rule)
        if rule.form == "filter":
            inner = dict(cast("Mapping[str, object]", content["filter"]))
            asked = inner.get("rules")
            if isinstance(asked, list):
                inner["rules"] = [name for name in cast("list[str]", asked) if name in names]
            content["filter"] = inner
        made.append(content)
    return made


def _correlation(detection: Detection) -> tuple[list[dict[str, object]], list[str]]:
    own = next(rule for rule in detection.sources if rule.form == "correlation")
    content = _plain(own)
    asked = dict(cast("Mapping[str, object]", content["correlation"]))
    notes: list[str] = []
    groups = asked.get("group-by")
    if isinstance(groups, list):
        asked["group-by"], notes = _known(detection, cast("list[str]", groups))
    content["correlation"] = asked
    return [*_rules(detection.needed), content], notes


def _known(detection: Detection, groups: list[str]) -> tuple[list[str], list[str]]:
    """Give fields of Sysmon for columns that only Stashlight has; a directory is no field of any log."""
    kept: list[str] = []
    notes: list[str] = []
    for name, role in zip(groups, detection.group, strict=True):
        if role == "place":
            notes.append("groups by host and process, not by directory: no log has a field for a file's directory")
        else:
            kept.append(_FIELDS.get(role, name))
    return kept, notes


def _fan_in(detection: Detection) -> tuple[list[dict[str, object]], list[str]]:
    base = _plain(detection.sources[0])
    base |= {"name": "share_written", "title": "Write Access to a Share", "level": "informational"}
    base["id"] = str(uuid5(NAMESPACE_URL, detection.id + "/base"))
    condition = {detection.operator: detection.least, "field": _FIELDS[detection.of]}
    groups = [{"account": "SubjectUserName"}.get(role, _FIELDS[role]) for role in detection.group]
    asked: dict[str, object] = {
        "type": "value_count", "rules": ["share_written"], "group-by": groups, "timespan": hours(detection.span),
        "condition": condition,
    }  # fmt: skip
    return [base, _described(detection, asked)], []


def _ladder(detection: Detection) -> tuple[list[dict[str, object]], list[str]]:
    groups, span = [_FIELDS[role] for role in detection.group], hours(detection.span)
    named = {rule.id: rule.name or rule.id for rule in detection.needed if rule.form == "event"}
    made = _rules(detection.needed)
    for step in detection.steps:
        counted: dict[str, object] = {
            "type": "event_count", "rules": [named[part.rule] for part in step.parts], "group-by": groups,
            "timespan": span, "condition": {"gte": 1},
        }  # fmt: skip
        name = f"{detection.name}_{step.name}"
        made.append(
            {
                "title": f"{detection.title}: {step.name}",
                "id": str(uuid5(NAMESPACE_URL, f"{detection.id}/{step.name}")),
                "name": name,
                "status": detection.status,
                "correlation": counted,
                "level": "informational",
            }
        )
    asked: dict[str, object] = {
        "type": "temporal_ordered", "rules": [f"{detection.name}_{step.name}" for step in detection.steps],
        "group-by": groups, "timespan": span,
    }  # fmt: skip
    notes = ["a correlation of correlations: Sigma allows it, few converters write it"]
    return [*made, _described(detection, asked)], notes


def _described(detection: Detection, asked: dict[str, object]) -> dict[str, object]:
    return {
        "title": detection.title,
        "id": detection.id,
        "name": detection.name,
        "status": detection.status,
        "description": detection.description,
        "references": list(detection.references),
        "author": detection.author,
        "tags": list(detection.tags),
        "correlation": asked,
        "falsepositives": list(detection.falsepositives),
        "level": detection.level,
    }


def write(_detection: Detection, query: Query, _form: str) -> Mapping[str, str]:
    return {".yml": query.text}
