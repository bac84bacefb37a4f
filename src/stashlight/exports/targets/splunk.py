"""
Splunk: SPL on Sysmon, PowerShell and Security logs, and on Sysmon for Linux, as search, ESCU-style YAML, savedsearches.conf or Terraform.

Field names are those of the add-ons for Sysmon and Windows (XmlWinEventLog). Conditions stand in `where`, whose `match`
takes PCRE; a missing field is null there, and `NOT` of null is null, so every field is given "" first.
`streamstats time_window` slides: https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Streamstats.
ESCU: https://github.com/splunk/security_content/tree/develop/docs/yaml-spec.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

from stashlight.exports.attack import techniques
from stashlight.exports.condition import Number, Pattern, pattern_of
from stashlight.exports.deployment import as_json, as_yaml, described
from stashlight.exports.detection import Detection, hours
from stashlight.exports.reading import CannotError
from stashlight.exports.severities import confidence, risk, severity
from stashlight.exports.target import Query
from stashlight.exports.writing import SHARE_FIELDS, Dialect, Found, Table, Tables, written_steps
from stashlight.terminal import printable

__all__ = ["COMMENT", "FORMS", "TABLES", "query", "write"]

FORMS: Mapping[str, str] = {"spl": ".spl", "escu": ".yml", "conf": ".conf", "terraform": ".tf.json"}
COMMENT: str = ""

_EVERY = timedelta(minutes=15)  # how often a saved search runs; it looks back as far again as its window

_SYSMON = {
    name: name
    for name in (
        "Image", "CommandLine", "OriginalFileName", "Description", "Company", "Product", "FileVersion", "CurrentDirectory",
        "ParentImage", "ParentCommandLine", "User", "ProcessId", "ParentProcessId", "ProcessGuid", "IntegrityLevel", "Hashes",
        "TargetFilename", "CreationUtcTime", "DestinationIp", "DestinationPort", "DestinationHostname", "SourceIp",
        "SourcePort", "Protocol", "Initiated", "EventID", "LogonId", "ParentUser", "TerminalSessionId",
    )
}  # fmt: skip
_PLACE = r'replace(TargetFilename, "[\\\\/][^\\\\/]*$", "")'
_ROLES = {
    "host": "coalesce(Computer, dvc, host)", "account": "User", "process": "coalesce(ProcessGuid, ProcessId)", "place": _PLACE
}  # fmt: skip
_LINUX = 'sourcetype="sysmon:linux"'


def _sysmon(event: int) -> Table:
    return Table(f'source="XmlWinEventLog:Microsoft-Windows-Sysmon/Operational" EventCode={event}', _SYSMON, _ROLES)


def _script(event: int, *fields: str) -> Table:
    source = f'source="XmlWinEventLog:Microsoft-Windows-PowerShell/Operational" EventCode={event}'
    return Table(source, {name: name for name in fields}, {"host": "Computer", "account": "coalesce(User, UserID)"})


_SHARE = Table(
    'source="XmlWinEventLog:Security" EventCode=5145',
    {"EventID": "EventCode", **{name: name for name in SHARE_FIELDS}},
    {"host": "Computer", "account": "SubjectUserName", "client": "IpAddress", "share": "ShareName"},
)
TABLES: Tables = {
    "windows/process_creation": _sysmon(1),
    "windows/file_event": _sysmon(11),
    "windows/file_delete": _sysmon(23),
    "windows/network_connection": _sysmon(3),
    "linux/process_creation": Table(f"{_LINUX} EventID=1", _SYSMON, _ROLES),
    "linux/file_event": Table(f"{_LINUX} EventID=11", _SYSMON, _ROLES),
    "windows/ps_script": _script(4104, "ScriptBlockText"),
    "windows/ps_module": _script(4103, "Payload", "ContextInfo"),
    "windows/ps_classic_script": Table(
        'source="XmlWinEventLog:Windows PowerShell" EventCode=800',
        {"Data": "coalesce(EventData_Xml, Data, _raw)"},
        {"host": "Computer", "account": "User"},
    ),
    "windows/share_write": _SHARE,
    "windows/security/5145": _SHARE,
}


def _text(text: str) -> str:
    """Give a string of `eval`: backslash and quote escaped; a backtick would start a macro, so it is written as a code."""
    inner = text.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\\\x60")
    return '"' + printable(inner) + '"'


def _matched(name: str, leaf: Pattern) -> str:
    return f'match(coalesce({name}, ""), {_text(leaf.flagged)})'


def _number(name: str, leaf: Number) -> str:
    return f"(isnotnull({name}) AND tonumber({name}){leaf.operator}{leaf.value:g})"


DIALECT = Dialect(
    text=lambda name, leaf: _matched(name, pattern_of(leaf)),
    pattern=_matched,
    exists=lambda name: f'(isnotnull({name}) AND {name}!="")',
    number=_number,
    network=lambda name, leaf: f'(isnotnull({name}) AND cidrmatch("{leaf.cidr}", {name}))',
    negated=lambda inner: f"NOT ({inner})",
    both=" AND ",
    either=" OR ",
    true="true()",
    false="false()",
)


def query(detection: Detection) -> Query:
    steps, notes = written_steps(detection, TABLES, DIALECT)
    match detection.kind:
        case "event":
            found = steps[0][0]
            text = f"index=* {found.table.source}\n| where {found.condition}"
            roles = [r for r in ("host", "account", "process", "place") if r in found.table.roles]
            text += "\n| eval " + ", ".join(f"sl_{r}={found.table.roles[r]}" for r in roles if _has(found, r))
            return Query(text, tuple(notes), {r: f"sl_{r}" for r in roles if _has(found, r)})
        case "burst":
            text = _burst(detection, steps[0])
        case "fan-in":
            text = _fan_in(detection, steps[0])
        case "ladder":
            text = _ladder(detection, steps)
        case "score":
            text = _score(detection, steps[0])
        case "seed" | "correlation":
            reason = f"a Sigma correlation of type {detection.correlation or detection.kind} has no template for Splunk"
            raise CannotError(reason)
    notes.append("time_window of streamstats needs events in order of time: the search sorts them without a limit")
    return Query(text, tuple(notes), {role: f"sl_{role}" for role in detection.group})


def _has(found: Found, role: str) -> bool:
    """Files stand only in events of files."""
    return role != "place" or "file" in found.part.logsource.category


def _role(found: Found, role: str) -> str:
    expression = found.table.roles.get(role) or found.table.fields.get(role)
    if expression is None:
        reason = f"no {role} in events of {found.part.logsource.category}"
        raise CannotError(reason)
    return f"lower({expression})"


def _by(detection: Detection) -> str:
    return " ".join(f"sl_{role}" for role in detection.group)


def _selected(
    detection: Detection, parts: Sequence[Found], values: dict[str, list[tuple[Found, str]]], of: str = ""
) -> str:
    """
    Give the events that hold for any part, with the group's values, in order of time.

    Rows of one source have different fields, so a role is taken where its source is; each of `values` becomes a field
    that is the text beside the first condition that holds, else null.
    """
    sources = list(dict.fromkeys(f.table.source for f in parts))
    lines = [f"index=* ({' OR '.join(f'({s})' for s in sources)})"]
    roles = (*detection.group, *([of] if of else []))
    for role in roles:
        expressions = list(dict.fromkeys(_role(f, role) for f in parts))
        lines.append(
            f"| eval sl_{role}=" + (f"coalesce({', '.join(expressions)})" if len(expressions) > 1 else expressions[0])
        )
    for name, cases in values.items():
        lines += [f"| eval {name}=case({','.join(f'{chr(10)}    {_of(f)}, {text}' for f, text in cases)})"]
    return "\n".join(lines)


def _of(found: Found) -> str:
    """Give the condition together with the number of the event it is about, because `case` sees all sources at once."""
    event = found.table.source.rpartition(" ")[2].partition("=")[2]
    linux = 'sourcetype="sysmon:linux"' if _LINUX in found.table.source else 'sourcetype!="sysmon:linux"'
    return f"coalesce(EventCode, EventID)={event} AND {linux} AND ({found.condition})"


_COMPARED = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<", "eq": "=", "neq": "!="}


def _burst(detection: Detection, parts: Sequence[Found]) -> str:
    by, compared = _by(detection), _COMPARED[detection.operator]
    return f"""{_selected(detection, parts, {"sl_hit": [(f, "1") for f in parts]})}
