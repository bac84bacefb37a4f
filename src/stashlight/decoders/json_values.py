"""
JSON values that are not one a line: arrays, pretty-printed and concatenated objects, streamed value by value.

Only brackets outside strings are counted here; whether a value is sound is the parser's business. An object that is
too large and merely wraps a list (`{"hits":{"hits":[…`, `{"records":[…`) is opened, so that a page of search results
of any size is read in bounded memory.
"""

import re
from collections.abc import Iterator

from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.event_ids import UNWANTED_KEY, id_pattern
from stashlight.decoders.json_records import MAX_RECORD, Filling, Repairs
from stashlight.decoders.stream import Stream

__all__ = ["end_of_value", "values"]

_BUFFER = 1 << 19
_MAX_RESTARTS = 100
_MAX_RESCANNED = 2 * MAX_RECORD
"""How often, and over how many bytes, a file may be picked up again after a broken value: without a bound, a file of
opening brackets would be looked at once from each of them."""

_MAX_DEPTH = 64
"""Lists around a record: real ones have one or two."""

# Up to and with the next bracket, strings passed over whole. Possessive, so that no text makes it go back.
_TO_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+[{}\[\]]', re.DOTALL)
_GAP = re.compile(rb"[\s,\0\x1e\xef\xbb\xbf]*+")
_WRAPPER = re.compile(
    rb'\{(?:[^{}\[\]]|\{[^{}\[\]]{0,500}\}){0,2000}?"(?:records|results|value|events|hits)"\s*:\s*'
    rb'(\{(?:[^{}\[\]]|\{[^{}\[\]]{0,500}\}){0,2000}?"hits"\s*:\s*)?\[(?=\s*\{)'
)
_RESTART = re.compile(rb"\n[ \t]{0,16}(?=\{)")
_OPENING = frozenset(b"{[")


def end_of_value(text: bytes) -> int | None:
    """Give where the first value of `text` ends, None if it does not end in it."""
    depth = at = 0
    while found := _TO_BRACKET.match(text, at):
        at = found.end()
        depth += 1 if text[at - 1] in _OPENING else -1
        if depth <= 0:
            return at
    return None


def values(stream: Stream, wanted: Wanted, repairs: Repairs, *, strict: bool) -> Iterator[Batch]:
    """Give every object, at the top or in a list; its position is its number."""
    walk = _Walk(None if wanted.ids is None else id_pattern(wanted.ids))
    while True:
        # A value that is still open is looked at again from its last bracket: doubling keeps that linear.
        piece = stream.read(max(_BUFFER, len(walk.buffer)))
        part = Filling(stream.name, wanted, repairs, strict)
        walk.buffer += piece
        walk.step(part, final=not piece)
        yield part.batch(len(piece))
        if not piece:
            return


