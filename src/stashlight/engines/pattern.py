r"""
Regular expressions that mean the same in RE2 (DuckDB), Java (Spark), Rust (Sail, DataFusion) and Python.

`portable(text)` parses a pattern with Python's own parser and writes it again with explicit character classes:
no `.` `$` `^` `\d` `\w` `\s`, no flags. Classes are ASCII as in PCRE without UCP, which Sigma names as its dialect.
What has no equal everywhere (look-around, back-references, `\b`, atomic groups, repeats over 1000) is refused.
"""

import functools
import re
from importlib import import_module
from typing import Any, NamedTuple

__all__ = ["LONGEST", "MOST_REPEATS", "PatternError", "is_portable", "literal", "portable"]

# Private, but the only full parser of this dialect; `tests/engines/test_pattern.py` holds it in place.
_parser: Any = import_module("re._parser")
_UNBOUNDED: Any = import_module("re._constants").MAXREPEAT

LONGEST = 8192  # characters of a pattern; the longest in SigmaHQ has 1,500
MOST_REPEATS = 1000  # RE2's own limit, https://github.com/google/re2/wiki/Syntax
_LAST = 0x10FFFF

# A node of the parse tree: (operation, argument), of many shapes.
_Node = tuple[Any, Any]
_Ranges = list[tuple[int, int]]

_CATEGORIES: dict[str, _Ranges] = {
    "CATEGORY_DIGIT": [(0x30, 0x39)],
    "CATEGORY_SPACE": [(0x09, 0x0D), (0x20, 0x20)],
    "CATEGORY_WORD": [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)],
}

# Letters outside ASCII that the normaliser folds to an ASCII letter: Kelvin sign and dotted capital I.
_FOLDED_TO_ASCII = {"k": "\u212a", "i": "\u0130"}


class PatternError(ValueError):
    """A pattern that does not mean the same on every engine; says what is in the way."""


class _Place(NamedTuple):
    """Flags in force, and whether anything that consumes text stands before or after."""

    flags: int
    first: bool
    last: bool


def portable(text: str, flags: int = 0) -> str:
    """
    Give the pattern in its portable form, for a search anywhere in the value.

    `flags` are those of `re`: IGNORECASE, MULTILINE, DOTALL.

    Raises:
        PatternError: it does not compile, or uses what differs between engines.
    """
    if len(text) > LONGEST:
        message = f"pattern longer than {LONGEST} characters"
        raise PatternError(message)
    try:
        tree: Any = _parser.parse(text, flags)
    except (re.error, RecursionError, OverflowError) as error:
        message = f"pattern does not compile: {error}"
        raise PatternError(message) from error
    return _sequence(list(tree), _Place(flags | tree.state.flags, first=True, last=True), 1)


def literal(text: str) -> str:
    """Give a pattern that matches exactly `text`."""
    return "".join(_character(ord(letter)) for letter in text)


_CHARACTER = r"[0-9A-Za-z_ ]|\\x\{[0-9A-F]+\}"
_TOKEN = re.compile(
    rf"{_CHARACTER}|\[(?:(?:{_CHARACTER})(?:-(?:{_CHARACTER}))?)+\]|\\A|\\z|\(\?:|\)|\||\{{\d{{1,4}}(?:,\d{{0,4}})?\}}|\(\?!\)"
)


def is_portable(text: str) -> bool:
    """Tell whether a pattern is written as `portable` writes it."""
    end = 0
    while end < len(text):
        token = _TOKEN.match(text, end)
        if token is None:
            return False
        end = token.end()
    return True


def _sequence(items: list[_Node], place: _Place, repeats: int) -> str:
    written: list[str] = []
    for number, item in enumerate(items):
        here = _Place(
            place.flags,
            place.first and all(_is_anchor(before) for before in items[:number]),
            place.last and all(_is_anchor(after) for after in items[number + 1 :]),
        )
        written.append(_item(item, here, repeats))
    return "".join(written)


def _is_anchor(item: _Node) -> bool:
    return str(item[0]) == "AT"


def _item(node: _Node, place: _Place, repeats: int) -> str:
    op, argument = str(node[0]), node[1]
    match op:
        case "LITERAL":
            return _class([(argument, argument)], place.flags)
        case "NOT_LITERAL":
            return _class_text(_without(_cased([(argument, argument)], place.flags)))
        case "ANY":
            return _class_text([(0, _LAST)] if place.flags & re.DOTALL else [(0, 9), (11, _LAST)])
        case "IN":
            return _class_text(_in(argument, place.flags))
        case "BRANCH":
            return "(?:" + "|".join(_sequence(list(branch), place, repeats) for branch in argument[1]) + ")"
        case "SUBPATTERN":
            _, added, removed, inner = argument
            return "(?:" + _sequence(list(inner), place._replace(flags=(place.flags | added) & ~removed), repeats) + ")"
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _repeat(node, place, repeats)
        case "AT":
            return _anchor(str(argument), place)
        case "FAILURE":
            return _class_text([])
        case _:
            raise PatternError(_REFUSED.get(op, f"{op.lower()} differs between engines"))


_REFUSED = {
    "ASSERT": "look-around is not available on every engine",
    "ASSERT_NOT": "look-around is not available on every engine",
    "GROUPREF": "back-references are not available on every engine",
    "GROUPREF_EXISTS": "conditional groups are not available on every engine",
    "ATOMIC_GROUP": "atomic groups are not available on every engine",
    "POSSESSIVE_REPEAT": "possessive repeats are not available on every engine",
}


def _repeat(node: _Node, place: _Place, repeats: int) -> str:
    low, high, inner = int(node[1][0]), node[1][1], list(node[1][2])
    unbounded = high is _UNBOUNDED
    most = low if unbounded else int(high)
    product = repeats * max(most, 1)
    if product > MOST_REPEATS:
        message = f"repeats beyond {MOST_REPEATS} are not available on every engine"
        raise PatternError(message)
    # Inside a repeat nothing is first or last: the next round stands before and after it.
    body = _sequence(inner, place._replace(first=False, last=False), product)
    return f"(?:{body}){{{low},{'' if unbounded else most}}}"


def _anchor(at: str, place: _Place) -> str:
    multiline = bool(place.flags & re.MULTILINE)
    match at:
        case "AT_BEGINNING_STRING":
            return r"\A"
        case "AT_END_STRING":
            return r"\z"
        case "AT_BEGINNING" if not multiline:
            return r"\A"
        # A newline may be consumed in place of looking at it, if nothing else needs it.
        case "AT_BEGINNING" if place.first:
            return r"(?:\A|\x{A})"
        case "AT_END" if place.last:
            return r"(?:\z|\x{A})" if multiline else r"(?:\x{A}){0,1}\z"
        case "AT_BEGINNING" | "AT_END":
            message = "`^` and `$` in the middle of a pattern differ between engines"
            raise PatternError(message)
        case _:
            message = "word boundaries (`\\b`) differ between engines"
            raise PatternError(message)


def _in(items: list[_Node], flags: int) -> _Ranges:
    negated, ranges = False, list[tuple[int, int]]()
    # A category is what it is: the Kelvin sign in `\W` must not bring its small k along.
    fixed = list[tuple[int, int]]()
    for op, argument in items:
        match str(op):
            case "NEGATE":
                negated = True
            case "LITERAL":
                ranges.append((argument, argument))
            case "RANGE":
                ranges.append((argument[0], argument[1]))
            case "CATEGORY":
                name = str(argument)
                positive = _CATEGORIES[name.replace("_NOT_", "_")]
                fixed += _without(positive) if "_NOT_" in name else positive
            case other:
                message = f"{other.lower()} in a character class differs between engines"
                raise PatternError(message)
    cased = _merged(_cased(ranges, flags) + fixed)
    return _without(cased) if negated else cased


def _class(ranges: _Ranges, flags: int) -> str:
    cased = _cased(ranges, flags)
    if len(cased) == 1 and cased[0][0] == cased[0][1]:
        return _character(cased[0][0])
    return _class_text(cased)


def _cased(ranges: _Ranges, flags: int) -> _Ranges:
    if not flags & re.IGNORECASE:
        return _merged(ranges)
    more: _Ranges = []
    for low, high in ranges:
        # A range that spans whole planes holds both cases of nearly everything already.
        for point in range(low, min(high, low + 0x3000) + 1):
            more += [(other, other) for other in _cases(point)]
    return _merged(ranges + more)


@functools.cache
def _cases(point: int) -> frozenset[int]:
    letter = chr(point)
    if letter in {"\u212a", "\u0130"}:
        letter = "k" if letter == "\u212a" else "i"
    forms = {letter, letter.lower(), letter.upper(), letter.title(), _FOLDED_TO_ASCII.get(letter.lower(), letter)}
    return frozenset(ord(form) for form in forms if len(form) == 1)


def _merged(ranges: _Ranges) -> _Ranges:
    merged: _Ranges = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def _without(ranges: _Ranges) -> _Ranges:
    left: _Ranges = []
    start = 0
    for low, high in _merged(ranges):
        if start < low:
            left.append((start, low - 1))
        start = high + 1
    return [*left, (start, _LAST)] if start <= _LAST else left


def _class_text(ranges: _Ranges) -> str:
    if not ranges:
        # No character at all: an end that has something after it never matches.
        return r"\z\x{0}"
    inner = "".join(
        _character(low) if low == high else f"{_character(low)}-{_character(high)}" for low, high in _merged(ranges)
    )
    return f"[{inner}]"


def _character(point: int) -> str:
    letter = chr(point)
    return letter if letter.isascii() and (letter.isalnum() or letter in "_ ") else f"\\x{{{point:X}}}"
