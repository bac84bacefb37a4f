r"""
Patterns over text → patterns over the JSON that carries the text, so that a record can be asked before it is parsed.

What is looked for is a little more than what is meant, never less: letters beyond ASCII are any of them, a text may end
at a blank, and a line break may also be the gap between two values that somebody joins. What has several spellings beyond
that (`\u0041`, JSON or XML inside a string) is not spelled out: `UNSURE` finds it, and such records are parsed.
"""

import re
import string
from collections.abc import Sequence
from functools import lru_cache
from math import inf
from typing import Final

__all__ = ["UNSURE", "reach", "spelled"]

UNSURE: Final = r"\\u|\{\\\x22|<Event|instance of "
r"""Where a text may stand spelled otherwise: any `\u` escape; JSON, XML or WMI's text form in a string."""

_CHARACTER: Final = r"(?:\\x\{([0-9A-F]+)\}|([0-9A-Za-z_ ]))"
_TOKEN: Final = re.compile(rf"\[(?P<ranges>[^\]]+)\]|{_CHARACTER}|\\[Az]|\(\?:|\(\?!\)|[)|]|\{{\d+(?:,\d*)?\}}")
_RANGE: Final = re.compile(rf"{_CHARACTER}(?:-{_CHARACTER})?")

_ESCAPED: Final = {0x08: "b", 0x09: "t", 0x0A: "n", 0x0C: "f", 0x0D: "r", 0x22: r"\x22", 0x2F: "/", 0x5C: r"\\"}
_PLAIN: Final = sorted({*range(0x20, 0x7F), 0x7F} - {0x22, 0x5C})
_BEYOND: Final = r"[\x80-\xff]+"
_JOINT: Final = r"\x22(?:.*\x22)?"
_NONE: Final = r"[^\x00-\xff]"
_LETTERS: Final = frozenset(map(ord, f"{string.ascii_letters}{string.digits}+/"))
_ENDS: Final = {r"\A": r"(?:[\x20\x22:=]|\\[fnrt])", r"\z": r"[\x20\x22\\]", "(?!)": _NONE}
"""A text begins and ends where its value does, or where a line of a longer value does, spaces taken off."""


@lru_cache(maxsize=64)
def spelled(pattern: str) -> str:
    """
    Give the pattern (as `engines.pattern` writes it) over the bytes of JSON, with `.` for any byte.

    Raises:
        ValueError: it is not written that way.
    """
    written: list[str] = []
    end = 0
    while end < len(pattern):
        token = _TOKEN.match(pattern, end)
        if token is None:
            message = f"not a portable pattern: {pattern[end : end + 20]!r}"
            raise ValueError(message)
        text = token.group()
        if (ranges := token["ranges"]) is not None:
            written.append(_one_of([_points(r) for r in _RANGE.finditer(ranges)]))
        elif token[2] or token[3]:
            point = _point(token[2], token[3])
            written.append(_one_of([(point, point)]))
        else:
            written.append(_ENDS.get(text, text))
        end = token.end()
    return "".join(written)


@lru_cache(maxsize=4)
def reach(patterns: Sequence[str]) -> int | None:
    """
    Give how many letters of base64 (without padding) stand side by side, at most, in what the patterns find when spelled.

    None if there is no bound. From a quote to a quote whatever is between is passed over: that does not count.
    """
    most = max(len(UNSURE), *map(_reach, patterns), 0)
    return None if most == inf else int(most)


def _reach(pattern: str) -> float:
    # Of each group that is open: the most of the alternatives before, and the letters of this one.
    open_: list[list[float]] = [[0, 0]]
    last: float = 0
    for token in _TOKEN.finditer(pattern):
        text = token.group()
        if text == "(?:":
            open_.append([0, 0])
            continue
        if text == "|":
            open_[-1] = [max(open_[-1]), 0]
            continue
        if text[0] == "{":
            times = text[1:-1].rpartition(",")[2]
            more = last * (int(times) - 1) if times else inf if last else 0
            open_[-1][1] += more
            continue
        if text == ")":
            last = max(open_.pop())
        elif (ranges := token["ranges"]) is not None:
            last = float(any(low <= p <= high for low, high in map(_points, _RANGE.finditer(ranges)) for p in _LETTERS))
        else:
            last = float(bool(token[2] or token[3]) and _point(token[2], token[3]) in _LETTERS)
        open_[-1][1] += last
    return max(open_[-1])


def _points(match: re.Match[str]) -> tuple[int, int]:
    low = _point(match[1], match[2])
    return low, _point(match[3], match[4]) if match[3] or match[4] else low


def _point(number: str | None, letter: str | None) -> int:
    return int(number, 16) if number else ord(letter or "")


def _one_of(ranges: list[tuple[int, int]]) -> str:
    def has(point: int) -> bool:
        return any(low <= point <= high for low, high in ranges)

    plain = "".join(f"\\x{point:02x}" for point in _PLAIN if has(point))
    escaped = "".join(letter for point, letter in _ESCAPED.items() if has(point))
    ways = [
        *([f"[{_shortened(plain)}]"] if plain else []),
        *([rf"\\[{escaped}]"] if escaped else []),
        *([_JOINT] if has(0x0A) else []),
        *([_BEYOND] if any(high >= 0x80 for _, high in ranges) else []),
    ]
    # Other control characters are written as `\u00..` only: UNSURE finds them.
    return f"(?:{'|'.join(ways)})" if len(ways) > 1 else ways[0] if ways else _NONE


def _shortened(codes: str) -> str:
    """Write neighbours as ranges."""
    points = [int(code, 16) for code in codes.split(r"\x")[1:]]
    runs: list[list[int]] = []
    for point in points:
        if runs and runs[-1][1] + 1 == point:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    return "".join(f"\\x{a:02x}" if a == b else f"\\x{a:02x}-\\x{b:02x}" for a, b in runs)