class _Walk:
    """Where the reader stands: what is open around it, and where the value that it is in began."""

    def __init__(self, ids: re.Pattern[bytes] | None) -> None:
        self.buffer = bytearray()
        self.offset = 0  # of the buffer's first byte in the file
        self.at = 0  # next byte to look at
        self.start = -1  # of the value that is open, -1 between values
        self.depth = 0  # within that value
        self.around: list[int] = []  # brackets of the lists and wrappers around it
        self.number = 0
        self.restarts = self.rescanned = 0
        self.dropping = False
        self.ids = ids

    def step(self, part: Filling, *, final: bool) -> None:
        """Take in what the buffer holds."""
        while True:
            if self.dropping and not self._resume():
                self._forget(len(self.buffer))
                return
            while not self.dropping and (found := _TO_BRACKET.match(self.buffer, self.at)):
                self._bracket(part, found.end())
            if self.dropping:
                continue
            if self.start < 0:
                if final or len(self.buffer) - self.at > _BUFFER:
                    self._gap(part, len(self.buffer))
                    self.at = len(self.buffer)
                self._forget(self.at)
                return
            if len(self.buffer) - self.start > MAX_RECORD:
                self._too_long(part)
            elif final:
                self._broken(part, "value without an end")
            else:
                self._forget(self.start)
                return

    def _bracket(self, part: Filling, end: int) -> None:
        bracket = self.buffer[end - 1]
        if self.start < 0:
            self._gap(part, end - 1)
            if bracket == ord("{"):
                self.start, self.depth = end - 1, 1
            elif bracket == ord("[") and len(self.around) < _MAX_DEPTH:
                self.around.append(bracket)
            elif bracket == ord("["):
                self.start = end - 1
                self._broken(part, f"lists nested deeper than {_MAX_DEPTH}")
                return
            elif self.around:
                self.around.pop()
            else:
                part.reject(f"byte {self.offset + end - 1}", f"{chr(bracket)!r} without a beginning")
        elif bracket in _OPENING:
            self.depth += 1
        else:
            self.depth -= 1
            if not self.depth:
                if end - self.start > MAX_RECORD:
                    self._too_long(part)
                    return
                self._value(part, end)
        self.at = end

    def _value(self, part: Filling, end: int) -> None:
        raw = bytes(self.buffer[self.start : end])
        where = f"record {self.number + 1}, byte {self.offset + self.start}"
        self.start = -1
        if self.around and self.around[-1] == ord("{"):
            return  # something else in a wrapper that was opened: aggregations, paging
        self.number += 1
        kinds = {hit.lastindex for hit in self.ids.finditer(raw)} if self.ids else set[int | None]()
        if UNWANTED_KEY in kinds and kinds <= {UNWANTED_KEY, None}:
            if part.strict:
                part.check(raw, where)
            else:
                part.skipped += 1
        else:
            part.add(raw, self.number, where)

    def _gap(self, part: Filling, end: int) -> None:
        """Between values there may be commas and blanks; anything else is not JSON, or not an object."""
        if not (self.around and self.around[-1] == ord("{")):
            gap = _GAP.match(self.buffer, self.at, end)
            if gap and gap.end() < end:
                text = bytes(self.buffer[gap.end() : min(end, gap.end() + 40)])
                self.number += 1
                where = f"record {self.number}, byte {self.offset + gap.end()}"
                part.reject(where, f"{text.decode('utf-8', 'replace')!r} where an object was expected")

    def _too_long(self, part: Filling) -> None:
        if not self._open_wrapper():
            self._broken(part, f"longer than {MAX_RECORD:,} bytes")

    def _open_wrapper(self) -> bool:
        found = _WRAPPER.match(self.buffer, self.start)
        if not found:
            return False
        self.around += [ord("{"), ord("{"), ord("[")] if found[1] else [ord("{"), ord("[")]
        self.at, self.start, self.depth = found.end(), -1, 0
        return True

    def _broken(self, part: Filling, reason: str) -> None:
        self.number += 1
        part.reject(f"record {self.number}, byte {self.offset + self.start}", reason)
        self.at = self.start + 1
        self.start, self.depth, self.dropping = -1, 0, True
        self.restarts += 1
        self.rescanned += len(self.buffer) - self.at
        if self.restarts == _MAX_RESTARTS or self.rescanned > _MAX_RESCANNED:
            self.restarts = _MAX_RESTARTS
            part.reject(f"byte {self.offset + self.at}", "too many broken values: the rest is not read")

    def _resume(self) -> bool:
        """Go on at the next line that begins with an object."""
        if self.restarts >= _MAX_RESTARTS:
            return False
        found = _RESTART.search(self.buffer, self.at)
        if not found:
            return False
        self.at, self.dropping = found.end(), False
        return True

    def _forget(self, used: int) -> None:
        """Drop what is behind; while dropping keep a line's start that may be cut."""
        if self.dropping and self.restarts < _MAX_RESTARTS:
            tail = self.buffer.rfind(b"\n", max(0, len(self.buffer) - 20))
            used = tail if tail >= self.at else len(self.buffer)
        del self.buffer[:used]
        self.offset += used
        self.at = max(0, self.at - used)
        if self.start >= 0:
            self.start -= used
