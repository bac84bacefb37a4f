"""
A case that a person typed in as JSON, from a ticket or a report of somebody's, to see whether it adds up.

Every field is optional; docs/guides/report.md shows them all.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, cast

import orjson

from stashlight.errors import DocumentError
from stashlight.reports.claims import Claims, Moment, Number, Origin

__all__ = ["read_case"]

Made = TypeVar("Made")


def read_case(text: str | bytes, name: str = "case") -> Claims:
    """
    Read the claims of a case; `name` is its file, for messages.

    Raises:
        DocumentError: it is not JSON, or a field is not of its kind; says which.
    """
    try:
        value: object = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f"{name}: not JSON: {error}"
        raise DocumentError(message) from error
    if not isinstance(value, dict):
        message = f"{name}: a case is an object; docs/guides/report.md shows one"
        raise DocumentError(message)
    given = cast("dict[str, object]", value)
    if odd := sorted(given.keys() - _FIELDS.keys()):
        message = f"{name}: a case has no {odd[0]!r}; there are {', '.join(_FIELDS)}"
        raise DocumentError(message)
    claims = Claims(is_hand_entered=True)
    for field, content in given.items():
        try:
            claims = replace(claims, **{field: _FIELDS[field](content)})
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            message = f"{name}: {field}: {error}"
            raise DocumentError(message) from error
    return claims


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        message = "should be a whole number"
        raise TypeError(message)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        message = "should be a text"
        raise TypeError(message)
    return value


def _many(read: Callable[[object], Made]) -> Callable[[object], tuple[Made, ...]]:
    def read_all(value: object) -> tuple[Made, ...]:
        if not isinstance(value, list):
            message = "should be an array"
            raise TypeError(message)
        return tuple(read(each) for each in cast("list[object]", value))

    return read_all


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        message = "should be an object"
        raise TypeError(message)
    return cast("dict[str, object]", value)


def _origin(value: object) -> Origin:
    given = _object(value)
    files = given.get("files")
    return Origin(
        _text(given["path"]),
        None if files is None else _number(files),
        _text(given.get("basis", "claim")),
        given.get("is_folder", True) is not False,
    )


def _moment(value: object) -> Moment:
    given = _object(value)
    return Moment(_text(given["time"]), _text(given["what"]), _text(given.get("act", "")))


def _figure(value: object) -> Number:
    given = _object(value)
    return Number(_text(given["name"]), str(given.get("value", "")), _many(_text)(given.get("evidence", [])))


def _extensions(value: object) -> dict[str, int | None]:
    if isinstance(value, list):
        return {_text(each): None for each in cast("list[object]", value)}
    return {name: None if count is None else _number(count) for name, count in _object(value).items()}


_FIELDS: dict[str, Callable[[object], object]] = {
    "total": _number,
    "bytes": _number,
    "sized": _number,
    "origins": _many(_origin),
    "extensions": _extensions,
    "commands": _many(_text),
    "places": _many(_text),
    "telemetry": _many(_text),
    "severity": _text,
    "score": _number,
    "points": _many(_number),
    "priority": _text,
    "priority_reason": _text,
    "first": _text,
    "last": _text,
    "within": _many(_moment),
    "told": _many(_moment),
    "numbers": _many(_figure),
}
