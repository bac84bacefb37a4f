"""
Kusto: one comparison, and the patterns over many events.

https://learn.microsoft.com/kusto/query/. Strings are never null there, so a missing field is the empty string and
`not` of a comparison is true. Windows slide: every moment at which something happened ends one, and a join brings what
lies inside. Moments are seconds for a burst and minutes otherwise, so that a join stays small in a flood.
"""

from collections.abc import Sequence
from datetime import timedelta

from stashlight.exports.condition import Text
from stashlight.exports.detection import Detection, hours
from stashlight.exports.reading import CannotError
from stashlight.exports.target import Query
from stashlight.exports.writing import Dialect, Found, Tables, written_steps
from stashlight.reports.quoting import kql as literal

__all__ = ["DIALECT", "query"]

_SHAPES = {"is": ("=~", "=="), "contains": ("contains", "contains_cs"), "begins": ("startswith", "startswith_cs"),
           "ends": ("endswith", "endswith_cs")}  # fmt: skip


def _text(name: str, leaf: Text) -> str:
    if leaf.shape == "is" and len(leaf.values) > 1:
        return f"{name} {'in' if leaf.cased else 'in~'} ({', '.join(map(literal, leaf.values))})"
    operator = _SHAPES[leaf.shape][leaf.cased]
    each = [f"{name} {operator} {literal(value)}" for value in leaf.values]
    return each[0] if len(each) == 1 else f"({' or '.join(each)})"


def _verbatim(text: str) -> str:
    return '@"' + text.replace('"', '""') + '"'


DIALECT = Dialect(
    text=_text,
    pattern=lambda name, leaf: f"{name} matches regex {_verbatim(leaf.flagged)}",
    exists=lambda name: f"isnotempty({name})",
    number=lambda name, leaf: f"tolong({name}) {'==' if leaf.operator == '=' else leaf.operator} {leaf.value:g}",
    network=lambda name, leaf: f"ipv4_is_in_range({name}, {literal(leaf.cidr)})",
    negated=lambda inner: f"not({inner})",
)
# The column of the time, and the condition that an event is not too old.
_Since = tuple[str, str]
_ROLES = ("host", "account", "process", "place", "client", "share")


def query(detection: Detection, tables: Tables, time: str, every: timedelta) -> Query:
    """Give the query; `time` is the column of the event's time, `every` how often it is meant to run."""
    steps, notes = written_steps(detection, tables, DIALECT)
    since = (time, f"{time} > ago({hours(every + detection.span)})")
    match detection.kind:
        case "event":
            return _event(steps[0][0], notes, time, every)
        case "burst":
            text = _burst(detection, steps[0], since)
        case "fan-in":
            text = _fan_in(detection, steps[0], since)
        case "ladder":
            text = _ladder(detection, steps, since)
        case "score":
            text = _score(detection, steps[0], since)
        case "seed":
            return Query(_seed(detection, steps, since), tuple(notes), {"host": "DeviceName", "account": "AccountName"})
        case "correlation":
            reason = f"a Sigma correlation of type {detection.correlation} has no template for Kusto"
            raise CannotError(reason)
    columns = {role: _column(role) for role in detection.group}
    return Query(text, tuple(notes), {role: name for role, name in columns.items() if role in _ROLES})


def _event(found: Found, notes: list[str], time: str, every: timedelta) -> Query:
    lines = [found.table.source, f"| where {time} > ago({hours(every)})", f"| where {found.condition}"]
    entities = {role: _column(role) for role in _ROLES if role in found.table.roles}
    lines.append("| extend " + ", ".join(f"{_column(r)} = {found.table.roles[r]}" for r in entities))
    return Query("\n".join(lines), tuple(notes), entities)


def _column(role: str) -> str:
    return role.capitalize() if role in _ROLES else role


def _role(found: Found, role: str) -> str:
    expression = found.table.roles.get(role) or found.table.fields.get(role)
    if expression is None:
        reason = f"no {role} in {found.table.source.split()[0]}"
        raise CannotError(reason)
    return expression


def _hits(detection: Detection, parts: Sequence[Found], since: _Since, more: dict[str, str]) -> str:
    """Give every event of every part as one table: Time, the group, and `more` (`{}` stands for the part's number)."""
    time, ago = since
    selected: list[str] = []
    for found in parts:
        columns = {"Time": time, **{_column(r): f"tolower(tostring({_role(found, r)}))" for r in detection.group}}
        columns |= {name: _filled(text, found) for name, text in more.items()}
        shown = ", ".join(f"{name} = {text}" for name, text in columns.items())
        lines = (*found.table.source.split(" | "), f"where {ago}", f"where {found.condition}", f"project {shown}")
        selected.append("\n    | ".join(lines))
    return selected[0] if len(selected) == 1 else "union\n    (" + "),\n    (".join(selected) + ")"


def _filled(text: str, found: Found) -> str:
    if text.startswith("role:"):
        return f"tolower(tostring({_role(found, text[5:])}))"
    if text == "weight":
        return found.table.roles.get("weight", "1")
    return literal(found.part.title) if text == "rule" else str(found.part.weight)


def _known(group: tuple[str, ...]) -> str:
    return " and ".join(f"isnotempty({_column(role)})" for role in group)


def _by(detection: Detection) -> str:
    return ", ".join(_column(role) for role in detection.group)


_COMPARED = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<", "eq": "==", "neq": "!="}


