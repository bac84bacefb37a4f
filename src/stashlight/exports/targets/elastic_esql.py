"""
Elastic ES|QL: every kind, with windows of a little more than the asked length that start every fifteenth of it.

https://www.elastic.co/docs/reference/query-languages/esql. ES|QL has no sliding windows: each event is counted in every
window that it falls into (`MV_EXPAND`), and a window is one step longer, so that nothing within the asked length is cut.
Text is compared folded, because `LIKE`, `RLIKE` and `==` care about case; a missing field is null, and becomes "".
"""

from collections.abc import Mapping, Sequence

from stashlight.exports import ecs, elastic_rule
from stashlight.exports.condition import Number, Pattern, Text, pattern_of
from stashlight.exports.detection import Detection, hours
from stashlight.exports.lucene import whole
from stashlight.exports.reading import CannotError
from stashlight.exports.target import Query
from stashlight.exports.writing import Dialect, Found, written_steps

__all__ = ["COMMENT", "FORMS", "query", "write"]

FORMS: Mapping[str, str] = {"esql": ".esql", "ndjson": ".ndjson", "toml": ".toml"}
COMMENT: str = "//"

_STEPS = 15  # windows that an event falls into, besides its own


def _source(category: str, kind: str, where: str) -> str:
    if not category:
        return f'event.code == "{where}"'
    # Both may hold several values, and `==` on several is null.
    kinds = f'MV_CONCAT(event.category, " ") LIKE "*{category}*" AND MV_CONCAT(event.type, " ") LIKE "*{kind}*"'
    return f'{kinds} AND host.os.type == "{where}"'


TABLES = ecs.tables(_source)


def _string(text: str) -> str:
    codes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    if unseen := next((c for c in text if c not in codes and not c.isprintable()), None):
        reason = f"a string cannot hold U+{ord(unseen):04X}, which cannot be seen"
        raise CannotError(reason)
    return '"' + "".join(codes.get(c, c) for c in text) + '"'


def _seen(name: str, cased: bool) -> str:
    return f'COALESCE({name}, "")' if cased else f'COALESCE(TO_LOWER({name}), "")'


def _text(name: str, leaf: Text) -> str:
    field = _seen(name, leaf.cased)
    values = [value if leaf.cased else value.lower() for value in leaf.values]
    match leaf.shape:
        case "is":
            return f"{field} IN ({', '.join(map(_string, values))})"
        case "begins":
            return _either([f"STARTS_WITH({field}, {_string(value)})" for value in values])
        case "ends":
            return _either([f"ENDS_WITH({field}, {_string(value)})" for value in values])
        case "contains":
            if any(c in value for value in values for c in "*?"):
                return _pattern(name, pattern_of(leaf))
            # A backslash in LIKE escapes the next character, and a string escapes it once more.
            return _either(
                [f"{field} LIKE {_string('*' + value.replace(chr(92), chr(92) * 2) + '*')}" for value in values]
            )