| where sl_hit=1
| sort 0 _time
| streamstats time_window={hours(detection.span)} count as events, min(_time) as sl_start by {by}
| where events{compared}{detection.least}
| stats max(events) as events, min(sl_start) as start_time, max(_time) as end_time by {by}
| convert ctime(start_time) ctime(end_time)"""


def _fan_in(detection: Detection, parts: Sequence[Found]) -> str:
    by, compared, of = _by(detection), _COMPARED[detection.operator], f"sl_{detection.of}"
    return f"""{_selected(detection, parts, {"sl_hit": [(f, "1") for f in parts]}, detection.of)}
| where sl_hit=1
| sort 0 _time
| streamstats time_window={hours(detection.span)} dc({of}) as distinct, min(_time) as sl_start by {by}
| where distinct{compared}{detection.least}
| stats max(distinct) as distinct, values({of}) as which, min(sl_start) as start_time, max(_time) as end_time by {by}
| convert ctime(start_time) ctime(end_time)"""


def _ladder(detection: Detection, steps: Sequence[Sequence[Found]]) -> str:
    """Carry, step by step, the latest start of a chain that has come this far: what findings/windows.py does."""
    by = _by(detection)
    hits = {f"sl_step{n}": [(f, "1") for f in parts] for n, parts in enumerate(steps)}
    lines = [_selected(detection, [f for parts in steps for f in parts], hits)]
    lines.append("| where " + " OR ".join(f"{name}=1" for name in hits))
    lines += ["| sort 0 _time", "| eval sl_start0=if(sl_step0=1, _time, null())"]
    for number in range(len(steps)):
        lines.append(f"| streamstats max(sl_start{number}) as sl_start{number} by {by}")
        if number + 1 < len(steps):
            lines.append(f"| eval sl_start{number + 1}=if(sl_step{number + 1}=1, sl_start{number}, null())")
    last = len(steps) - 1
    lines[-1] = f"| where sl_step{last}=1 AND _time-sl_start{last}<={detection.seconds}"
    lines.append(f"| stats min(sl_start{last}) as start_time, max(_time) as end_time by {by}")
    lines.append("| convert ctime(start_time) ctime(end_time)")
    return "\n".join(lines)


def _score(detection: Detection, parts: Sequence[Found]) -> str:
    by = _by(detection)
    weights = {f"sl_w{n:02}": [(f, str(f.part.weight))] for n, f in enumerate(parts)}
    names = {f"sl_w{n:02}": f.part.title for n, f in enumerate(parts)}
    shown = ", ".join(f"if({name}>0, {_text(title)}, null())" for name, title in names.items())
    return f"""{_selected(detection, parts, weights)}
