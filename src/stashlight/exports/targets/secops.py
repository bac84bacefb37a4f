"""
Google SecOps (Chronicle): YARA-L 2.0 rules over UDM events.

https://cloud.google.com/chronicle/docs/detection/yara-l-2-0-syntax, https://cloud.google.com/chronicle/docs/reference/udm-field-list.
Every comparison is `re.regex`, which takes RE2 and searches anywhere. `over` gives windows that overlap, whose start the
product chooses.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from stashlight.exports.attack import tactic_ids, techniques
from stashlight.exports.condition import Number, Pattern, pattern_of
from stashlight.exports.deployment import described
from stashlight.exports.detection import Detection, hours
from stashlight.exports.reading import CannotError
from stashlight.exports.severities import confidence, risk, severity
from stashlight.exports.target import Query
from stashlight.exports.writing import Dialect, Found, Table, Tables, written_steps
from stashlight.terminal import printable

__all__ = ["COMMENT", "FORMS", "query", "write"]

FORMS: Mapping[str, str] = {"yaral": ".yaral"}
COMMENT: str = "//"

_EVENT = "\0"  # stands for the event variable until it is known
_EXIF = "target.process.file.exif_info."
_PROCESS = {
    "Image": "target.process.file.full_path", "CommandLine": "target.process.command_line",
    "OriginalFileName": _EXIF + "original_file", "Description": _EXIF + "file_description", "Company": _EXIF + "company",
    "Product": _EXIF + "product", "ParentImage": "principal.process.file.full_path",
    "ParentCommandLine": "principal.process.command_line",
    "ProcessId": "target.process.pid", "ParentProcessId": "principal.process.pid",
}  # fmt: skip
_FILE = {
    "TargetFilename": "target.file.full_path", "Image": "principal.process.file.full_path",
    "CommandLine": "principal.process.command_line",
}  # fmt: skip
_ROLES = {
    "host": "principal.hostname", "account": "principal.user.userid", "process": "principal.process.product_specific_process_id",
    "place": f're.replace({_EVENT}.target.file.full_path, `[\\\\/][^\\\\/]*$`, "")',
}  # fmt: skip


def _os(product: str) -> str:
    return f'{_EVENT}.principal.platform = "{product.upper()}"'


TABLES: Tables = {
    **{
        f"{product}/{category}": Table(f'{_EVENT}.metadata.event_type = "{kind}" and {_os(product)}', fields, _ROLES)
        for product in ("windows", "linux")
        for category, kind, fields in (
            ("process_creation", "PROCESS_LAUNCH", _PROCESS),
            ("file_event", "FILE_CREATION", _FILE),
            ("file_delete", "FILE_DELETION", _FILE),
        )
    },
    "windows/share_write": Table(
        f'{_EVENT}.metadata.product_event_type = "5145"',
        {
            "EventID": "metadata.product_event_type",
            "AccessMask": 'additional.fields["AccessMask"]',
            "SubjectUserName": "principal.user.userid",
        },
        {
            "host": "target.hostname",
            "account": "principal.user.userid",
            "client": "principal.ip",
            "share": "target.resource.name",
        },
        note="parsers of 5145 differ in where they put mask and share: compare with one event of yours",
    ),
}


def _pattern(name: str, leaf: Pattern) -> str:
    # A raw string ends at a backtick, which is written as its code.
    return f"re.regex({_EVENT}.{name}, `{leaf.flagged.replace('`', chr(92) + 'x60')}`)"


def _number(name: str, leaf: Number) -> str:
    value = f'"{leaf.value:g}"' if name.endswith("product_event_type") else f"{leaf.value:g}"
    return f"{_EVENT}.{name} {leaf.operator} {value}"


DIALECT = Dialect(
    text=lambda name, leaf: _pattern(name, pattern_of(leaf)),
    pattern=_pattern,
    exists=lambda name: f'{_EVENT}.{name} != ""',
    number=_number,
    network=lambda name, leaf: f'net.ip_in_range_cidr({_EVENT}.{name}, "{leaf.cidr}")',
    negated=lambda inner: f"not ({inner})",
)


def _about(text: str, event: str) -> str:
    """Say of which event a condition speaks."""
    return text.replace(_EVENT, event)


def query(detection: Detection) -> Query:
    if detection.kind in ("seed", "correlation"):
        reason = f"a Sigma correlation of type {detection.correlation} has no template for YARA-L"
        raise CannotError(reason)
    if detection.kind in ("burst", "fan-in") and detection.operator not in ("gte", "gt"):
        reason = "the template holds from a number upwards only"
        raise CannotError(reason)
    steps, notes = written_steps(detection, TABLES, DIALECT)
    if detection.span:
        notes.append("windows overlap, but the product chooses where they start")
    names = [f"${step.name}" for step in detection.steps] if detection.kind == "ladder" else ["$e"]
    events = [_alternatives(parts, name) for name, parts in zip(names, steps, strict=True)]
    if detection.kind == "score":
        notes.append("rules of the same time and weight count once each, as everywhere")
    events += [_joined(name, parts, role) for name, parts in zip(names, steps, strict=True) for role in detection.group]
    events += [
        f"{a}.metadata.event_timestamp.seconds <= {b}.metadata.event_timestamp.seconds" for a, b in pairwise(names)
    ]
    more = ""
    if detection.kind == "fan-in":
        events.append(_joined("$e", steps[0], detection.of))
    if detection.span:
        more = f"\n  match:\n    {', '.join(f'${role}' for role in detection.group)} over {hours(detection.span)}\n"
    outcome, condition = _condition(detection, names, steps)
    body = "\n    ".join(events)
    text = f"""  events:
    {body}
{more}
  outcome:
    $risk_score = {risk(detection) if detection.kind == "event" else f"max({risk(detection)})"}{outcome}

  condition:
    {condition}"""
    return Query(text, tuple(notes))


def _alternatives(parts: Sequence[Found], event: str) -> str:
    each = [_about(f"{f.table.source} and ({f.condition})", event) for f in parts]
    return each[0] if len(each) == 1 else "(\n      (" + ")\n      or (".join(each) + ")\n    )"


def _joined(event: str, parts: Sequence[Found], role: str) -> str:
    expressions = {f.table.roles.get(role) or f.table.fields.get(role) for f in parts}
    if len(expressions) != 1 or None in expressions:
        reason = f"no single UDM field for {role}"
        raise CannotError(reason)
    found = str(expressions.pop())
    return f"{_about(found, event)} = ${role}" if "(" in found else f"{event}.{found} = ${role}"


def _condition(detection: Detection, names: Sequence[str], steps: Sequence[Sequence[Found]]) -> tuple[str, str]:
    sign = ">=" if detection.operator == "gte" else ">"
    match detection.kind:
        case "burst":
            return "\n    $events = count($e.metadata.id)", f"$e and $events {sign} {detection.least}"
        case "fan-in":
            return f"\n    $values = count_distinct(${detection.of})", f"$e and $values {sign} {detection.least}"
        case "score":
            weights = [
                f"max(if({_about(f'{f.table.source} and ({f.condition})', '$e')}, {f.part.weight}, 0))"
                for f in steps[0]
            ]
            return "\n    $score =\n      " + " +\n      ".join(weights), f"$e and $score >= {detection.least}"
        case _:
            return "", " and ".join(names)


def _name(detection: Detection) -> str:
    return "stashlight_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in detection.name.lower())


def _string(text: str) -> str:
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def write(detection: Detection, query: Query, _form: str) -> Mapping[str, str]:
    meta = {
        "rule_name": detection.title,
        "author": detection.author,
        "id": detection.id,
        "description": described(detection, query).replace("\n", " "),
        "severity": severity(detection).sentinel,
        "priority": severity(detection).sentinel,
        "confidence": confidence(detection)[0],
        "tactic": ", ".join(tactic_ids(detection)),
        "technique": ", ".join(techniques(detection)),
        "reference": ", ".join(detection.references),
    }
    lines = "\n".join(f"    {key} = {_string(value)}" for key, value in meta.items())
    return {".yaral": f"rule {_name(detection)} {{\n  meta:\n{lines}\n\n{query.text}\n}}\n"}
