"""
Sumo Logic log search: queries over Windows and Sysmon events in JSON, and saved searches.

https://help.sumologic.com/docs/search/search-query-language/. Sumo has no `eval`; conditionals are `if(…) as name`,
`matches` is infix with a `/regular expression/` (Java's). A missing field is null and makes a comparison null, so every
field is given "" first. Sliding windows: `backshift` looks N-1 events back in the same group and compares the times.
Where a window must be the time range of the search itself, a note says so.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from stashlight.exports.condition import Number, Pattern, fields_of, pattern_of
from stashlight.exports.deployment import as_json, described
from stashlight.exports.detection import Detection, hours
from stashlight.exports.reading import CannotError
from stashlight.exports.target import Query
from stashlight.exports.writing import SHARE_FIELDS, Dialect, Found, Table, Tables, written_steps
from stashlight.findings.tables import SUMO_COLUMNS

__all__ = ["COMMENT", "FORMS", "TABLES", "query", "whole_value", "write"]

FORMS: Mapping[str, str] = {"sumo": ".sumo", "json": ".json"}
COMMENT: str = "//"

_MOST_BACK = 1000  # the longest shift of backshift
_SCOPE = "(_sourceCategory=*windows* or _sourceCategory=*sysmon*)"
_LINUX_SCOPE = "_sourceCategory=*linux*"
_NAMES = (
    "Image", "CommandLine", "OriginalFileName", "Description", "Company", "Product", "FileVersion", "ParentImage",
    "ParentCommandLine", "User", "ProcessId", "ParentProcessId", "ProcessGuid", "IntegrityLevel", "Hashes", "TargetFilename",
    "DestinationIp", "DestinationPort", "DestinationHostname", "SourceIp", "SourcePort", "Protocol", "CurrentDirectory",
    "LogonId", "ParentUser", "TerminalSessionId",
)  # fmt: skip
_FLAT = "fields are named as flat JSON has them: rename them if yours stand below EventData"
_EVENT = {name: name for name in _NAMES}
_ROLES = {"host": "Computer", "account": "User", "process": "ProcessGuid", "place": "place"}


def _table(
    event: int, names: Mapping[str, str], roles: Mapping[str, str], scope: str = _SCOPE, note: str = ""
) -> Table:
    return Table(f"{scope} {event}", names, roles, note=note)


_SCRIPT = {"host": "Computer", "account": "UserID"}
_SHARE = _table(
    5145,
    {name: name for name in ("EventID", *SHARE_FIELDS)},
    {"host": "Computer", "account": "SubjectUserName", "client": "IpAddress", "share": "ShareName"},
)
TABLES: Tables = {
    "windows/process_creation": _table(1, _EVENT, _ROLES),
    "windows/file_event": _table(11, _EVENT, _ROLES),
    "windows/file_delete": _table(23, _EVENT, _ROLES),
    "windows/network_connection": _table(3, _EVENT, _ROLES),
    "linux/process_creation": _table(1, _EVENT, _ROLES, _LINUX_SCOPE),
    "linux/file_event": _table(11, _EVENT, _ROLES, _LINUX_SCOPE),
    "windows/ps_script": _table(4104, {"ScriptBlockText": "ScriptBlockText", "Path": "Path"}, _SCRIPT),
    "windows/ps_module": _table(4103, {"Payload": "Payload", "ContextInfo": "ContextInfo"}, _SCRIPT),
    "windows/ps_classic_script": _table(
        800, {"Data": "_raw"}, _SCRIPT, note="the data of event 800 are searched in the whole message"
    ),
    "windows/share_write": _SHARE,
    "windows/security/5145": _SHARE,
}


def _regex(text: str) -> str:
    """Give an expression between slashes: a slash inside is escaped, whether or not it was."""
    return re.sub(r"\\.|/", lambda m: m[0] if m[0] != "/" else "\\/", text, flags=re.DOTALL)


def whole_value(pattern: Pattern) -> str:
    """`matches` wants the whole value, so what was searched for stands between any text; `.` takes line ends there."""
    flags = "s" + ("" if pattern.cased else "i") + ("m" if pattern.multiline else "")
    text = pattern.text if pattern.dotall else _plain_dots(pattern.text)
    return f"/(?{flags}).*(?:{_regex(text)}).*/"


def _plain_dots(text: str) -> str:
    r"""Keep a dot from taking a line end where the pattern did not ask for it: outside classes `.` becomes `[^\n]`."""
    written, inside = "", False
    for piece in re.findall(r"\\.|.", text, flags=re.DOTALL):
        inside = (inside or piece == "[") and not (inside and piece == "]")
        written += "[^\\n]" if piece == "." and not inside else piece
    return written


def _number(name: str, leaf: Number) -> str:
    if leaf.operator == "=":
        return f'{name} = "{leaf.value:g}"'
    return f"num({name}) {leaf.operator} {leaf.value:g}"


DIALECT = Dialect(
    text=lambda name, leaf: f"{name} matches {whole_value(pattern_of(leaf))}",
    pattern=lambda name, leaf: f"{name} matches {whole_value(leaf)}",
    exists=lambda name: f'{name} != ""',
    number=_number,
    negated=lambda inner: f"!({inner})",
    both=" and ",
    either=" or ",
)


def query(detection: Detection) -> Query:
    steps, notes = written_steps(detection, TABLES, DIALECT)
    notes.append(_FLAT)
    match detection.kind:
        case "event":
            found = steps[0][0]
            lines = [*_read(detection, [found]), f"| where {found.condition}"]
            roles = [r for r in ("host", "account", "process") if r in found.table.roles]
            fields = dict.fromkeys([*(found.table.roles[r] for r in roles), *_used(found)])
            lines.append(f"| fields _messageTime, {', '.join(fields)}")
            return Query("\n".join(lines), tuple(notes), {r: found.table.roles[r] for r in roles})
        case "burst":
            text = _burst(detection, steps[0])
        case "fan-in":
            text = _fan_in(detection, steps[0])
        case "ladder":
            text = _ladder(detection, steps)
        case "score":
            text = _score(detection, steps[0])
        case "seed":
            return Query(_seed(detection, steps), tuple(notes), {"host": "Computer", "account": "User"})
        case "correlation":
            reason = f"a Sigma correlation of type {detection.correlation} has no template for Sumo Logic"
            raise CannotError(reason)
    if detection.kind != "burst":
        notes.append(f"the window is the time range of the search: set it to {hours(detection.span)} and run it often")
    return Query(text, tuple(notes), {r: r for r in detection.group})


def _used(found: Found) -> list[str]:
    return [found.table.fields[name] for name in fields_of(found.part.condition)]


def _read(detection: Detection, parts: Sequence[Found]) -> list[str]:
    """Give the lines that select events and name their fields, none of them null afterwards."""
    scopes = list(dict.fromkeys(f.table.source.rpartition(" ")[0] for f in parts))
    events = sorted({int(f.table.source.rpartition(" ")[2]) for f in parts})
    roles = dict.fromkeys(f.table.roles[r] for f in parts for r in f.table.roles)
    shown = {"ParentImage"} if detection.kind == "seed" else set[str]()
    names = sorted({*(n for f in parts for n in _used(f)), *roles, *shown} - {"_raw", "place"})
    if any("place" in f.table.roles for f in parts) and "place" in detection.group:
        names = sorted({*names, "TargetFilename"})
    lines = [scopes[0] if len(scopes) == 1 else "(" + " or ".join(scopes) + ")"]
    lines.append("| json auto maxdepth 6 nodrop")
    lines += [
        f'| if(isNull({n}), "", toString({n})) as {n}' for n in ("EventID", *(n for n in names if n != "EventID"))
    ]
    lines.append(f"| where EventID in ({', '.join(f'{chr(34)}{e}{chr(34)}' for e in events)})")
    if "place" in detection.group:
        lines.append(r'| replace(toLowerCase(TargetFilename), /[\\\/][^\\\/]*$/, "") as place')
    return lines


def _grouped(detection: Detection, parts: Sequence[Found]) -> list[str]:
    """Name the group's values; events of several kinds have them under several names."""
    lines: list[str] = []
    for role in (*detection.group, *([detection.of] if detection.of else [])):
        names = list(dict.fromkeys(f.table.roles.get(role) or f.table.fields.get(role) or "" for f in parts))
        if "" in names:
            reason = f"no {role} in these events"
            raise CannotError(reason)
        value = names[-1]
        for name in reversed(names[:-1]):
            value = f'if({name} != "", {name}, {value})'
        if role != "place":
            lines.append(f"| toLowerCase({value}) as {role}")
    known = " and ".join(f'{role} != ""' for role in detection.group)
    return [*lines, f"| where {known}"]


