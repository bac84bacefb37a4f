"""
One JSON object a line.

Event ids are looked for in the whole buffer (`event_ids`), and only lines that may be wanted are parsed. A line is
left unparsed only if it says an unwanted id as a key of its own (`"EventID":5`) and no wanted or odd id anywhere:
`{"ActionType":…}`, `"code":"11"`, `{"EventID":{"#text":1}}`, escaped JSON, XML in a string and everything that has
no id at all are parsed. Or if its only id is one that is asked about (`Wanted.bodies`), and the answer is no.
"""

import re
from collections.abc import Iterator

from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.event_ids import ASKED, OTHER, UNWANTED, mentions
from stashlight.decoders.json_bodies import holds, text_of
from stashlight.decoders.json_records import MAX_RECORD, Filling, Repairs
from stashlight.decoders.native import Lines
from stashlight.decoders.stream import Stream

__all__ = ["lines"]

_BUFFER = 1 << 19
"""Bytes a read. Half a megabyte stays in a core's cache between reading, looking and parsing: 1.9 s against 2.3 s for
4 MB on 1.2 GB."""

_UNEVENTFUL = 2 << 20
"""Bytes after which a batch is given although nothing in it needs parsing or telling."""

_AS_KEY = 16
_ONE_KEY = 1 + _AS_KEY
_SURE = 1 << 30
"""Sums over a line: each mention of an id that is asked about counts 1, and more if it is a key of its own; with any
other that may be wanted the line is parsed for sure."""

_ENDING = re.compile(rb"\d{1,9}\Z")

_ENDS = frozenset(b"}\r")
"""How a whole line ends; one that does not is parsed, so that a half line is reported even if it is not wanted."""


def lines(stream: Stream, wanted: Wanted, repairs: Repairs, *, strict: bool) -> Iterator[Batch]:
    """Give the objects of each line; their position is the line number."""
    framer = _Framer(wanted, strict=strict)
    while True:
        part = Filling(stream.name, wanted, repairs, strict)
        before, size = framer.line, 0
        while got := framer.step(stream, part):
            size += got
            if part.records or part.problems or size >= _UNEVENTFUL:
                break
        else:
            framer.give_last(part)
        yield part.batch(size, framer.line - before)
        if not got:
            return