# Columns of the document; the account of a file event is that of the process, which has no AccountName there.
_SEED_COLUMNS = {
    "DeviceFileEvents": (
        "DeviceName", "AccountName = InitiatingProcessAccountName", "FolderPath", "FileName", "FileSize",
        "InitiatingProcessFileName", "InitiatingProcessCommandLine", "InitiatingProcessAccountName",
    ),
    "DeviceProcessEvents": (
        "DeviceName", "AccountName", "FileName", "ProcessCommandLine", "InitiatingProcessFileName",
        "InitiatingProcessCommandLine",
    ),
}  # fmt: skip


def _seed(detection: Detection, steps: Sequence[Sequence[Found]], since: _Since) -> str:
    """Give the union of the document's three detections, newest first."""
    time, _ = since
    lines: list[str] = []
    for step, parts in zip(detection.steps, steps, strict=True):
        table = parts[0].table.source.split()[0]
        columns = ", ".join((time, *_SEED_COLUMNS[table], f"DetectionType = {literal(step.name)}"))
        source = "\n| ".join(parts[0].table.source.split(" | "))
        lines.append(
            f"let {step.name} = {source}\n| where {time} > ago(24h)\n| where {parts[0].condition}\n| project {columns};"
        )
    names = [step.name for step in detection.steps]
    return "\n".join(lines) + f"\nunion {', '.join(names)}\n| sort by {time} desc"


def _burst(detection: Detection, parts: Sequence[Found], since: _Since) -> str:
    by, compared = _by(detection), _COMPARED[detection.operator]
    return f"""let hits = {_hits(detection, parts, since, {"Weight": "weight"})};
let seconds = hits
| where {_known(detection.group)}
| summarize Events = sum(Weight) by {by}, Time = bin(Time, 1s);
seconds
| join kind=inner (seconds | project {by}, EndTime = Time) on {by}
| where Time <= EndTime and EndTime - Time <= {hours(detection.span)}
| summarize Events = sum(Events), StartTime = min(Time) by {by}, EndTime
| where Events {compared} {detection.least}
| summarize Events = max(Events), StartTime = min(StartTime), EndTime = max(EndTime) by {by}"""


def _fan_in(detection: Detection, parts: Sequence[Found], since: _Since) -> str:
    by, compared = _by(detection), _COMPARED[detection.operator]
    return f"""let hits = {_hits(detection, parts, since, {"Value": f"role:{detection.of}"})};
let minutes = hits
| where {_known(detection.group)} and isnotempty(Value)
| summarize Events = count() by {by}, Value, Time = bin(Time, 1m);
minutes
| join kind=inner (minutes | distinct {by}, Time | project {by}, EndTime = Time) on {by}
| where Time <= EndTime and EndTime - Time <= {hours(detection.span)}
| summarize Events = sum(Events), StartTime = min(Time) by {by}, EndTime, Value
| summarize Values = count(), Events = sum(Events), StartTime = min(StartTime), Which = make_set(Value) by {by}, EndTime
| where Values {compared} {detection.least}
| summarize arg_max(Values, Which, Events), StartTime = min(StartTime), EndTime = max(EndTime) by {by}"""


def _ladder(detection: Detection, steps: Sequence[Sequence[Found]], since: _Since) -> str:
    """Carry, step by step, the latest start of a chain that has come this far: what findings/windows.py does."""
    by, span, known = _by(detection), hours(detection.span), _known(detection.group)
    names = [step.name for step in detection.steps]
    lines = [
        f"let {name}_hits = {_hits(detection, parts, since, {'Rule': 'rule'})};"
        for name, parts in zip(names, steps, strict=True)
    ]
    lines.append(f"let reached_1 = {names[0]}_hits | where {known} | distinct {by}, Time | extend StartTime = Time;")
    for number, name in enumerate(names[1:], 2):
        last = number == len(names)
        head = "" if last else f"let reached_{number} = "
        kept = "Rules = make_set(Rule), StartTime" if last else "StartTime"
        lines += [
            f"{head}{name}_hits",
            f"| where {known}",
            f"| join kind=inner (reached_{number - 1} | project {by}, Before = Time, StartTime) on {by}",
            f"| where Time >= Before and Time - StartTime <= {span}",
            f"| summarize {kept} = max(StartTime) by {by}, Time" + ("" if last else ";"),
        ]
    lines.append(f"| summarize StartTime = min(StartTime), EndTime = max(Time) by {by}")
    return "\n".join(lines)


def _score(detection: Detection, parts: Sequence[Found], since: _Since) -> str:
    by = _by(detection)
    return f"""let hits = {_hits(detection, parts, since, {"Rule": "rule", "Weight": "points"})};
let minutes = hits
| where {_known(detection.group)}
| summarize Weight = max(Weight) by {by}, Rule, Time = bin(Time, 1m);
minutes
| join kind=inner (minutes | distinct {by}, Time | project {by}, EndTime = Time) on {by}
| where Time <= EndTime and EndTime - Time <= {hours(detection.span)}
| summarize Weight = max(Weight), StartTime = min(Time) by {by}, EndTime, Rule
| summarize Score = sum(Weight), StartTime = min(StartTime), Rules = make_set(Rule) by {by}, EndTime
| where Score >= {detection.least}
| summarize arg_max(Score, Rules), StartTime = min(StartTime), EndTime = max(EndTime) by {by}"""