def _either(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"({' OR '.join(texts)})"


def _pattern(name: str, leaf: Pattern) -> str:
    return f"{_seen(name, leaf.cased)} RLIKE {_string(whole(leaf))}"


def _number(name: str, leaf: Number) -> str:
    if name == "event.code":
        return f'COALESCE({name}, "") == "{leaf.value:g}"'
    return f"COALESCE({name} {'==' if leaf.operator == '=' else leaf.operator} {leaf.value:g}, FALSE)"


DIALECT = Dialect(
    text=_text,
    pattern=_pattern,
    exists=lambda name: f'COALESCE({name}, "") != ""',
    number=_number,
    network=lambda name, leaf: f"COALESCE(CIDR_MATCH({name}, {_string(leaf.cidr)}), FALSE)",
    negated=lambda inner: f"NOT ({inner})",
    both=" AND ",
    either=" OR ",
    true="TRUE",
    false="FALSE",
)
_PLACE = 'REPLACE(file.path, "[\\\\\\\\/][^\\\\\\\\/]*$", "")'


def query(detection: Detection) -> Query:
    steps, notes = written_steps(detection, TABLES, DIALECT)
    if detection.kind == "event":
        found = steps[0][0]
        head = f"FROM {', '.join(ecs.INDEX)} METADATA _id, _index, _version"
        text = f"{head}\n| WHERE {found.table.source}\n| WHERE {found.condition}"
        return Query(
            text, tuple(notes), {r: found.table.roles[r] for r in ("host", "account") if r in found.table.roles}
        )
    if detection.kind in ("seed", "correlation"):
        reason = f"a Sigma correlation of type {detection.correlation} has no template for ES|QL"
        raise CannotError(reason)
    step = max(1, detection.seconds // _STEPS)
    notes.append(
        f"ES|QL has no sliding windows: windows of {hours(detection.span)} and {step} s more start every {step} s,"
        " so that what lies within the asked length is never cut; a little more than it may count"
    )
    if detection.kind == "ladder" and len(steps) > 2:
        notes.append("the order is judged pair by pair: first of a step before last of the next")
    return Query(_windowed(detection, steps, step), tuple(notes), {r: r for r in detection.group})


def _windowed(detection: Detection, steps: Sequence[Sequence[Found]], step: int) -> str:
    parts = [found for each in steps for found in each]
    flags = {f"hit_{n}": f"({f.table.source} AND ({f.condition}))" for n, f in enumerate(parts)}
    lines = [f"FROM {', '.join(ecs.INDEX)}"]
    lines += [f"| EVAL {name} = {text}" for name, text in flags.items()]
    lines.append(f"| WHERE {' OR '.join(flags)}")
    roles = (*detection.group, *([detection.of] if detection.of else []))
    lines += [f"| EVAL {role} = TO_LOWER({_role(parts, role)})" for role in roles]
    lines.append("| WHERE " + " AND ".join(f"{role} IS NOT NULL" for role in roles))
    lines += [
        f"| EVAL step = [{', '.join(map(str, range(_STEPS + 1)))}]",
        "| MV_EXPAND step",
        f"| EVAL window = FLOOR(TO_LONG(@timestamp) / {step * 1000}) - step",
    ]
    by = ", ".join((*detection.group, "window"))
    last = {"window"}
    match detection.kind:
        case "burst":
            lines += [f"| STATS events = COUNT(*), {_TIMES} BY {by}", f"| WHERE events {_compared(detection)}"]
        case "fan-in":
            lines += [
                f"| STATS values = COUNT_DISTINCT({detection.of}), {_TIMES} BY {by}",
                f"| WHERE values {_compared(detection)}",
            ]
        case "ladder":
            lines += _ladder(steps, by)
        case _:
            weights = ", ".join(f"w_{n} = MAX(CASE(hit_{n}, {f.part.weight}, 0))" for n, f in enumerate(parts))
            total = " + ".join(f"w_{n}" for n in range(len(parts)))
            rules = ", ".join(f'CASE(w_{n} > 0, {_string(f.part.title + "; ")}, "")' for n, f in enumerate(parts))
            lines += [f"| STATS {weights}, {_TIMES} BY {by}", f"| EVAL score = {total}, rules = CONCAT({rules})"]
            lines += [f"| WHERE score {_compared(detection)}"]
    best = {
        "burst": "events = MAX(events)",
        "fan-in": "values = MAX(values)",
        "score": "score = MAX(score), rules = VALUES(rules)",
    }
    kept = ", ".join(filter(None, (best.get(detection.kind), "start_time = MIN(start_time), end_time = MAX(end_time)")))
    lines.append(f"| STATS {kept} BY {', '.join(r for r in detection.group if r not in last)}")
    return "\n".join(lines)


_TIMES = "start_time = MIN(@timestamp), end_time = MAX(@timestamp)"


def _compared(detection: Detection) -> str:
    return {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<", "eq": "==", "neq": "!="}[
        detection.operator
    ] + f" {detection.least}"


def _role(parts: Sequence[Found], role: str) -> str:
    names = list(dict.fromkeys(f.table.roles.get(role) or f.table.fields.get(role) or "" for f in parts))
    names = [_PLACE if name == "file.directory" else name for name in names]
    if "" in names:
        reason = f"no {role} in ECS"
        raise CannotError(reason)
    return names[0] if len(names) == 1 else f"COALESCE({', '.join(names)})"


def _ladder(steps: Sequence[Sequence[Found]], by: str) -> list[str]:
    number, times, held = 0, list[str](), list[str]()
    for at, parts in enumerate(steps):
        flags = " OR ".join(f"hit_{number + n}" for n in range(len(parts)))
        number += len(parts)
        times += [f"{which.lower()}_{at} = {which}(CASE({flags}, @timestamp, NULL))" for which in ("MIN", "MAX")]
        held += [f"min_{at - 1} <= max_{at}"] if at else []
    held.append(f"min_0 <= max_{len(steps) - 1}")
    return [f"| STATS {', '.join((*times, _TIMES))} BY {by}", f"| WHERE {' AND '.join(dict.fromkeys(held))}"]


def write(detection: Detection, query: Query, form: str) -> Mapping[str, str]:
    if form == "esql":
        return {".esql": query.text + "\n"}
    return elastic_rule.write(detection, query, {"type": "esql", "language": "esql", "query": query.text}, form)
