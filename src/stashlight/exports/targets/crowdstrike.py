r"""
CrowdStrike Falcon LogScale (Next-Gen SIEM): queries over Falcon's own events.

https://library.humio.com/data-analysis/; fields as in the Events Data Dictionary. Falcon writes device paths
(`\Device\HarddiskVolume3\…`), which become `C:` first, and an event of its own per kind of file (ZipFileWritten,
PdfFileWritten …), so that files of kinds it does not know are never counted.
"""

from collections.abc import Mapping, Sequence

from stashlight.exports.condition import Number, Pattern, pattern_of
from stashlight.exports.detection import Detection, hours
from stashlight.exports.reading import CannotError
from stashlight.exports.target import Query
from stashlight.exports.writing import Dialect, Found, Table, Tables, written_steps

__all__ = ["COMMENT", "FORMS", "query", "write"]

FORMS: Mapping[str, str] = {"cql": ".cql"}
COMMENT: str = "//"

_KINDS = "Falcon logs writes per kind of file (ZipFileWritten …): counts are lower bounds"
_VOLUME = "Falcon names volumes by number: every one is taken for C:"
_LIMIT = 20_000  # rows that head() keeps
_PLATFORMS = {"windows": "Win", "linux": "Lin", "macos": "Mac"}


def _process(product: str) -> Table:
    fields = {
        "Image": "ImageFileName", "CommandLine": "CommandLine", "OriginalFileName": "OriginalFilename",
        "ParentCommandLine": "ParentCommandLine", "ProcessId": "RawProcessId",
        "IntegrityLevel": "IntegrityLevel",
    }  # fmt: skip
    roles = {"host": "aid", "account": "UserName", "process": "TargetProcessId"}
    source = f'#event_simpleName="ProcessRollup2" event_platform="{_PLATFORMS[product]}"'
    return Table(source, fields, roles, note=_VOLUME if product == "windows" else "")


def _file(product: str) -> Table:
    fields = {"TargetFilename": "TargetFileName", "Image": "ContextImageFileName"}
    roles = {"host": "aid", "account": "UserName", "process": "ContextProcessId", "place": "place"}
    source = f'#event_simpleName=/Written$/ event_platform="{_PLATFORMS[product]}"'
    return Table(source, fields, roles, note=_KINDS)


TABLES: Tables = {
    **{f"{product}/process_creation": _process(product) for product in _PLATFORMS},
    **{f"{product}/file_event": _file(product) for product in _PLATFORMS},
}


def _pattern(name: str, leaf: Pattern) -> str:
    flags = ("" if leaf.cased else "i") + ("m" if leaf.multiline else "") + ("d" if leaf.dotall else "")
    return f"{name}=/{_slashes(leaf.text)}/{flags}"


def _slashes(text: str) -> str:
    written, escaped = "", False
    for letter in text:
        written += "\\/" if letter == "/" and not escaped else letter
        escaped = letter == "\\" and not escaped
    return written


def _number(name: str, leaf: Number) -> str:
    return f"{name}{'=' if leaf.operator == '=' else leaf.operator}{leaf.value:g}"


DIALECT = Dialect(
    text=lambda name, leaf: _pattern(name, pattern_of(leaf)),
    pattern=_pattern,
    exists=lambda name: f"{name}=/./",
    number=_number,
    network=lambda name, leaf: f'cidr({name}, subnet="{leaf.cidr}")',
)
_PATHS = "\n".join(
    rf'| replace("^\\\\Device\\\\HarddiskVolume\\d+", with="C:", field={name}, as={name})'
    for name in ("ImageFileName", "TargetFileName", "ContextImageFileName")
)
_PLACE = r'| replace("[\\\\/][^\\\\/]*$", with="", field=TargetFileName, as=place) | place := lower(place)'


def query(detection: Detection) -> Query:
    if detection.kind in ("seed", "correlation"):
        reason = f"a Sigma correlation of type {detection.correlation} has no template for LogScale"
        raise CannotError(reason)
    if detection.kind in ("burst", "fan-in") and detection.operator not in ("gte", "gt"):
        reason = "the template holds from a number upwards only"
        raise CannotError(reason)
    steps, notes = written_steps(detection, TABLES, DIALECT)
    parts = [f for each in steps for f in each]
    notes = list(dict.fromkeys(notes))
    match detection.kind:
        case "event":
            found = steps[0][0]
            return Query(f"{found.table.source}\n{_PATHS}\n| {found.condition}", tuple(notes))
        case "ladder":
            text = _ladder(detection, steps)
        case _:
            text = _sliding(detection, parts)
            notes.append(f"sequence functions see at most {_LIMIT} events a run")
    return Query(text, tuple(notes))


def _any(parts: Sequence[Found]) -> str:
    return "\n  or ".join(f"({f.table.source} ({f.condition}))" for f in parts)


def _role(parts: Sequence[Found], role: str) -> str:
    """Give the field of a role; a process has another name in its own event than in those about what it did."""
    names = list(dict.fromkeys(f.table.roles.get(role) or f.table.fields.get(role) or "" for f in parts))
    if len(names) != 1 or not names[0]:
        reason = f"no single field for {role} in Falcon's events"
        raise CannotError(reason)
    return names[0]


def _sliding(detection: Detection, parts: Sequence[Found]) -> str:
    by = ", ".join(_role(parts, role) for role in detection.group)
    sign = ">=" if detection.operator == "gte" else ">"
    span = hours(detection.span)
    lines = [" or ".join(dict.fromkeys(f"({f.table.source})" for f in parts)), _PATHS]
    if "place" in detection.group:
        lines.append(_PLACE)
    lines.append(f"| {_any(parts)}")
    match detection.kind:
        case "burst":
            window, held = "count(as=measured)", f"measured {sign} {detection.least}"
        case "fan-in":
            window, held = (
                f"count({_role(parts, detection.of)}, distinct=true, as=measured)",
                f"measured {sign} {detection.least}",
            )
        case _:
            lines += [
                f"| case {{ {f.table.source} ({f.condition}) | w{n} := {f.part.weight}; * | w{n} := 0 }}"
                for n, f in enumerate(parts)
            ]
            window = "[" + ", ".join(f"max(w{n}, as=m{n})" for n in range(len(parts))) + "]"
            held = f"measured >= {detection.least}"
    lines.append(f"| head({_LIMIT})")
    lines.append(f"| partition(slidingTimeWindow({window}, span={span}), by=[{by}])")
    if detection.kind == "score":
        lines.append("| measured := " + " + ".join(f"m{n}" for n in range(len(parts))))
    lines += [
        f"| {held}",
        f"| groupBy([{by}], function=[max(measured), min(@timestamp, as=first), max(@timestamp, as=last)])",
    ]
    return "\n".join(lines)


def _ladder(detection: Detection, steps: Sequence[Sequence[Found]]) -> str:
    keys = ", ".join(_role([f for each in steps for f in each], role) for role in detection.group)
    blocks = [f"  {step.name}: {{\n  {_any(parts)}\n  }}" for step, parts in zip(detection.steps, steps, strict=True)]
    body = ",\n".join(blocks)
    return f"correlate(\n{body},\n  sequence=true, within={hours(detection.span)}, globalConstraints=[{keys}]\n)"


def write(_detection: Detection, query: Query, _form: str) -> Mapping[str, str]:
    return {".cql": query.text + "\n"}
