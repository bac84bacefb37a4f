"""
Wazuh: rules as XML for `local_rules.xml`, on Windows events of its agents.

https://documentation.wazuh.com/current/user-manual/ruleset/ruleset-xml-syntax/rules.html. Fields of one rule must all
hold, so a condition becomes one rule for each of its alternatives. Frequency rules slide over `timeframe`.
"""

from collections.abc import Mapping
from hashlib import blake2b
from xml.sax.saxutils import escape

from stashlight.exports.attack import techniques
from stashlight.exports.condition import (
    All,
    Any,
    Condition,
    Exists,
    Like,
    Network,
    Not,
    Number,
    Pattern,
    Text,
    escaped,
    pattern_of,
)
from stashlight.exports.deployment import described
from stashlight.exports.detection import Detection, Part
from stashlight.exports.reading import CannotError
from stashlight.exports.severities import severity
from stashlight.exports.target import Query
from stashlight.exports.writing import SHARE_FIELDS, Table, Tables, role_of, table_of
from stashlight.terminal import printable

__all__ = ["COMMENT", "FORMS", "query", "write"]

FORMS: Mapping[str, str] = {"xml": ".xml"}
COMMENT: str = ""

_MOST_RULES = 64  # alternatives that one condition may become
_MOST_FREQUENCY, _LONGEST_FRAME = 9999, 99_999  # limits of `frequency` and `timeframe`
_DATA = "win.eventdata."
_FIELDS = {
    name: _DATA + name[0].lower() + name[1:]
    for name in (
        "Image", "CommandLine", "OriginalFileName", "Description", "Company", "Product", "ParentImage", "ParentCommandLine",
        "User", "TargetFilename", "ProcessId", "ProcessGuid", "IntegrityLevel", "DestinationIp", "DestinationPort",
        "DestinationHostname", "Hashes", "CurrentDirectory", "LogonId", "FileVersion",
    )
}  # fmt: skip
_ROLES = {
    "host": "win.system.computer", "account": _DATA + "user", "process": _DATA + "processGuid",
    "client": _DATA + "ipAddress", "share": _DATA + "shareName",
}  # fmt: skip


def _table(provider: str, event: int, fields: Mapping[str, str], roles: Mapping[str, str] = _ROLES) -> Table:
    return Table(f"{provider} {event}", fields, roles)


_SYSMON, _POWERSHELL = "Microsoft-Windows-Sysmon", "Microsoft-Windows-PowerShell"
_SHARE = _table(
    "Microsoft-Windows-Security-Auditing",
    5145,
    {"EventID": "win.system.eventID", **{name: _DATA + name[0].lower() + name[1:] for name in SHARE_FIELDS}},
    _ROLES | {"account": _DATA + "subjectUserName"},
)
TABLES: Tables = {
    "windows/process_creation": _table(_SYSMON, 1, _FIELDS),
    "windows/file_event": _table(_SYSMON, 11, _FIELDS),
    "windows/file_delete": _table(_SYSMON, 23, _FIELDS),
    "windows/network_connection": _table(_SYSMON, 3, _FIELDS),
    "windows/ps_script": _table(
        _POWERSHELL, 4104, {"ScriptBlockText": _DATA + "scriptBlockText", "Path": _DATA + "path"}
    ),
    "windows/ps_module": _table(
        _POWERSHELL, 4103, {"Payload": _DATA + "payload", "ContextInfo": _DATA + "contextInfo"}
    ),
    "windows/ps_classic_script": _table("PowerShell", 800, {"Data": _DATA + "data"}),
    "windows/share_write": _SHARE,
    "windows/security/5145": _SHARE,
}

# (field, expression, negated)
_Field = tuple[str, str, bool]


def query(detection: Detection) -> Query:
    reasons = {
        "ladder": "its composite rules count one thing, they do not order several",
        "score": "its rules count, they do not add weights",
        "seed": "the seed documents are written for Sumo Logic and Kusto",
        "correlation": f"no template for {detection.correlation}",
    }
    if detection.kind in reasons:
        raise CannotError(reasons[detection.kind])
    notes = ["a negated field that an event lacks may not hold: compare with an event of yours"]
    notes.append(
        "numbers of rules follow from the rule's id: should two be alike, Wazuh says so at its start; change one"
    )
    base = _base(detection)
    lines: list[str] = []
    number = base
    for part in detection.parts:
        table = table_of(TABLES, part)
        for fields in _alternatives(part, table.fields):
            lines.append(_single(detection, table, fields, number))
            number += 1
    if detection.kind != "event":
        lines.append(_counted(detection, number, notes))
    if "place" in detection.group:
        notes.append("groups by host and process, not by directory: no field has it")
    return Query("\n".join(lines), tuple(notes))


def _base(detection: Detection) -> int:
    """Give the first of a hundred rule numbers that belong to this detection alone, always the same ones."""
    digest = int.from_bytes(blake2b(detection.id.encode(), digest_size=4).digest(), "big")
    return 120_000 + digest % 8_000 * 100


