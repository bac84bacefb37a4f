"""
JSON: one object a line (NDJSON), arrays, pretty-printed or concatenated objects.

One object a line is read fast: a regular expression over the whole buffer finds event ids, and only lines that may be
wanted are parsed. A line is left unparsed only if it says an unwanted id as a key of its own (`"EventID":5`) and no
wanted or odd id anywhere: `{"ActionType":…}`, `"code":"11"`, `{"EventID":{"#text":1}}`, escaped JSON, XML in a string
and everything that has no id at all are parsed. A quote inside a JSON string is escaped, so nothing that an attacker
writes into a value can pass for such a key.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.envelopes import unwrap
from stashlight.decoders.json_text import JsonError, dump, load
from stashlight.decoders.record import Record
from stashlight.decoders.stream import Stream
from stashlight.errors import Problem

__all__ = ["MAX_RECORD", "decode", "fits"]

MAX_RECORD = 16 << 20
"""Bytes. The largest event that any of the carriers takes is 1 MB (Event Hub, HEC); a page of 10,000 search hits, 16."""

_BUFFER = 1 << 20
_BLANK = b" \t\r\0"
_ENDS = frozenset(b"}\r")
"""How a whole line ends; one that does not is parsed, so that a half line is reported even if it is not wanted."""
_UNWANTED_KEY = 1


def fits(head: bytes) -> int:
    """Begins as JSON does; or, after a broken first line, has lines that do."""
    start = head.lstrip(b" \t\r\n\0")
    if start[:1] == b"{" and re.match(rb'\{\s*["}]', start):
        return 80
    if start[:1] == b"[" and re.match(rb"\[\s*[\[{\]]", start):
        return 80
    return 45 if re.search(rb'\n[ \t]{0,8}\{"[^"\n]{1,200}"\s?:', head) else 0


def decode(stream: Stream, wanted: Wanted, *, strict: bool) -> Iterator[Batch]:
    """Give every object, unwrapped; its position is its line number, or its number in an array."""
    repairs = _Repairs()
    yield from _lines(stream, wanted, repairs, strict=strict)
    if repairs.count:
        reason = f"records that are not clean JSON ({repairs.why}); kept, with U+FFFD where something was unreadable"
        yield Batch(problems=[Problem(stream.name, "", reason, repairs.count)], format="json")


@dataclass(slots=True)
class _Repairs:
    """How many records were kept although they were not clean."""

    count: int = 0
    why: str = ""

    def note(self, why: str) -> None:
        self.count += 1
        self.why = self.why or why


@dataclass(slots=True)
class _Part:
    """The batch that is being filled."""

    name: str
    wanted: Wanted
    repairs: _Repairs
    strict: bool
    records: list[Record] = field(default_factory=list[Record])
    problems: list[Problem] = field(default_factory=list[Problem])
    skipped: int = 0

    def reject(self, line: int, byte: int, reason: str) -> None:
        self.problems.append(Problem(self.name, f"line {line}, byte {byte}", reason))

    def reject_long(self, line: int, byte: int) -> None:
        self.reject(line, byte, f"line longer than {MAX_RECORD:,} bytes")

    def check(self, raw: bytes, line: int, byte: int) -> None:
        """Parse a line that is not wanted, only to see that it is sound."""
        try:
            load(raw.strip(_BLANK))
        except JsonError as error:
            self.reject(line, byte, str(error))
            self.skipped -= 1

    def add_line(self, raw: bytes, line: int, byte: int) -> None:
        if not (content := raw.strip(_BLANK)):
            return
        if len(raw) > MAX_RECORD:
            self.reject_long(line, byte)
            return
        try:
            value, repair = load(content)
        except JsonError as error:
            self.reject(line, byte, str(error))
            return
        if repair:
            self.repairs.note(repair)
        items = cast("list[object]", value) if isinstance(value, list) else [value]
        for item in items:
            if not isinstance(item, dict):
                self.reject(line, byte, f"a JSON {type(item).__name__} where an object was expected")
                continue
            found = list(unwrap(cast("dict[str, object]", item), self.wanted))
            alone = len(items) == 1 and len(found) == 1
            # Of several records in one line each has its own bytes, so that each has its own key.
            self.records.extend(Record(f, line, content if alone else dump(f)) for f in found)
            self.skipped += not found

    def batch(self, size: int) -> Batch:
        return Batch(self.records, self.problems, self.skipped, size, "json", rejected=len(self.problems))


def _lines(stream: Stream, wanted: Wanted, repairs: _Repairs, *, strict: bool) -> Iterator[Batch]:
    buffer = bytearray(2 * _BUFFER)
    used = line = offset = 0
    dropping = False
    ids = None if wanted.ids is None else _ids(wanted.ids)
    while True:
        if len(buffer) - used < _BUFFER:
            buffer.extend(bytes(len(buffer)))
        with memoryview(buffer) as view:
            got = stream.readinto(view[used : used + _BUFFER])
        used += got
        part = _Part(stream.name, wanted, repairs, strict)
        end = buffer.rfind(b"\n", 0, used) + 1
        if not got:
            if used and not dropping:
                buffer[used : used + 1] = b"\n"
                _scan(buffer, (0, used + 1), line, offset, ids, part)
            yield part.batch(got)
            return
        start = 0
        if dropping and end:
            start = buffer.find(b"\n", 0, used) + 1
            line += 1
            dropping = False
        line = _scan(buffer, (start, end), line, offset, ids, part)
        if dropping:
            end = used
        rest = used - end
        buffer[:rest] = buffer[end:used]
        used, offset = rest, offset + end
        if used > MAX_RECORD:
            part.reject_long(line + 1, offset)
            offset += used
            used, dropping = 0, True
        yield part.batch(got)


def _scan(
    buffer: bytearray, span: tuple[int, int], line: int, offset: int, ids: re.Pattern[bytes] | None, part: _Part
) -> int:
    """Parse or skip each line of `buffer` within `span`, which ends with a newline; give the number of the last line."""
    start, end = span
    find = buffer.find
    stop = start - 1
    says_unwanted = says_more = False
    skipped = 0
    with memoryview(buffer) as view:
        for hit in ids.finditer(buffer, start, end) if ids else ():
            if (at := hit.start()) > stop:
                if stop >= start:
                    line += 1
                    if says_unwanted and not says_more and stop - start <= MAX_RECORD and buffer[stop - 1] in _ENDS:
                        skipped += 1
                        if part.strict:
                            part.check(bytes(view[start:stop]), line, offset + start)
                    else:
                        part.add_line(bytes(view[start:stop]), line, offset + start)
                    start = stop + 1
                stop = find(b"\n", start, end)
                while stop < at:  # lines that say no id at all
                    line += 1
                    part.add_line(bytes(view[start:stop]), line, offset + start)
                    start = stop + 1
                    stop = find(b"\n", start, end)
                says_unwanted = says_more = False
            kind = hit.lastindex
            if kind == _UNWANTED_KEY:
                says_unwanted = True
            elif kind is not None:
                says_more = True
        if stop >= start:
            line += 1
            if says_unwanted and not says_more and stop - start <= MAX_RECORD and buffer[stop - 1] in _ENDS:
                skipped += 1
                if part.strict:
                    part.check(bytes(view[start:stop]), line, offset + start)
            else:
                part.add_line(bytes(view[start:stop]), line, offset + start)
            start = stop + 1
        while start < end:
            stop = find(b"\n", start, end)
            line += 1
            part.add_line(bytes(view[start:stop]), line, offset + start)
            start = stop + 1
    part.skipped += skipped
    return line


def _ids(ids: frozenset[int]) -> re.Pattern[bytes]:
    """
    Find every mention of an event id. Group 1: a key with an unwanted number; group 2: anything else but text.

    An unwanted number in escaped JSON, XML or prose matches without a group: it says nothing about the line.
    The literal "vent" comes first because `re` looks for a literal start at memory speed, ten times that of a class.
    """
    wanted = b"|".join(str(i).encode() for i in sorted(ids, reverse=True)) or b"(?!)"
    name = rb"(?:_?[iI][dD]|[cC]ode)"
    other = rb"(?!0{0,8}(?:" + wanted + rb")(?!\d))\d"
    between = rb"(?:\\u00[0-9a-fA-F]{2}|[\s\"'\\:=>]){0,12}+"
    key = rb'(?<="[Ee]vent)' + name + rb'"\s{0,4}:\s{0,4}"?' + other + rb"()"
    return re.compile(rb"vent(?:" + key + rb"|" + name + between + other + rb"|" + name + rb"())")
