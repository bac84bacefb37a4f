"""
Datadog Cloud SIEM: detection rules as JSON of its API, or as Terraform.

https://docs.datadoghq.com/api/latest/security-monitoring/, https://docs.datadoghq.com/logs/explorer/search_syntax/.
The log search has wildcards but no regular expressions, and attributes are compared with regard to case: each value is
asked for as written and in lower case. Evaluation windows slide.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from stashlight.exports.attack import tactic_ids, techniques
from stashlight.exports.condition import Number, Pattern, Text
from stashlight.exports.deployment import as_json, described
from stashlight.exports.detection import Detection, hours
from stashlight.exports.reading import CannotError
from stashlight.exports.severities import severity
from stashlight.exports.target import Query
from stashlight.exports.writing import Dialect, Found, Table, Tables, role_of, table_of, written_steps

__all__ = ["COMMENT", "FORMS", "query", "write"]

FORMS: Mapping[str, str] = {"json": ".json", "terraform": ".tf.json"}
COMMENT: str = ""

_DATA = "@Event.EventData.Data."
_NAMES = (
    "Image", "CommandLine", "OriginalFileName", "Description", "Company", "ParentImage", "ParentCommandLine", "User",
    "TargetFilename", "ProcessId", "ProcessGuid", "ScriptBlockText", "Payload", "SubjectUserName", "AccessMask",
)  # fmt: skip
_FIELDS = {name: _DATA + name for name in _NAMES}
_ROLES = {"host": "host", "account": _DATA + "User", "process": _DATA + "ProcessGuid"}


def _table(event: int, roles: Mapping[str, str]) -> Table:
    source = f"source:windows.events @Event.System.EventID:{event}"
    return Table(source, _FIELDS | {"EventID": "@Event.System.EventID"}, roles)


TABLES: Tables = {
    "windows/process_creation": _table(1, _ROLES),
    "windows/file_event": _table(11, _ROLES),
    "windows/ps_script": _table(4104, _ROLES),
    "windows/ps_module": _table(4103, _ROLES),
    "windows/share_write": Table(
        "source:windows.events @Event.System.EventID:5145",
        {},
        {
            "host": "host",
            "account": _DATA + "SubjectUserName",
            "client": _DATA + "IpAddress",
            "share": _DATA + "ShareName",
        },
        instead=" OR ".join(f"{_DATA}AccessMask:*{digit}" for digit in "234567abcdefABCDEF"),
        note="machine accounts are not left out, because a search cannot tell a name's end from a wildcard there",
    ),
}

# What must be escaped in a search term; a blank is asked for as any one character.
_SPECIAL = frozenset('=-+&|><!(){}[]^"~*?:\\#/')


def _term(value: str) -> str:
    return "".join("?" if c.isspace() else f"\\{c}" if c in _SPECIAL else c for c in value)


def _text(name: str, leaf: Text) -> str:
    before = "*" if leaf.shape in ("contains", "ends") else ""
    after = "*" if leaf.shape in ("contains", "begins") else ""
    values = dict.fromkeys(v for value in leaf.values for v in (value, value if leaf.cased else value.lower()))
    return f"{name}:({' OR '.join(before + _term(value) + after for value in values)})"


def _pattern(_: str, __: Pattern) -> str:
    reason = "its log search has no regular expressions"
    raise CannotError(reason)


def _number(name: str, leaf: Number) -> str:
    return f"{name}:{'' if leaf.operator == '=' else leaf.operator}{leaf.value:g}"


DIALECT = Dialect(
    text=_text,
    pattern=_pattern,
    exists=lambda name: f"{name}:*",
    number=_number,
    network=lambda name, leaf: f"CIDR({name},{leaf.cidr})",
    negated=lambda inner: f"-({inner})",
    both=" ",
    either=" OR ",
    true="*",
)

_WINDOWS = (60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)


def query(detection: Detection) -> Query:
    if detection.kind in ("score", "seed", "correlation"):
        reason = "rules count or order, they do not add weights: entity risk scores do that from the severities"
        raise CannotError(reason if detection.kind == "score" else f"no template for {detection.correlation}")
    if detection.operator not in ("gte", "gt"):
        reason = "the template holds from a number upwards only"
        raise CannotError(reason)
    steps, notes = written_steps(detection, TABLES, DIALECT)
    notes.append("attributes are compared with regard to case: values are asked for as written and in lower case")
    if "place" in detection.group:
        notes.append("groups by host and process, not by directory: a search cannot cut a path")
    if detection.span and detection.seconds not in _WINDOWS:
        notes.append(f"windows of {hours(detection.span)} are not offered: the next longer one is taken")
    return Query("\n;\n".join(_any(parts) for parts in steps), tuple(notes))


def _any(parts: Sequence[Found]) -> str:
    return " OR ".join(f"({f.table.source} ({f.condition}))" for f in parts)


def _window(detection: Detection) -> int:
    return next((each for each in _WINDOWS if each >= detection.seconds), _WINDOWS[-1]) if detection.span else 0


def _rule(detection: Detection, query: Query) -> dict[str, object]:
    searches = query.text.split("\n;\n")
    table = table_of(TABLES, detection.parts[0])
    groups = [role_of(table, role) for role in detection.group if role != "place"] or ["host"]
    names = [step.name for step in detection.steps] if detection.kind == "ladder" else ["hits"]
    distinct = [role_of(table, detection.of)] if detection.kind == "fan-in" else []
    queries = [
        {
            "name": name, "query": search, "groupByFields": groups, "distinctFields": distinct,
            "aggregation": "cardinality" if distinct else "count",
        }
        for name, search in zip(names, searches, strict=True)
    ]  # fmt: skip
    window = _window(detection)
    options: dict[str, object] = {
        "detectionMethod": "threshold",
        "evaluationWindow": window,
        "keepAlive": max(window, 3600),
        "maxSignalDuration": max(window, 86_400),
    }
    condition = f"hits {'>=' if detection.operator == 'gte' else '>'} {detection.least}"
    if detection.kind == "ladder":
        condition = f"{names[-1]} > 0"
        options = {
            "detectionMethod": "sequence_detection",
            "keepAlive": window,
            "maxSignalDuration": 86_400,
            "sequenceDetectionOptions": {
                "steps": [{"name": n, "condition": f"{n} > 0", "evaluationWindow": window} for n in names],
                "stepTransitions": [{"parent": a, "child": b, "evaluationWindow": window} for a, b in pairwise(names)],
            },
        }
    tags = [f"tactic:{each}" for each in tactic_ids(detection)] + [
        f"technique:{each}" for each in techniques(detection)
    ]
    return {
        "name": detection.title,
        "type": "log_detection",
        "isEnabled": False,
        "message": described(detection, query).replace("{{", "{ {"),
        "tags": ["security:attack", "source:windows.events", *tags],
        "queries": queries,
        "cases": [
            {"name": detection.kind, "status": severity(detection).datadog, "condition": condition, "notifications": []}
        ],
        "options": options,
        "filters": [],
    }


def write(detection: Detection, query: Query, form: str) -> Mapping[str, str]:
    rule = as_json(_rule(detection, query))
    if form == "json":
        return {".json": rule}
    name = "stashlight_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in detection.id)
    held = {"rule": rule.replace("${", "$${").replace("%{", "%%{")}
    return {".tf.json": as_json({"resource": {"datadog_security_monitoring_rule_json": {name: held}}})}
