"""
CSV with a header row, as portals and query tools export it.

Source: https://www.rfc-editor.org/rfc/rfc4180; the delimiter (comma, semicolon, tab) is found by looking.
"""

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.envelopes import unwrap
from stashlight.decoders.record import Record
from stashlight.decoders.stream import Stream
from stashlight.decoders.text_lines import Line, text_lines
from stashlight.errors import Problem

__all__ = ["decode", "fits"]

MAX_ROW = 4 << 20
"""Bytes until a quote must have closed: an unbalanced one would else swallow the rest of the file."""

_NAME = re.compile(r"[\w@$#.\-()/: \[\]%]{1,128}")
_HINT = re.compile(r"\A\s*sep=.\r?\n")  # Excel's own
_DELIMITERS = ",;\t"
_ID_COLUMNS = ("EventID", "EventCode", "event_id", "Id", "winlog.event_id")


def fits(head: bytes) -> int:
    """Two or more named columns, all different, and a second row that has as many."""
    if b"\0" in head[:512]:
        return 0
    text = _HINT.sub("", head.decode("utf-8", "replace"))
    delimiter = _delimiter(text)
    if not delimiter:
        return 0
    try:
        rows = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 2))
    except csv.Error:
        return 0
    header = [name.strip() for name in rows[0]] if rows else []
    if len(header) < 2 or len(set(header)) < len(header) or not all(_NAME.fullmatch(name) for name in header):
        return 0
    if len(rows) < 2:
        return 20
    return 60 if len(rows[1]) == len(header) else 25 if len(header) > 4 else 0


def decode(stream: Stream, wanted: Wanted, *, strict: bool) -> Iterator[Batch]:  # noqa: ARG001 - every row is parsed
    """Give every row as a dict; its position is the line on which it begins. Empty cells stay, as ""."""
    table = _Table(_delimiter(stream.head.decode("utf-8", "replace")) or ",")
    for lines, size in text_lines(stream):
        yield _batch(table.rows(lines), table, stream.name, wanted, size)
    yield _batch(table.rest(), table, stream.name, wanted, 0)


Row = tuple[int, bytes, list[str] | str]
"""Line, bytes, and the cells or what is wrong."""


def _batch(rows: Iterator[Row], table: "_Table", name: str, wanted: Wanted, size: int) -> Batch:
    batch = Batch()
    skipped = 0
    for number, raw, cells in rows:
        if isinstance(cells, str):
            batch.problems.append(Problem(name, f"line {number}", cells))
            continue
        fields: dict[str, object] = dict(zip(table.header, cells, strict=True))
        found = unwrap(fields, wanted) if wanted.takes(_id(fields)) else ()
        batch.records.extend(Record(each, number, raw) for each in found)
        skipped += not found
    return Batch(batch.records, batch.problems, skipped, size, "csv", rejected=len(batch.problems))


class _Table:
    """Lines → rows. A quoted field may span lines, so a row is put together until its quotes are closed."""

    def __init__(self, delimiter: str) -> None:
        self.header: list[str] = []
        self._delimiter = delimiter
        self._opened: list[tuple[int, bytes]] = []
        self._opened_bytes = 0
        cell = rf'(?:"(?:[^"]|"")*+"|(?!")[^{delimiter}]*+)'
        self._open_quote = re.compile(rf'(?:{cell}{delimiter})*+"(?:[^"]|"")*+\Z'.encode())

    def rows(self, lines: list[Line]) -> Iterator[Row]:
        for number, line in lines:
            if line is None:
                yield number, b"", "line longer than any row"
            else:
                yield from self._line(number, line)

    def rest(self) -> Iterator[Row]:
        """The file ended: a quote that is still open was never closed."""
        while self._opened:
            yield from self._unclosed()

    def _line(self, number: int, line: bytes) -> Iterator[Row]:
        odd = line.count(b'"') % 2 == 1
        if not self._opened and not odd:
            yield from self._row(number, line)
            return
        self._opened.append((number, line))
        self._opened_bytes += len(line) + 1
        if odd:
            raw = b"\n".join(line for _, line in self._opened)
            if not self._open_quote.match(raw):
                first = self._opened[0][0]
                self._opened, self._opened_bytes = [], 0
                yield from self._row(first, raw)
                return
        if self._opened_bytes > MAX_ROW:
            yield from self._unclosed()

    def _unclosed(self) -> Iterator[Row]:
        """Give up the row that opened the quote, take the lines after it as rows of their own."""
        (number, line), *after = self._opened
        self._opened, self._opened_bytes = [], 0
        yield number, line, "a quote that is never closed"
        for each in after:
            yield from self._line(*each)

    def _row(self, number: int, raw: bytes) -> Iterator[Row]:
        if not raw.strip(b" \t\r\0") or (not self.header and raw.startswith(b"sep=")):
            return
        csv.field_size_limit(MAX_ROW)  # Python's own bound, 131,072 characters, is below a script block's
        text = raw.rstrip(b"\r").decode("utf-8", "replace").replace("\0", "\ufffd")
        try:
            cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter))
        except (csv.Error, StopIteration) as error:
            yield number, raw, f"malformed row: {error}"
            return
        if not self.header:
            self.header = [name.strip() for name in cells]
        elif len(cells) != len(self.header):
            yield number, raw, f"{len(cells)} cells where the header has {len(self.header)}"
        elif cells != self.header:  # exports that were put together repeat it
            yield number, raw, cells


def _delimiter(text: str) -> str:
    """Take the one that occurs most in the first line."""
    first = _HINT.sub("", text).lstrip("\r\n").partition("\n")[0]
    best = max(_DELIMITERS, key=first.count)
    return best if best in first else ""


def _id(fields: dict[str, object]) -> int | None:
    for name in _ID_COLUMNS:
        value = fields.get(name)
        if isinstance(value, str) and value.isdecimal() and len(value) < 10:
            return int(value)
    return None