def _single(detection: Detection, table: Table, fields: list[_Field], number: int) -> str:
    provider, _, event = table.source.partition(" ")
    level = severity(detection).wazuh if detection.kind == "event" else 1
    inner = [
        "    <if_group>windows</if_group>",
        _field("win.system.providerName", f"^{escaped(provider)}$", False),
        _field("win.system.eventID", f"^{event}$", False),
        *(_field(*each) for each in fields),
    ]
    return _rule(detection, number, f'level="{level}"', inner, detection.kind != "event")


def _field(name: str, expression: str, negated: bool) -> str:
    no = ' negate="yes"' if negated else ""
    return f'    <field name="{name}" type="pcre2"{no}>{escape(expression)}</field>'


def _rule(detection: Detection, number: int, attributes: str, inner: list[str], quiet: bool) -> str:
    ids = "".join(f"\n      <id>{escape(each)}</id>" for each in techniques(detection))
    mitre = [] if quiet or not ids else [f"    <mitre>{ids}\n    </mitre>"]
    options = ["    <options>no_full_log</options>"]
    body = "\n".join(
        [*inner, f"    <description>{escape(printable(detection.title))}</description>", *options, *mitre,
         f"    <group>stashlight_{_plain(detection)}{'_part' if quiet else ''},</group>"]
    )  # fmt: skip
    return f'  <rule id="{number}" {attributes}>\n{body}\n  </rule>'


def _plain(detection: Detection) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in detection.name.lower())


def _counted(detection: Detection, number: int, notes: list[str]) -> str:
    least = detection.least + (detection.operator == "gt")
    if (
        detection.operator not in ("gte", "gt")
        or not 2 <= least <= _MOST_FREQUENCY
        or detection.seconds > _LONGEST_FRAME
    ):
        reason = f"a frequency is 2 to {_MOST_FREQUENCY} within {_LONGEST_FRAME} s, and only at least so often"
        raise CannotError(reason)
    table = table_of(TABLES, detection.parts[0])
    inner = [f"    <if_matched_group>stashlight_{_plain(detection)}_part</if_matched_group>"]
    inner += [f"    <same_field>{role_of(table, role)}</same_field>" for role in detection.group if role != "place"]
    if detection.of:
        if least > 2:
            notes.append("every event of the count must have another value than the one before it")
        inner.append(f"    <different_field>{role_of(table, detection.of)}</different_field>")
    level = f'level="{severity(detection).wazuh}" frequency="{least}" timeframe="{detection.seconds}"'
    return _rule(detection, number, level, inner, quiet=False)


def _alternatives(part: Part, names: Mapping[str, str]) -> list[list[_Field]]:
    found = _split(part.condition, names, negated=False)
    if len(found) > _MOST_RULES:
        reason = (
            f"its condition has {len(found)} alternatives, each a rule of its own; at most {_MOST_RULES} are written"
        )
        raise CannotError(reason)
    return [list(dict.fromkeys(each)) for each in found]


def _split(condition: Condition, names: Mapping[str, str], *, negated: bool) -> list[list[_Field]]:
    """Give the alternatives, each a list of fields that must all hold (disjunctive normal form)."""
    match condition:
        case Not(part):
            return _split(part, names, negated=not negated)
        case All(parts) | Any(parts):
            each = [_split(part, names, negated=negated) for part in parts]
            if isinstance(condition, All) is negated:
                return [one for some in each for one in some]
            made: list[list[_Field]] = [[]]
            for some in each:
                if len(made) * len(some) > _MOST_RULES**2:
                    reason = "its condition has too many alternatives, each of which would be a rule of its own"
                    raise CannotError(reason)
                made = [left + right for left in made for right in some]
            return made
        case _:
            return [[_leaf(condition, names, negated)]]


def _leaf(leaf: Text | Like | Pattern | Exists | Number | Network, names: Mapping[str, str], negated: bool) -> _Field:
    if leaf.field not in names:
        reason = f"no field for {leaf.field}"
        raise CannotError(reason)
    name = names[leaf.field]
    match leaf:
        case Text() | Like():
            return name, pattern_of(leaf).flagged, negated
        case Pattern():
            return name, leaf.flagged, negated
        case Exists():
            return name, ".", negated
        case Number() if leaf.operator == "=":
            return name, f"^{leaf.value:g}$", negated
        case _:
            reason = "no comparison of sizes or networks on a field"
            raise CannotError(reason)


def write(detection: Detection, query: Query, _form: str) -> Mapping[str, str]:
    words = printable(described(detection, query), keep="\n").replace("--", "- -")
    head = f"<!--\n{escape(printable(detection.title)).replace('--', '- -')}\nid {detection.id}\n{words}\n-->\n"
    return {".xml": f'{head}<group name="stashlight,windows,">\n{query.text}\n</group>\n'}
