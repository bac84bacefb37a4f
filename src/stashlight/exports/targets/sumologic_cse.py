"""
Sumo Logic Cloud SIEM (CSE): match, threshold and chain rules as JSON of its API, or as Terraform.

https://help.sumologic.com/docs/cse/rules/; fields are those of the record schema, or `fields['…']` for what it lacks.
Windows slide. Cloud SIEM adds the severities of an entity's signals itself, so a score is not a rule there.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from stashlight.exports.attack import tactic_ids, techniques
from stashlight.exports.condition import Number, Pattern, pattern_of
from stashlight.exports.deployment import as_json, described
from stashlight.exports.detection import Detection
from stashlight.exports.reading import CannotError
from stashlight.exports.severities import severity
from stashlight.exports.target import Query
from stashlight.exports.targets.sumologic import whole_value
from stashlight.exports.writing import SHARE_FIELDS, Dialect, Found, Table, Tables, role_of, table_of, written_steps

__all__ = ["COMMENT", "FORMS", "query", "write"]

FORMS: Mapping[str, str] = {"json": ".json", "terraform": ".tf.json"}
COMMENT: str = ""

_DATA = "fields['EventData.{}']"
_PROCESS = {
    "Image": "baseImage", "CommandLine": "commandLine", "ParentImage": "parentBaseImage",
    "ParentCommandLine": "parentCommandLine", "ProcessId": "pid", "ParentProcessId": "parentPid",
    "ProcessGuid": "processUid", "TargetFilename": "file_path",
    **{
        name: _DATA.format(name)
        for name in ("OriginalFileName", "Description", "Company", "Product", "IntegrityLevel", "Hashes", "LogonId")
    },
}  # fmt: skip
_ROLES = {"host": "device_hostname", "account": "user_username", "process": "processUid"}


def _windows(channel: str, event: int, fields: Mapping[str, str], roles: Mapping[str, str]) -> Table:
    vendor = "metadata_vendor = 'Microsoft' and metadata_product = 'Windows'"
    return Table(f"{vendor} and metadata_deviceEventId = '{channel}-{event}'", fields, roles)


_SYSMON, _POWERSHELL = "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-PowerShell/Operational"
_SHARE = _windows(
    "Security",
    5145,
    {
        **{name: _DATA.format(name) for name in SHARE_FIELDS},
        "EventID": "metadata_deviceEventId",
        "SubjectUserName": "user_username",
        "IpAddress": "srcDevice_ip",
    },
    {
        "host": "device_hostname",
        "account": "user_username",
        "client": "srcDevice_ip",
        "share": _DATA.format("ShareName"),
    },
)
TABLES: Tables = {
    "windows/process_creation": _windows(_SYSMON, 1, _PROCESS, _ROLES),
    "windows/file_event": _windows(_SYSMON, 11, _PROCESS, _ROLES),
    "windows/file_delete": _windows(_SYSMON, 23, _PROCESS, _ROLES),
    "windows/ps_script": _windows(_POWERSHELL, 4104, {"ScriptBlockText": _DATA.format("ScriptBlockText")}, _ROLES),
    "windows/ps_module": _windows(
        _POWERSHELL, 4103, {name: _DATA.format(name) for name in ("Payload", "ContextInfo")}, _ROLES
    ),
    "linux/process_creation": Table("metadata_product = 'Linux OS Syslog' and !isBlank(commandLine)", _PROCESS, _ROLES),
    "windows/share_write": _SHARE,
    "windows/security/5145": _SHARE,
}


def _pattern(name: str, leaf: Pattern) -> str:
    # As in log search, `matches` wants the whole value.
    return f"(!isNull({name}) and {name} matches {whole_value(leaf)})"


def _number(name: str, leaf: Number) -> str:
    if name == "metadata_deviceEventId":
        return f"{name} matches /.*-{leaf.value:g}/"
    return f"(!isNull({name}) and {name} {leaf.operator} {leaf.value:g})"


DIALECT = Dialect(
    text=lambda name, leaf: _pattern(name, pattern_of(leaf)),
    pattern=_pattern,
    exists=lambda name: f"!isBlank({name})",
    number=_number,
    negated=lambda inner: f"!({inner})",
)


def query(detection: Detection) -> Query:
    """Give the expression; the rule around it is made by `write`."""
    if detection.kind == "score":
        reason = (
            "Cloud SIEM adds severities itself: an insight needs more than 12 from different signals of one entity within"
            " two weeks; the rules carry their severity for that"
        )
        raise CannotError(reason)
    if detection.kind in ("seed", "correlation"):
        reason = f"a Sigma correlation of type {detection.correlation} has no template for Cloud SIEM"
        raise CannotError(reason)
    steps, notes = written_steps(detection, TABLES, DIALECT)
    lacking = [role for role in detection.group if role == "place"]
    if lacking:
        notes.append(
            "groups by host and process, not by directory: the record schema has no field for a file's directory"
        )
    if detection.kind in ("burst", "fan-in") and detection.operator not in ("gte", "gt"):
        reason = "a threshold rule holds from a number upwards only"
        raise CannotError(reason)
    notes += ["severity is 0 to 10"] if detection.kind == "event" else []
    return Query("\n;\n".join(_any(parts) for parts in steps), tuple(notes))


def _any(parts: Sequence[Found]) -> str:
    return " or ".join(f"({f.table.source} and ({f.condition}))" for f in parts)


def _named(detection: Detection, role: str) -> str:
    """Give the record's name of a role, which the first part's events have."""
    for part in detection.parts:
        try:
            return role_of(table_of(TABLES, part), role)
        except CannotError:
            continue
    reason = f"no field for {role} in the record schema"
    raise CannotError(reason)


def _groups(detection: Detection) -> list[str]:
    return [_named(detection, role) for role in detection.group if role != "place"]


def _tags(detection: Detection) -> list[str]:
    found = [f"_mitreAttackTactic:{each}" for each in tactic_ids(detection)]
    return found + [f"_mitreAttackTechnique:{each}" for each in techniques(detection)]


def _entities() -> list[dict[str, str]]:
    kinds = {"device_hostname": "_hostname", "user_username": "_username"}
    return [{"entityType": kind, "expression": name} for name, kind in kinds.items()]


def _rule(detection: Detection, query: Query) -> tuple[str, dict[str, object]]:
    """Give the kind of rule and its fields, as the API names them."""
    expressions = query.text.split("\n;\n")
    shared: dict[str, object] = {
        "name": detection.title,
        "enabled": False,
        "isPrototype": True,
        "entitySelectors": _entities(),
        "tags": _tags(detection),
        "summaryExpression": f"{_braces(detection.title)} on {{{{device_hostname}}}}",
    }
    described_as = _braces(described(detection, query))
    number = severity(detection).cse
    limit = detection.least + (detection.operator == "gt")
    match detection.kind:
        case "burst" | "fan-in":
            distinct = detection.kind == "fan-in"
            return "threshold", shared | {
                "description": described_as, "severity": number, "expression": expressions[0], "limit": limit,
                "countDistinct": distinct, "countField": _named(detection, detection.of) if distinct else None,
                "groupByFields": _groups(detection), **_window(detection),
            }  # fmt: skip
        case "ladder":
            return "chain", shared | {
                "description": described_as, "severity": number, "ordered": True,
                "expressionsAndLimits": [{"expression": each, "limit": 1} for each in expressions],
                "groupByFields": _groups(detection), **_window(detection),
            }  # fmt: skip
        case _:
            return "match", shared | {
                "expression": expressions[0], "nameExpression": _braces(detection.title),
                "descriptionExpression": described_as, "severityMapping": {"type": "constant", "default": number},
            }  # fmt: skip


_WINDOWS = {300: "T05M", 600: "T10M", 1800: "T30M", 3600: "T60M", 43_200: "T12H", 86_400: "T24H", 432_000: "T05D"}


def _window(detection: Detection) -> dict[str, object]:
    if detection.seconds in _WINDOWS:
        return {"windowSize": _WINDOWS[detection.seconds]}
    return {"windowSize": "CUSTOM", "windowSizeMilliseconds": str(detection.seconds * 1000)}


def _braces(text: str) -> str:
    """Keep words from being read as expressions of Cloud SIEM, which stand in double braces."""
    return text.replace("{{", "{ {").replace("}}", "} }")


_PATHS = {"match": "templated", "threshold": "threshold", "chain": "chain"}


def write(detection: Detection, query: Query, form: str) -> Mapping[str, str]:
    kind, fields = _rule(detection, query)
    if form == "json":
        # The body of POST /api/sec/v1/rules/{templated,threshold,chain}.
        return {f".{kind}.json": as_json({"fields": {k: v for k, v in fields.items() if v is not None}})}
    name = "stashlight_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in detection.id)
    return {".tf.json": as_json({"resource": {f"sumologic_cse_{kind}_rule": {name: _snake(fields)}}})}


def _snake(value: object) -> object:
    """Give the same rule in Terraform's names; `${` and `%{` are escaped because Terraform would run them."""
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return {_underscored(name): _snake(each) for name, each in fields.items() if each is not None}
    if isinstance(value, list):
        return [_snake(each) for each in cast("list[object]", value)]
    return value.replace("${", "$${").replace("%{", "%%{") if isinstance(value, str) else value


def _underscored(name: str) -> str:
    renamed = {"windowSizeMilliseconds": "window_size_millis"}
    return renamed.get(name) or "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
