"""
A detection rule of Elastic Security, as one line of NDJSON for import, or as TOML of their rule repository.

https://www.elastic.co/docs/api/doc/kibana/operation/operation-createrule;
https://github.com/elastic/detection-rules/blob/main/CONTRIBUTING.md.
"""

import json
from collections.abc import Mapping
from typing import cast

from stashlight.exports.attack import TACTICS, tactic_ids, techniques
from stashlight.exports.deployment import described, toml_text
from stashlight.exports.detection import Detection, hours
from stashlight.exports.severities import severity
from stashlight.exports.target import Query
from stashlight.incidents.attack import technique

__all__ = ["write"]

_EVERY = 5  # minutes between runs


def write(detection: Detection, query: Query, rule: Mapping[str, object], form: str) -> Mapping[str, str]:
    """Give the files of `form`; `rule` is what the language adds: type, language, query, index."""
    fields = _fields(detection, query) | dict(rule)
    if form == "ndjson":
        return {".ndjson": json.dumps(fields, ensure_ascii=True) + "\n"}
    return {".toml": _toml(detection, fields)}


def _fields(detection: Detection, query: Query) -> dict[str, object]:
    minutes = detection.seconds // 60 + 2 * _EVERY
    return {
        "rule_id": detection.id,
        "name": detection.title,
        "description": described(detection, query),
        "enabled": False,
        "severity": severity(detection).elastic,
        "risk_score": severity(detection).risk,
        "interval": f"{_EVERY}m",
        "from": f"now-{minutes}m",
        "to": "now",
        "author": [detection.author] if detection.author else [],
        "license": "Apache-2.0",
        "references": list(detection.references),
        "false_positives": list(detection.falsepositives),
        "tags": ["Stashlight", f"Kind: {detection.kind}", f"Window: {hours(detection.span)}"] if detection.span
        else ["Stashlight", f"Kind: {detection.kind}"],
        "threat": _threat(detection),
        "max_signals": 100,
    }  # fmt: skip


def _threat(detection: Detection) -> list[dict[str, object]]:
    """Give tactics with their techniques; a technique that we have no tactic for stands under the first."""
    numbers = tactic_ids(detection)
    names = dict(TACTICS.values())
    below: dict[str, list[str]] = {number: [] for number in numbers}
    for each in techniques(detection):
        own = [t.id for t in technique(each).tactics if t.id in below] or numbers[:1]
        for number in own:
            below[number].append(each)
    return [
        {
            "framework": "MITRE ATT&CK",
            "tactic": {"id": n, "name": names[n], "reference": f"https://attack.mitre.org/tactics/{n}/"},
            "technique": _techniques(below[n]),
        }
        for n in numbers
    ]


def _techniques(ids: list[str]) -> list[dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for each in ids:
        whole = each.partition(".")[0]
        entry = found.setdefault(whole, _technique(whole))
        if each != whole:
            cast("list[object]", entry.setdefault("subtechnique", [])).append(_technique(each))
    return list(found.values())


def _technique(each: str) -> dict[str, object]:
    known = technique(each)
    return {"id": each, "name": known.name or each, "reference": known.url}


def _toml(detection: Detection, fields: Mapping[str, object]) -> str:
    date = (detection.date or "2026-11-23").replace("-", "/")
    dates = f'creation_date = "{date}"\nupdated_date = "{date}"'
    lines = ["[metadata]", dates, 'maturity = "development"', "", "[rule]"]
    lines += [f"{name} = {_value(value)}" for name, value in fields.items() if name != "threat"]
    for threat in _threat(detection):
        lines += ["", "[[rule.threat]]", 'framework = "MITRE ATT&CK"']
        for each in cast("list[dict[str, object]]", threat["technique"]):
            lines += ["", "[[rule.threat.technique]]", *_pairs(each)]
            for sub in cast("list[dict[str, object]]", each.get("subtechnique", [])):
                lines += ["", "[[rule.threat.technique.subtechnique]]", *_pairs(sub)]
        lines += ["", "[rule.threat.tactic]", *_pairs(cast("dict[str, object]", threat["tactic"]))]
    return "\n".join(lines) + "\n"


def _pairs(values: Mapping[str, object]) -> list[str]:
    return [f"{name} = {_value(value)}" for name, value in values.items() if isinstance(value, str)]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in cast("list[object]", value)) + "]"
    return toml_text(str(value))