| where coalesce({", ".join(weights)})>0
| sort 0 _time
| streamstats time_window={hours(detection.span)} max(sl_w*) as sl_w*, min(_time) as sl_start by {by}
| fillnull value=0 sl_w*
| eval score={"+".join(weights)}
| where score>={detection.least}
| eval rules=mvappend({shown})
| stats max(score) as score, values(rules) as rules, min(sl_start) as start_time, max(_time) as end_time by {by}
| convert ctime(start_time) ctime(end_time)"""


def write(detection: Detection, query: Query, form: str) -> Mapping[str, str]:
    match form:
        case "escu":
            return {".yml": as_yaml(_escu(detection, query))}
        case "conf":
            return {".conf": _conf(detection, query)}
        case "terraform":
            return {".tf.json": as_json(_terraform(detection, query))}
        case _:
            return {".spl": _commented(detection, query)}


def _commented(detection: Detection, query: Query) -> str:
    """Put the head into SPL's own comments, which are three backticks on either side."""
    from stashlight.exports.deployment import header

    lines = header(detection, query, "").replace("`", "'").splitlines()
    return "".join(f"``` {line.strip()} ```\n" for line in lines) + query.text + "\n"


def _escu(detection: Detection, query: Query) -> dict[str, object]:
    message = f"{detection.title} on $sl_host$"
    objects = [
        {"field": name, "type": kind, "score": risk(detection)}
        for role, kind in (("host", "system"), ("account", "user"))
        if (name := query.entities.get(role))
    ]
    return {
        "name": detection.title,
        "id": detection.id,
        "version": 1,
        "date": detection.date or "2026-11-23",
        "author": detection.author,
        "status": "experimental" if detection.status != "stable" else "production",
        "type": "TTP" if detection.level in ("high", "critical") else "Anomaly" if detection.span else "Hunting",
        "description": described(detection, query),
        "data_source": sorted({f"{p.logsource.product} {p.logsource.category}".strip() for p in detection.parts}),
        "search": query.text,
        "how_to_implement": "Sysmon, PowerShell and Security logs with the Splunk add-ons for Sysmon and for Windows.",
        "known_false_positives": "; ".join(detection.falsepositives),
        "references": list(detection.references),
        "rba": {"message": message, "risk_objects": objects, "threat_objects": []},
        "tags": {
            "analytic_story": ["Data Staged for Exfiltration"],
            "asset_type": "Endpoint",
            "confidence": confidence(detection)[1],
            "impact": severity(detection).impact,
            "mitre_attack_id": techniques(detection),
            "product": ["Splunk Enterprise", "Splunk Enterprise Security", "Splunk Cloud"],
            "security_domain": "endpoint",
        },
    }


