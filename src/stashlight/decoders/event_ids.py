r"""
Where a buffer mentions event ids: what lines are judged by without being parsed.

A *mention* is `Event` + `ID`, `Id`, `_id` or `Code` in any JSON, escaped JSON, XML or prose. It is unwanted if a number
follows that nobody wants; as a key of its own (`"EventID":5`) it says so of the line, in any other form it says nothing.
A quote inside a JSON string is escaped, so nothing that an attacker writes into a value can pass for such a key.

`hyperscan` finds mentions at some 2.8 GB/s, `re`, which stands in where there is no wheel of it, at a third of that.
"""

import contextlib
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

from stashlight.decoders.searching import hyperscan

__all__ = [
    "ASKED",
    "ASKED_KEY",
    "OTHER",
    "UNWANTED",
    "UNWANTED_KEY",
    "Mentions",
    "by_hyperscan",
    "by_re",
    "id_pattern",
    "mentions",
]

UNWANTED, OTHER, ASKED, ASKED_KEY = range(4)
"""A key with an unwanted number; a wanted number or something odd; a number to be asked about, and that as a key too."""

UNWANTED_KEY = 1
"""The group of `id_pattern` that says: a key of its own, with an id that nobody wants."""

Mentions = Callable[[bytearray, int, int], list[int]]
"""
Give the mentions in buffer[start:end], which ends with a newline, in order: `at << 2 | kind`. `at` is in the line or at
its end; of ASKED it is where the number ends.
"""

_NAME: Final = rb"(?:_?[iI][dD]|[cC]ode)"
_KEY: Final = rb'"[Ee]vent' + _NAME + rb'"[ \t\r]{0,4}:[ \t\r]{0,4}"?'
_BETWEEN: Final = rb" \t\r\f\v\"'\\:=>"


_WORTH: Final = 16 << 20
"""Bytes from which on hyperscan is worth its import and what it compiles first, 20 ms."""


@lru_cache(maxsize=8)
def mentions(ids: frozenset[int], asked: frozenset[int] = frozenset(), worth: int = _WORTH) -> Mentions:
    """
    Make what finds mentions; of the wanted `ids`, those `asked` are told apart.

    The first `worth` bytes are searched by `re`, as all are where there is no hyperscan.
    """
    find = by_re(id_pattern(ids, asked))
    searched, is_slow = 0, True

    def found(buffer: bytearray, start: int, end: int) -> list[int]:
        nonlocal find, searched, is_slow
        if is_slow:
            if searched >= worth:
                find, is_slow = by_hyperscan(ids - asked, asked & ids) or find, False
            searched += end - start
        return find(buffer, start, end)

    return found


def id_pattern(ids: frozenset[int], asked: frozenset[int] = frozenset()) -> re.Pattern[bytes]:
    """
    Find every mention of an event id.

    The last group: 1 a key with an unwanted number; 2 a key with a number to be asked about; 4 anything else but text.
    An unwanted number in escaped JSON, XML or prose matches without a group: it says nothing about the line.
    The literal "vent" comes first because `re` looks for a literal start at memory speed, ten times that of a class.
    """
    wanted = b"|".join(str(i).encode() for i in sorted(ids, reverse=True)) or b"(?!)"
    special = b"|".join(str(i).encode() for i in sorted(asked & ids, reverse=True)) or b"(?!)"
    other = rb"(?!0{0,8}(?:" + wanted + rb")(?!\d))\d"
    between = rb"(?:\\u00[0-9a-fA-F]{2}|[\s\"'\\:=>]){0,12}+"
    key = rb'(?<="[Ee]vent)' + _NAME + rb'"\s{0,4}:\s{0,4}"?'
    return re.compile(
        b"vent(?:"
        + b"|".join(
            (
                key + other + rb"()",
                _NAME + between + other,
                key + rb"(?=(?P<asked>" + special + rb")(?!\d))",
                _NAME + rb"()",
            )
        )
        + b")"
    )


def by_re(pattern: re.Pattern[bytes]) -> Mentions:
    """Find mentions with `re`."""

    def found(buffer: bytearray, start: int, end: int) -> list[int]:
        hits: list[int] = []
        for hit in pattern.finditer(buffer, start, end):
            if (kind := hit.lastindex) == UNWANTED_KEY:
                hits.append(hit.start() << 2 | UNWANTED)
            elif kind == 2:
                at = hit.end("asked") << 2
                hits += (at | ASKED, at | ASKED_KEY)
            elif kind is not None:
                hits.append(hit.start() << 2 | OTHER)
        return hits

    return found


def by_hyperscan(wanted: frozenset[int], asked: frozenset[int]) -> Mentions | None:
    """Find mentions with hyperscan, if it is there; what is `asked` is not among the `wanted`."""
    module = hyperscan()
    if module is None:
        return None
    # It refuses processors without SSSE3.
    with contextlib.suppress(module.error):
        return _by_hyperscan(module, wanted, asked)
    return None


def _by_hyperscan(module: Any, wanted: frozenset[int], asked: frozenset[int]) -> Mentions:  # noqa: ANN401 - a module without stubs
    between = b"[" + _BETWEEN + b"]{0,12}"
    # Newlines are not between: a match never reaches into the next line but for its last byte.
    patterns: list[tuple[int, bytes]] = [
        (UNWANTED, _KEY + _unwanted(wanted | asked)),
        (OTHER, b"vent" + _NAME + between + b"[^0-9" + _BETWEEN + b"]"),
        (OTHER, b"vent" + _NAME + b"[" + _BETWEEN + b"]{13}"),
        (OTHER, b"vent" + _NAME + between + b"0[0-9]"),
    ]
    if wanted:
        patterns.append((OTHER, b"vent" + _NAME + between + b"(?:" + _numbers(wanted) + b")[^0-9]"))
    if asked:
        patterns.append((ASKED, b"vent" + _NAME + between + b"(?:" + _numbers(asked) + b")[^0-9]"))
        patterns.append((ASKED_KEY, _KEY + b"(?:" + _numbers(asked) + b")[^0-9]"))
    database: Any = module.Database(mode=module.HS_MODE_BLOCK)
    database.compile(
        expressions=[text for _, text in patterns],
        ids=[kind for kind, _ in patterns],
        flags=[module.HS_FLAG_DOTALL] * len(patterns),
    )
    hits: list[int] = []

    def take(kind: int, _start: int, end: int, _flags: int, base: int) -> None:
        hits.append((base + end - 1) << 2 | kind)

    def found(buffer: bytearray, start: int, end: int) -> list[int]:
        hits.clear()
        with memoryview(buffer) as view, view[start:end] as part:
            database.scan(part, match_event_handler=take, context=start)
        return hits

    return found


def _numbers(ids: Iterable[int]) -> bytes:
    return b"|".join(str(i).encode() for i in sorted(ids))


def _unwanted(ids: Iterable[int]) -> bytes:
    """Give a pattern of every number but these, without looking ahead; numbers with a 0 before them are left out."""
    texts = {str(i) for i in ids}

    def after(start: str) -> str:
        digits = "123456789" if not start else "0123456789"
        longer = {d for d in digits if any(t.startswith(start + d) for t in texts)}
        ways = [f"{d}{after(start + d)}" for d in sorted(longer)]
        if others := "".join(d for d in digits if d not in longer):
            ways.append(f"[{others}]")
        if start and start not in texts:
            ways.append("[^0-9]")
        if not start and "0" not in texts:
            ways.append("0[^0-9]")
        return f"(?:{'|'.join(ways)})"

    return after("").encode()
