"""
The result document as JSON: written, read back, and the JSON Schema of both.

One mechanism for all three: the dataclasses of `document.py`. Fields are only ever added within `stashlight/1`, so
a reader ignores names that it does not know; a field that goes or changes its meaning makes `stashlight/2`.
"""

import json
import re
import types
from dataclasses import MISSING, Field, asdict, fields, is_dataclass
from functools import cache
from typing import TypeVar, cast, get_args, get_origin, get_type_hints

import orjson

from stashlight.errors import DocumentError
from stashlight.incidents.document import SCHEMA, SEVERITIES, Document, Incident

__all__ = ["from_json", "incident_from", "json_schema", "to_json"]

Shape = TypeVar("Shape")
JsonSchema = dict[str, object]

# JSON may hold these as they are, yet a terminal that shows the text would obey them: C1 controls, bidi marks,
# line separators. Their escaped form reads back as the same string.
_DECEIVING = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_SCALARS: dict[type, tuple[str, str]] = {
    str: ("string", "a text"),
    bool: ("boolean", "true or false"),
    int: ("integer", "a whole number"),
}


def to_json(thing: object, *, indent: bool = False) -> str:
    """Give a document, a part of one or plain objects as JSON. Lone surrogates of file names become visible escapes."""
    option = orjson.OPT_INDENT_2 if indent else 0
    try:
        text = orjson.dumps(thing, option=option).decode()
    except TypeError:  # orjson refuses numbers over 64 bits, and lone surrogates, which odd file names become in Python
        plain = _encodable(thing)
        text = json.dumps(plain, ensure_ascii=False, indent=2 if indent else None)
    return _DECEIVING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def from_json(text: str | bytes, name: str = "result") -> Document:
    """
    Read a document back; `name` is its file, for messages.

    Raises:
        DocumentError: it is not JSON, not a result document, of another schema, or damaged; says where.
    """
    try:
        value: object = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f"{name}: not JSON: {error}"
        raise DocumentError(message) from error
    schema: object = cast("dict[str, object]", value).get("schema") if isinstance(value, dict) else None
    if schema is None:
        message = f"{name}: not a result document: it has no `schema`; `stashlight scan … --as json` makes one"
        raise DocumentError(message)
    if schema != SCHEMA:
        message = f"{name}: its schema is {schema!r}, this version reads {SCHEMA!r}; scan the logs again"
        raise DocumentError(message)
    document = _built(Document, cast("object", value), name)
    if odd := [each.severity for each in document.incidents if each.severity not in SEVERITIES]:
        message = f"{name}: {odd[0]!r} is no severity; there are {', '.join(SEVERITIES)}"
        raise DocumentError(message)
    return document


def incident_from(value: object, where: str) -> Incident:
    """
    Read one incident back from parsed JSON; `where` says what it stood in, for messages.

    Raises:
        DocumentError: it is damaged; says where.
    """
    return _built(Incident, value, where)


def json_schema() -> JsonSchema:
    """Give the JSON Schema (draft 2020-12) of the result document."""
    definitions: dict[str, JsonSchema] = {}
    root = _schema_of(Document, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Stashlight result document {SCHEMA}",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _encodable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if is_dataclass(value) and not isinstance(value, type):
        return _encodable(asdict(value))
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in cast("dict[str, object]", value).items()}
    if isinstance(value, tuple | list):
        return [_encodable(item) for item in cast("list[object]", value)]
    return value


def _built(shape: type[Shape], value: object, where: str) -> Shape:
    """Build one dataclass from a JSON object."""
    if not isinstance(value, dict):
        message = f"{where}: should be an object"
        raise DocumentError(message)
    given = cast("dict[str, object]", value)
    hints = _hints(shape)
    arguments: dict[str, object] = {}
    for each in _fields(shape):
        if each.name in given:
            arguments[each.name] = _read(hints[each.name], given[each.name], f"{where}: {each.name}")
        elif _is_required(each):
            message = f"{where}: {each.name} is missing"
            raise DocumentError(message)
    return shape(**arguments)


def _read(hint: object, value: object, where: str) -> object:
    """Read one value as its type says; JSON arrays become tuples."""
    if isinstance(hint, types.UnionType):
        inner = next(each for each in get_args(hint) if each is not types.NoneType)
        return None if value is None else _read(inner, value, where)
    if get_origin(hint) is tuple and isinstance(value, list):
        items = cast("list[object]", value)
        return tuple(_read(get_args(hint)[0], item, f"{where}[{n}]") for n, item in enumerate(items))
    if get_origin(hint) is dict and isinstance(value, dict):
        pairs = cast("dict[str, object]", value)
        return {key: _read(get_args(hint)[1], item, f"{where}[{key!r}]") for key, item in pairs.items()}
    if isinstance(hint, type) and is_dataclass(hint):
        return _built(hint, value, where)
    if isinstance(hint, type) and type(value) is hint:
        return value
    wanted = _SCALARS[hint][1] if isinstance(hint, type) and hint in _SCALARS else "an array or object"
    message = f"{where}: should be {wanted}"
    raise DocumentError(message)


def _schema_of(shape: type, definitions: dict[str, JsonSchema]) -> JsonSchema:
    hints = get_type_hints(shape)
    properties = {each.name: _schema_for(hints[each.name], definitions) for each in _fields(shape)}
    if shape is Document:
        properties["schema"] = {"const": SCHEMA}
    if "severity" in properties:
        properties["severity"] = {"enum": list(SEVERITIES)}
    return {
        "description": " ".join((shape.__doc__ or "").split()),
        "type": "object",
        "properties": properties,
        "required": [each.name for each in _fields(shape)],
    }


def _schema_for(hint: object, definitions: dict[str, JsonSchema]) -> JsonSchema:
    if isinstance(hint, types.UnionType):
        inner = next(each for each in get_args(hint) if each is not types.NoneType)
        return {"anyOf": [_schema_for(inner, definitions), {"type": "null"}]}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _schema_for(get_args(hint)[0], definitions)}
    if get_origin(hint) is dict:
        return {"type": "object", "additionalProperties": _schema_for(get_args(hint)[1], definitions)}
    if isinstance(hint, type) and is_dataclass(hint):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}  # a place, in case the class holds itself
            definitions[hint.__name__] = _schema_of(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    return {"type": _SCALARS[cast("type", hint)][0]}


@cache
def _hints(shape: type) -> dict[str, object]:
    """Look up the types of fields once: it takes longer than reading them."""
    return get_type_hints(shape)


def _fields(shape: type) -> tuple[Field[object], ...]:
    return cast("tuple[Field[object], ...]", fields(shape))


def _is_required(each: Field[object]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING
