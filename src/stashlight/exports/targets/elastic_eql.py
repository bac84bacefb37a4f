"""
Elastic EQL: single events, and sequences with a sliding `maxspan`, as query, detection rule NDJSON or TOML.

https://www.elastic.co/guide/en/elasticsearch/reference/current/eql-syntax.html. `:` and `like~` ignore case; regular
expressions are Lucene's and take the whole value. A field that is missing is null, and `not` of null is null: every
comparison below a `not` asks first whether there is one.
"""

import re
from collections.abc import Mapping, Sequence

from stashlight.exports import ecs, elastic_rule
from stashlight.exports.condition import Number, Pattern, Text, pattern_of
from stashlight.exports.detection import Detection, hours
from stashlight.exports.lucene import whole
from stashlight.exports.reading import CannotError
from stashlight.exports.target import Query
from stashlight.exports.writing import Dialect, Found, written_steps

__all__ = ["COMMENT", "FORMS", "query", "write"]

FORMS: Mapping[str, str] = {"eql": ".eql", "ndjson": ".ndjson", "toml": ".toml"}
COMMENT: str = "//"

_MOST_RUNS = 100  # `with runs=` takes 1 to 100


def _source(category: str, kind: str, where: str) -> str:
    """Give the event category of EQL, and what selects further."""
    if not category:
        return f'any where event.code == "{where}"'
    return f'{category} where event.type == "{kind}" and host.os.type == "{where}"'


TABLES = ecs.tables(_source)


def _string(text: str) -> str:
    codes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(codes.get(c) or (c if c.isprintable() else f"\\u{{{ord(c):x}}}") for c in text) + '"'


def _guarded(name: str, comparison: str) -> str:
    return f"({name} != null and {comparison})"


def _text(name: str, leaf: Text) -> str:
    if any(c in value for value in leaf.values for c in "*?"):
        return _pattern(name, pattern_of(leaf))
    before = "*" if leaf.shape in ("contains", "ends") else ""
    after = "*" if leaf.shape in ("contains", "begins") else ""
    values = [_string(f"{before}{value}{after}") for value in leaf.values]
    operator = "like" if leaf.cased else "like~"
    return _guarded(name, f"{name} {operator} ({', '.join(values)})")


def _pattern(name: str, leaf: Pattern) -> str:
    return _guarded(name, f"{name} {'regex' if leaf.cased else 'regex~'} {_string(whole(leaf))}")


def _number(name: str, leaf: Number) -> str:
    if name == "event.code":
        return f'{name} == "{leaf.value:g}"'
    return _guarded(name, f"{name} {'==' if leaf.operator == '=' else leaf.operator} {leaf.value:g}")


DIALECT = Dialect(
    text=_text,
    pattern=_pattern,
    exists=lambda name: f"({name} != null and {name} != {_string('')})",
    number=_number,
    network=lambda name, leaf: _guarded(name, f"cidrMatch({name}, {_string(leaf.cidr)})"),
)


def query(detection: Detection) -> Query:
    reasons = {
        "fan-in": "EQL cannot count distinct values: take elastic-esql",
        "score": "EQL cannot add: take elastic-esql",
        "seed": "the seed documents are written for Sumo Logic and Kusto",
        "correlation": f"a Sigma correlation of type {detection.correlation} has no template for EQL",
    }
    if detection.kind in reasons:
        raise CannotError(reasons[detection.kind])
    steps, notes = written_steps(detection, TABLES, DIALECT)
    if detection.kind == "event":
        found = steps[0][0]
        return Query(_optional(f"{found.table.source}\n  and ({found.condition})"), tuple(notes), _entities(found))
    by = ", ".join(_role(steps[0][0], role) for role in detection.group)
    if detection.kind == "burst" and (detection.operator != "gte" or detection.least > _MOST_RUNS):
        reason = f"EQL repeats a step at most {_MOST_RUNS} times, and only at least so often"
        raise CannotError(reason)
    runs = f" with runs={detection.least}" if detection.kind == "burst" else ""
    lines = [f"sequence by {by} with maxspan={hours(detection.span)}"]
    lines += [f"  [ {_any(parts, _known(parts[0], detection))} ]{runs}" for parts in steps]
    if detection.kind == "burst":
        notes.append("a row of Elastic Defend or Winlogbeat is one act; rows that stand for many are not known there")
    return Query(_optional("\n".join(lines)), tuple(notes))


def _entities(found: Found) -> dict[str, str]:
    return {role: found.table.roles[role] for role in ("host", "account") if role in found.table.roles}


def _role(found: Found, role: str) -> str:
    expression = found.table.roles.get(role) or found.table.fields.get(role)
    if expression is None:
        reason = f"no {role} in ECS"
        raise CannotError(reason)
    return expression


def _known(found: Found, detection: Detection) -> str:
    """An event without one of the group's values belongs to no group."""
    return " and ".join(f"{_role(found, role)} != null" for role in detection.group)


def _any(parts: Sequence[Found], known: str) -> str:
    """Give one step: several parts are alternatives, of whatever category."""
    if len({f.table.source for f in parts}) == 1:
        inner = "\n    or ".join(f"({f.condition})" for f in parts)
        return f"{parts[0].table.source} and {known} and\n    ({inner})"
    inner = "\n    or ".join(f"({_within(f.table.source)} and ({f.condition}))" for f in parts)
    return f"any where {known} and (\n    {inner})"


def _within(source: str) -> str:
    """Give a source as a condition of `any where`."""
    category, _, rest = source.partition(" where ")
    return rest if category == "any" else f'event.category == "{category}" and {rest}'


def _optional(text: str) -> str:
    """Ask with a question mark for fields that an index may not have; nothing inside quotes is touched."""
    pieces = text.split('"')
    # Every other piece is inside quotes; escaped quotes are put back together first.
    written: list[str] = []
    inside = False
    for number, piece in enumerate(pieces):
        written.append(piece if inside else _marked(piece))
        slashes = len(piece) - len(piece.rstrip("\\"))
        if number < len(pieces) - 1 and not (inside and slashes % 2):
            inside = not inside
    return '"'.join(written)


_OPTIONAL = re.compile(rf"(?<![\w.?])(?:{'|'.join(map(re.escape, ecs.OPTIONAL))})")


def _marked(text: str) -> str:
    return _OPTIONAL.sub(lambda name: f"?{name[0]}", text)


def write(detection: Detection, query: Query, form: str) -> Mapping[str, str]:
    if form == "eql":
        return {".eql": query.text + "\n"}
    rule = {"type": "eql", "language": "eql", "query": query.text, "index": list(ecs.INDEX)}
    return elastic_rule.write(detection, query, rule, form)