def _of(found: Found) -> str:
    scope, _, event = found.table.source.rpartition(" ")
    where = "" if scope == _SCOPE else "_sourceCategory matches /(?i).*linux.*/ and "
    return f'({where}EventID = "{event}" and ({found.condition}))'


def _any(parts: Sequence[Found]) -> str:
    return "\n    or ".join(_of(f) for f in parts)


_TIMES = "min(_messageTime) as start_time, max(_messageTime) as end_time"


def _burst(detection: Detection, parts: Sequence[Found]) -> str:
    if detection.operator not in ("gte", "gt") or not 1 < detection.least <= _MOST_BACK:
        reason = f"backshift looks at most {_MOST_BACK} events back"
        raise CannotError(reason)
    by = ", ".join(detection.group)
    back = detection.least - 1 if detection.operator == "gte" else detection.least
    lines = [*_read(detection, parts), f"| where {_any(parts)}", *_grouped(detection, parts)]
    lines += [
        "| _messageTime as event_time",
        "| sort by event_time asc",
        f"| backshift event_time, {back} as earlier by {by}",
        f"| where !isNull(earlier) and event_time - earlier <= {detection.seconds * 1000}",
        f"| count as moments, min(earlier) as start_time, max(event_time) as end_time by {by}",
        "| sort by end_time desc",
    ]
    return "\n".join(lines)