class _Framer:
    """A buffer that is filled, cut into lines up to its last newline, and moved on."""

    def __init__(self, wanted: Wanted, *, strict: bool) -> None:
        self.holds = None if wanted.ids is None else holds(wanted.bodies)
        self.mark = wanted.bodies.mark
        self.fields = {event_id: (name, unless) for event_id, name, unless in wanted.bodies.fields}
        asked = frozenset[int]() if self.holds is None else wanted.bodies.ids
        self.native = None if strict or wanted.native is None else wanted.native.lines(MAX_RECORD)
        self.mentions = None if wanted.ids is None or self.native is not None else mentions(wanted.ids, asked)
        self.buffer = bytearray(2 * _BUFFER)
        self.used = 0
        self.line = 0  # number of the last line that was cut
        self.offset = 0  # of the buffer's first byte in the file
        self.dropping = False  # inside a line that is too long
        # Of the lines that are spared: whether the first was given; those of this cut; the last before: where, and bytes.
        self.first = False
        self.here: list[tuple[int, int, int]] = []
        self.last: tuple[int, str, bytes] | None = None

    def step(self, stream: Stream, part: Filling) -> int:
        """Read once and take in the whole lines; give how many bytes came."""
        if len(self.buffer) - self.used < _BUFFER:
            self.buffer.extend(bytes(len(self.buffer)))
        with memoryview(self.buffer) as view:
            got = stream.readinto(view[self.used : self.used + _BUFFER])
        self.used += got
        if not got and self.used and not self.dropping:
            self.buffer[self.used : self.used + 1] = b"\n"  # the last line may lack its own
            self.used += 1
        start, end = 0, self.buffer.rfind(b"\n", 0, self.used) + 1
        if self.dropping:
            start = self.buffer.find(b"\n", 0, self.used) + 1
            self.dropping = not start
            self.line += not self.dropping
        if self.native is not None and start < end:
            self._look(self.native, start, end, part)
        else:
            self._cut(start, end, part)
        self._move(self.used if self.dropping else end)
        if self.used > MAX_RECORD:
            part.reject_long(f"line {self.line + 1}, byte {self.offset}")
            self._move(self.used)
            self.dropping = True
        return got

    def _move(self, end: int) -> None:
        rest = self.used - end
        self.buffer[:rest] = self.buffer[end : self.used]
        self.used, self.offset = rest, self.offset + end

    def _look(self, native: Lines, start: int, end: int, part: Filling) -> None:
        """Have the lines of buffer[start:end] looked at, and parse what is not plain."""
        passed, spared, taken, last, others = native.cut(self.buffer, start, end, self.line)
        self.line += passed + spared + taken + len(others)
        part.skipped += passed
        part.spared += spared
        part.taken += taken
        with memoryview(self.buffer) as view:
            for number, begin, stop in others:
                part.add(bytes(view[begin:stop]), number, f"line {number}, byte {self.offset + begin}")
            if last is not None:
                number, begin, stop = last
                self.last = number, f"line {number}, byte {self.offset + begin}", bytes(view[begin:stop])

    def _cut(self, start: int, end: int, part: Filling) -> None:
        """Parse or skip each line of buffer[start:end], which ends with a newline."""
        buffer, find = self.buffer, self.buffer.find
        stop = start - 1  # where the line that is looked at ends; nothing yet
        unwanted = more = False
        asked = told = 0
        skips = not part.strict
        passed = 0  # lines skipped but not counted yet: most are, and this loop is what they cost
        self.here.clear()
        for hit in self.mentions(buffer, start, end) if self.mentions and start < end else ():
            at = hit >> 2
            while at > stop:
                if stop >= start:
                    if (
                        unwanted
                        and skips
                        and not (more or asked)
                        and buffer[stop - 1] in _ENDS
                        and stop - start <= MAX_RECORD
                    ):
                        passed += 1
                    else:
                        self._pass(passed, part)
                        passed = 0
                        self._line(start, stop, part, _SURE if more else asked, told, unwanted=unwanted)
                    start = stop + 1
                stop = find(b"\n", start, end)
                unwanted = more = False
                asked = 0
            kind = hit & 3
            if kind == UNWANTED:
                unwanted = True
            elif kind == OTHER:
                more = True
            else:
                asked += 1 if kind == ASKED else _AS_KEY
                told = at
        self._pass(passed, part)
        while start < end:
            stop = stop if stop >= start else find(b"\n", start, end)
            self._line(start, stop, part, _SURE if more else asked, told, unwanted=unwanted)
            start = stop + 1
            unwanted = more = False
            asked = 0
        if self.here:
            start, stop, number = self.here[-1]
            self.last = number, f"line {number}, byte {self.offset + start}", bytes(buffer[start:stop])

    def _pass(self, lines: int, part: Filling) -> None:
        self.line += lines
        part.skipped += lines

    def _line(self, start: int, stop: int, part: Filling, asked: int, told: int, *, unwanted: bool) -> None:
        """Take a line in; `told` is where the id that is asked about ends."""
        self.line += 1
        wanted = bool(asked) or not unwanted
        is_whole = self.buffer[stop - 1] in _ENDS and stop - start <= MAX_RECORD
        if is_whole and not part.strict:
            if not wanted:
                part.skipped += 1
                return
            if asked == _ONE_KEY and self._is_spared(start, stop, told, part):
                return
        where = f"line {self.line}, byte {self.offset + start}"
        with memoryview(self.buffer) as view:
            raw = bytes(view[start:stop])
        if is_whole and not wanted:
            part.check(raw, where)
        else:
            part.add(raw, self.line, where)

    def _is_spared(self, start: int, stop: int, told: int, part: Filling) -> bool:
        """Tell whether a line that is asked about can be left unparsed: not the first, and for now not the last."""
        if self.holds is None or self.buffer.find(self.mark, start, stop) < 0:
            return False
        with memoryview(self.buffer) as view:
            record = bytes(view[start:stop])
        number = _ENDING.search(record, 0, told - start)
        if number and (field := self.fields.get(int(number[0]))):
            record = text_of(record, *field)
        if self.holds(record):
            return False
        if not self.first:
            self.first = True
            return False
        self.here.append((start, stop, self.line))
        part.spared += 1
        return True

    def give_last(self, part: Filling) -> None:
        """Parse the last line that was spared after all: then it is known how far the log goes."""
        if self.last is not None:
            number, where, raw = self.last
            part.spared -= 1
            part.add(raw, number, where)
            part.records.sort(key=lambda record: record.position)