def _conf(detection: Detection, query: Query) -> str:
    """Give a stanza of savedsearches.conf; a line that goes on ends with a backslash."""
    title = printable(detection.title).replace("[", "(").replace("]", ")")
    values = {
        "description": printable(described(detection, query), keep="\n").replace("\n", " "),
        "search": query.text.replace("\n", " \\\n"),
        "disabled": "1",
        "cron_schedule": "*/15 * * * *",
        "enableSched": "1",
        "dispatch.earliest_time": f"-{hours(detection.span + _EVERY)}",
        "dispatch.latest_time": "now",
        "counttype": "number of events",
        "relation": "greater than",
        "quantity": "0",
        "alert.severity": str(
            {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}.get(detection.level, 1)
        ),
        "action.correlationsearch.enabled": "1",
        "action.correlationsearch.annotations": json.dumps({"mitre_attack": techniques(detection)}),
        "action.risk": "1",
        "action.risk.param._risk_score": str(risk(detection)),
    }
    return f"[Stashlight - {title}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())


def _terraform(detection: Detection, query: Query) -> dict[str, object]:
    name = "stashlight_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in detection.id)
    search = query.text.replace("${", "$${").replace("%{", "%%{")
    saved = {
        "name": f"Stashlight - {printable(detection.title)}".replace("${", "$${").replace("%{", "%%{"),
        "search": search,
        "is_scheduled": True,
        "disabled": True,
        "cron_schedule": "*/15 * * * *",
        "dispatch_earliest_time": f"-{hours(detection.span + _EVERY)}",
        "dispatch_latest_time": "now",
        "alert_severity": {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}.get(detection.level, 1),
    }
    return {"resource": {"splunk_saved_searches": {name: saved}}}