def _fan_in(detection: Detection, parts: Sequence[Found]) -> str:
    by = ", ".join(detection.group)
    compared = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<", "eq": "=", "neq": "!="}[detection.operator]
    lines = [*_read(detection, parts), f"| where {_any(parts)}", *_grouped(detection, parts)]
    lines += [
        f"| count_distinct({detection.of}) as values_seen, values({detection.of}) as which, {_TIMES} by {by}",
        f"| where values_seen {compared} {detection.least}",
    ]
    return "\n".join(lines)


def _ladder(detection: Detection, steps: Sequence[Sequence[Found]]) -> str:
    """Go through the events in order; a step counts once the one before it has been reached."""
    parts = [f for each in steps for f in each]
    by = ", ".join(detection.group)
    lines = _read(detection, parts)
    lines += [f"| if({_any(each)}, 1, 0) as step_{n}" for n, each in enumerate(steps)]
    lines.append("| where " + " + ".join(f"step_{n}" for n in range(len(steps))) + " > 0")
    lines += [*_grouped(detection, parts), "| _messageTime as event_time", "| sort by event_time asc"]
    lines.append("| step_0 as reached_0")
    for n in range(1, len(steps)):
        lines.append(f"| accum reached_{n - 1} as seen_{n - 1} by {by}")
        lines.append(f"| if(step_{n} = 1 and seen_{n - 1} > 0, 1, 0) as reached_{n}")
    last = len(steps) - 1
    lines += [
        f"| sum(reached_{last}) as times, min(event_time) as start_time, max(event_time) as end_time by {by}",
        "| where times > 0",
    ]
    return "\n".join(lines)


def _score(detection: Detection, parts: Sequence[Found]) -> str:
    by = ", ".join(detection.group)
    lines = _read(detection, parts)
    lines += [f"| if({_of(f)}, {f.part.weight}, 0) as w{n}" for n, f in enumerate(parts)]
    lines.append("| where " + " + ".join(f"w{n}" for n in range(len(parts))) + " > 0")
    lines += _grouped(detection, parts)
    most = ", ".join(f"max(w{n}) as w{n}" for n in range(len(parts)))
    lines += [f"| {most}, {_TIMES} by {by}", "| " + " + ".join(f"w{n}" for n in range(len(parts))) + " as score"]
    lines += [
        f"| where score >= {detection.least}",
        f"| fields {by}, score, start_time, end_time",
        "| sort by score desc",
    ]
    return "\n".join(lines)


def _seed(detection: Detection, steps: Sequence[Sequence[Found]]) -> str:
    """Give the document's table: a point for each indicator, a UNC path once, its order of precedence of types."""
    names = [step.name for step in detection.steps]
    lines = _read(detection, [f for each in steps for f in each])
    lines += [f"| if({_any(each)}, 1, 0) as {name}" for name, each in zip(names, steps, strict=True)]
    lines += [
        "| if(is_remote_copy_tool + is_ps_copy = 0, is_unc_target, 0) as unc_point",
        "| is_staging_path + is_archive_file + is_remote_copy_tool + unc_point + is_ps_copy as staging_score",
        "| where staging_score >= 1",
        '| if(is_archive_file = 1 and is_staging_path = 1, "ArchiveInStagingDir",',
        '    if(is_remote_copy_tool = 1 and is_unc_target = 1, "RemoteCopyToolToUNC",',
        '    if(is_ps_copy = 1, "PSCmdRemoteCopy",',
        '    if(is_archive_file = 1, "ArchiveFileCreated",',
        '    if(is_staging_path = 1, "FileInStagingDir", "OtherStagingIndicator"))))) as detection_type',
        "| Image as process_image",
        "| CommandLine as command_line",
        "| TargetFilename as target_filename",
        "| ParentImage as parent_image",
        f"| fields {', '.join(SUMO_COLUMNS)}",
        "| sort by staging_score desc, _messageTime desc",
    ]
    return "\n".join(lines)


def write(detection: Detection, query: Query, form: str) -> Mapping[str, str]:
    if form == "sumo":
        return {".sumo": query.text + "\n"}
    return {".json": as_json(_saved(detection, query))}


def _saved(detection: Detection, query: Query) -> dict[str, object]:
    """Give a saved search as the content API imports it, on a schedule, not yet enabled to notify anybody."""
    span = detection.span or timedelta(minutes=15)
    return {
        "type": "SavedSearchWithScheduleSyncDefinition",
        "name": detection.title,
        "description": described(detection, query)[:4096],
        "search": {
            "queryText": query.text,
            "defaultTimeRange": f"-{hours(span)}",
            "byReceiptTime": False,
            "viewName": "",
            "viewStartTime": "1970-01-01T00:00:00Z",
            "queryParameters": [],
            "parsingMode": "Manual",
        },
        "searchSchedule": None,
    }
