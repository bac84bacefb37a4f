"""
Panther: rules in Python with their metadata in YAML, and correlation rules.

https://docs.panther.com/detections/rules/python, https://docs.panther.com/detections/correlation-rules. Events are those of
Windows.EventLogs. A threshold counts within a period that begins with the first event: it does not slide.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from stashlight.exports.attack import tactic_ids, techniques
from stashlight.exports.condition import Number, Pattern, pattern_of, python_pattern
from stashlight.exports.deployment import as_yaml, described
from stashlight.exports.detection import Detection
from stashlight.exports.reading import CannotError
from stashlight.exports.severities import severity
from stashlight.exports.target import Query
from stashlight.exports.writing import SHARE_FIELDS, Dialect, Found, Table, Tables, role_of, written_steps

__all__ = ["COMMENT", "FORMS", "query", "write"]

FORMS: Mapping[str, str] = {"python": ".py"}
COMMENT: str = "#"

_NAMES = (
    "Image", "CommandLine", "OriginalFileName", "Description", "Company", "Product", "FileVersion", "ParentImage",
    "ParentCommandLine", "User", "TargetFilename", "ProcessId", "ParentProcessId", "ProcessGuid", "IntegrityLevel",
    "DestinationIp", "DestinationPort", "DestinationHostname", "CurrentDirectory", "Hashes",
)  # fmt: skip
_ROLES = {
    "host": 'seen(event, "Computer")', "account": 'seen(event, "User")', "process": 'seen(event, "ProcessGuid")',
    "place": 'seen(event, "TargetFilename").replace("/", chr(92)).rpartition(chr(92))[0]',
}  # fmt: skip


def _table(channel: str, event: int, names: Sequence[str], roles: Mapping[str, str] = _ROLES) -> Table:
    source = f'seen(event, "Channel") == {channel!r} and seen(event, "EventID") == "{event}"'
    return Table(source, {name: name for name in names}, roles)


_SYSMON, _POWERSHELL = "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-PowerShell/Operational"
_SHARE = _table(
    "Security",
    5145,
    ("EventID", *SHARE_FIELDS),
    {
        "host": 'seen(event, "Computer")', "account": 'seen(event, "SubjectUserName")',
        "client": 'seen(event, "IpAddress")', "share": 'seen(event, "ShareName")',
    },
)  # fmt: skip
TABLES: Tables = {
    "windows/process_creation": _table(_SYSMON, 1, _NAMES),
    "windows/file_event": _table(_SYSMON, 11, _NAMES),
    "windows/file_delete": _table(_SYSMON, 23, _NAMES),
    "windows/network_connection": _table(_SYSMON, 3, _NAMES),
    "windows/ps_script": _table(_POWERSHELL, 4104, ("ScriptBlockText", "Path"), {**_ROLES, "account": 'seen(event, "UserID")'}),
    "windows/ps_module": _table(_POWERSHELL, 4103, ("Payload", "ContextInfo"), {**_ROLES, "account": 'seen(event, "UserID")'}),
    "windows/ps_classic_script": _table("Windows PowerShell", 800, ("Data",), {**_ROLES, "account": 'seen(event, "UserID")'}),
    "windows/share_write": _SHARE,
    "windows/security/5145": _SHARE,
}  # fmt: skip


def _pattern(name: str, leaf: Pattern) -> str:
    return f"re.search({python_pattern(leaf)!r}, seen(event, {name!r}), re.ASCII)"


def _number(name: str, leaf: Number) -> str:
    return f"number(event, {name!r}) {'==' if leaf.operator == '=' else leaf.operator} {leaf.value:g}"


DIALECT = Dialect(
    text=lambda name, leaf: _pattern(name, pattern_of(leaf)),
    pattern=_pattern,
    exists=lambda name: f'seen(event, {name!r}) != ""',
    number=_number,
    network=lambda name, leaf: f"inside(event, {name!r}, {leaf.cidr!r})",
    true="True",
    false="False",
)

_HEAD = '''import re
from ipaddress import ip_address, ip_network


def seen(event, name):
    """Give a field of the event as text, "" if it has none."""
    data = event.get("EventData") or {}
    value = data.get(name) if data.get(name) is not None else event.get(name)
    return "" if value is None else str(value)


def number(event, name):
    try:
        return float(seen(event, name))
    except ValueError:
        return float("nan")


def inside(event, name, network):
    try:
        return ip_address(seen(event, name)) in ip_network(network)
    except ValueError:
        return False
'''


def query(detection: Detection) -> Query:
    if detection.kind in ("score", "seed", "correlation"):
        reason = "rules count matches and order them, they do not add weights"
        raise CannotError(reason if detection.kind == "score" else f"no template for {detection.correlation}")
    if detection.kind in ("burst", "fan-in") and detection.operator not in ("gte", "gt"):
        reason = "a threshold holds from a number upwards only"
        raise CannotError(reason)
    steps, notes = written_steps(detection, TABLES, DIALECT)
    if detection.kind in ("burst", "fan-in"):
        notes.append(
            "the period begins with the first event and does not slide: a burst across its end may be cut in two"
        )
    if detection.kind == "fan-in":
        notes.append("distinct values are counted with a small error (HyperLogLog)")
    return Query("\n\n\f\n".join(_module(detection, parts) for parts in steps), tuple(notes))


def _module(detection: Detection, parts: Sequence[Found]) -> str:
    each = [f"bool({f.table.source}\n        and ({f.condition}))" for f in parts]
    body = "\n        or ".join(each)
    lines = [_HEAD, "", "def rule(event):", f"    return (\n        {body}\n    )", "", ""]
    lines += ["def title(event):", f"    return {detection.title!r} + ' on ' + seen(event, 'Computer')", "", ""]
    known = detection.group or tuple(role for role in ("host", "account") if role in parts[0].table.roles)
    keys = ", ".join(f"({_value(parts[0], role)}).lower()" for role in known)
    lines += ["def dedup(event):", f"    return ' | '.join([{keys}])"]
    if detection.kind == "fan-in":
        lines += ["", "", "def unique(event):", f"    return ({_value(parts[0], detection.of)}).lower()"]
    if detection.kind == "ladder":
        values = ", ".join(f"{role!r}: ({_either(parts, role)}).lower()" for role in known)
        lines += ["", "", "def alert_context(event):", f"    return {{{values}}}"]
    return "\n".join(lines) + "\n"


def _value(found: Found, role: str) -> str:
    """Give the expression of a role; of a Sigma field it is the field."""
    return found.table.roles.get(role) or f"seen(event, {role_of(found.table, role)!r})"


def _either(parts: Sequence[Found], role: str) -> str:
    """Take the first name under which these events have a role."""
    return " or ".join(dict.fromkeys(_value(f, role) for f in parts))


def _id(detection: Detection, step: str = "") -> str:
    name = "".join(c if c.isascii() and (c.isalnum() or c in "._") else "_" for c in detection.name)
    return f"Stashlight.{name}" + (f".{step}" if step else "")


def write(detection: Detection, query: Query, _form: str) -> Mapping[str, str]:
    modules = query.text.split("\n\n\f\n")
    if detection.kind != "ladder":
        return {".py": modules[0], ".yml": as_yaml(_metadata(detection, query, "", "{name}.py"))}
    files: dict[str, str] = {}
    for step, module in zip(detection.steps, modules, strict=True):
        files[f".{step.name}.py"] = module
        files[f".{step.name}.yml"] = as_yaml(_metadata(detection, query, step.name, f"{{name}}.{step.name}.py"))
    files[".correlation.yml"] = as_yaml(_correlation(detection, query))
    return files


def _metadata(detection: Detection, query: Query, step: str, file: str) -> dict[str, object]:
    minutes = max(detection.seconds // 60, 1) if detection.kind in ("burst", "fan-in") else 60
    tactics = tactic_ids(detection) or ["TA0009"]
    return {
        "AnalysisType": "rule",
        "RuleID": _id(detection, step),
        "DisplayName": detection.title + (f": {step}" if step else ""),
        "Filename": file.format(name=detection.name),
        "Enabled": False,
        "CreateAlert": not step,
        "LogTypes": ["Windows.EventLogs"],
        "Severity": "Info" if step or severity(detection).sentinel == "Informational" else severity(detection).sentinel,
        "Description": described(detection, query),
        "Reference": next(iter(detection.references), ""),
        "Reports": {"MITRE ATT&CK": [f"{tactics[0]}:{each}" for each in techniques(detection)]},
        "DedupPeriodMinutes": min(minutes, 1440),
        "Threshold": detection.least + (detection.operator == "gt") if detection.kind in ("burst", "fan-in") else 1,
    }


def _correlation(detection: Detection, query: Query) -> dict[str, object]:
    names = [step.name for step in detection.steps]
    matches = [{"On": f"p_alert_context.{role}"} for role in detection.group]
    return {
        "AnalysisType": "correlation_rule",
        "RuleID": _id(detection),
        "DisplayName": detection.title,
        "Enabled": False,
        "Severity": severity(detection).sentinel,
        "Description": described(detection, query),
        "Reports": {"MITRE ATT&CK": [f"{(tactic_ids(detection) or ['TA0009'])[0]}:{t}" for t in techniques(detection)]},
        "Detection": [
            {
                "Sequence": [{"ID": name, "RuleID": _id(detection, name)} for name in names],
                "Transitions": [
                    {"ID": f"{a} to {b}", "From": a, "To": b, "WithinTimeFrameMinutes": detection.seconds // 60, "Match": matches}
                    for a, b in pairwise(names)
                ],
                "LookbackWindowMinutes": detection.seconds // 60,
                "Schedule": {"RateMinutes": 15, "TimeoutMinutes": 5},
            }
        ],
    }  # fmt: skip
