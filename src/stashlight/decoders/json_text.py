"""Bytes of one JSON value → Python, with the repairs that real logs need."""

import json
import re
from typing import cast

import orjson

__all__ = ["JsonError", "dump", "load"]

# A whole surrogate pair, half of one, or any other escape.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)", re.DOTALL
)


# What another try could help: a file of broken lines must not cost twice.
_REPAIRABLE = re.compile(rb"[\x00-\x1f\x80-\xff]|\\u[dD][89a-fA-F]|NaN|Infinity")


class JsonError(ValueError):
    """This is not one JSON value."""


def load(raw: bytes) -> tuple[object, str]:
    """
    Parse one value; the second value says what had to be repaired, "" if nothing.

    Repaired are bytes that are not UTF-8 and lone surrogates (U+FFFD), control characters in strings, NaN.

    Raises:
        JsonError: cut off, malformed, or nested deeper than the parser's 1,024 levels.
    """
    try:
        return cast("object", orjson.loads(raw)), ""
    except orjson.JSONDecodeError as error:
        first = error
    if not _REPAIRABLE.search(raw):
        message = "JSON nested too deeply" if "depth limit" in str(first) else f"malformed JSON: {_said(first)}"
        raise JsonError(message) from first
    text = raw.decode("utf-8", "replace")
    is_text = "\ufffd" not in text or b"\xef\xbf\xbd" in raw
    repair = "control characters, NaN or lone surrogates" if is_text else "invalid UTF-8"
    try:
        return cast("object", json.loads(_ESCAPE.sub(_paired, text), strict=False)), repair
    except (ValueError, RecursionError) as error:
        message = (
            f"malformed JSON: {_said(first)}" if not isinstance(error, RecursionError) else "JSON nested too deeply"
        )
        raise JsonError(message) from error


def _said(error: orjson.JSONDecodeError) -> str:
    """Without the place within the value, so that what is wrong with many can be said once."""
    return error.msg


def dump(value: object) -> bytes:
    """Give the bytes of one record that has none of its own because it came in a list."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # integers beyond 64 bits from the repairing parser
        return json.dumps(value).encode("utf-8", "replace")


def _paired(escape: re.Match[str]) -> str:
    """Keep an escape unless it is half of a surrogate pair, which no encoder can write again."""
    text = escape[0]
    return "\\ufffd" if len(text) == 6 and text[2] in "dD" and text[3] in "89abcdefABCDEF" else text
