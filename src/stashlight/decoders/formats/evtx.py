"""
Windows event log files, by the `evtx` package, chunk by chunk.

An EVTX file is a header of 4,096 bytes and chunks of 65,536, each complete in itself, so each is given to the parser
alone: a damaged one costs only itself, memory stays at one chunk, no seeking is needed, and what a chunk's header
promises (first and last record id) can be held against what came out of it.
Source: https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from evtx import PyEvtxParser

from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.json_text import JsonError, load
from stashlight.decoders.native import Native, Seen
from stashlight.decoders.record import Record
from stashlight.decoders.stream import Stream
from stashlight.errors import Problem

__all__ = ["MAGIC", "decode", "fits", "whole_logs"]

MAGIC = b"ElfFile\0"
_CHUNK = b"ElfChnk\0"
_HEADER_BYTES = 4096
_CHUNK_BYTES = 65536
_CHUNK_HEADER_BYTES = 512
_UNUSED = 0xFFFFFFFFFFFFFFFF
_DIRTY = 1
_MOST_RECORDS = _CHUNK_BYTES // 24
"""No chunk can hold more: a record's frame alone has 24 bytes. Also the stop for a parser that goes round."""

# {"EventID":11, and {"EventID":{"#attributes":{"Qualifiers":0},"#text":325}
_ID = re.compile(r'"EventID":(?:(\d+)|\{(?:"#attributes":\{[^{}]*\},)?"#text":(\d+))')


def _file_header() -> bytes:
    """Make the file header that the parser asks for, for a file of one chunk."""
    fields = struct.pack("<8sQQQIHHHH", MAGIC, 0, 0, 1, 128, 1, 3, _HEADER_BYTES, 1).ljust(120, b"\0")
    return (fields + struct.pack("<II", 0, zlib.crc32(fields))).ljust(_HEADER_BYTES, b"\0")


_HEADER = _file_header()


def fits(head: bytes) -> int:
    """By its magic; also if only the file header is damaged and the first chunk stands where it should."""
    if head.startswith(MAGIC):
        return 100
    return 95 if head[_HEADER_BYTES : _HEADER_BYTES + 8] == _CHUNK else 0


def decode(stream: Stream, wanted: Wanted, *, strict: bool) -> Iterator[Batch]:  # noqa: ARG001 - all records are parsed anyway
    """Give every record; its position is the record id in the file."""
    header = stream.read(_HEADER_BYTES)
    walk = _Walk(stream.name, wanted)
    yield Batch(problems=walk.header(header), bytes=len(header), format="evtx")
    while chunk := stream.read(_CHUNK_BYTES):
        yield walk.chunk(chunk)
    yield walk.end()


def whole_logs(paths: Sequence[str], start: int, native: Native, rows: int, size: int) -> list[Batch]:
    """
    Give what is in each of the files from number `start` on, up to the first that `decode` must look at itself.

    That is a large one, one that is no event log, or one in which anything is wrong. Records are taken as of the files
    with these numbers; files are read until so many `rows` wait, or records of that `size`.
    """
    chunks = native.chunks(_MOST_RECORDS)
    found = [] if chunks is None else chunks.files(paths, start, rows, size)
    return [_seen(read, length) for length, read in found]


class _Walk:
    """What the file has promised so far: records are numbered without gaps, so a gap is a loss."""

    def __init__(self, name: str, wanted: Wanted) -> None:
        self.name, self.wanted = name, wanted
        self.native = None if wanted.native is None else wanted.native.chunks(_MOST_RECORDS)
        self.offset = _HEADER_BYTES
        self.chunks = self.last = self.highest = 0
        self.promised_chunks = self.promised_last = 0
        self.damaged = ""

    def header(self, header: bytes) -> list[Problem]:
        if len(header) < _HEADER_BYTES or not header.startswith(MAGIC):
            return [Problem(self.name, "byte 0", "damaged EVTX file header; the chunks are read all the same")]
        (flags,) = struct.unpack_from("<I", header, 120)
        if not flags & _DIRTY:  # a log that was copied while in use has an old header
            _, _, following = struct.unpack_from("<QQQ", header, 8)
            (self.promised_chunks,) = struct.unpack_from("<H", header, 42)
            self.promised_last = following - 1 if 0 < following < _UNUSED else 0
        return []

    def chunk(self, chunk: bytes) -> Batch:
        where = f"chunk at byte {self.offset}"
        self.offset += len(chunk)
        if not chunk.startswith(_CHUNK) or len(chunk) < _CHUNK_HEADER_BYTES:
            if chunk != bytes(len(chunk)):
                problem = Problem(self.name, where, "damaged chunk header: its records cannot be read")
                self.damaged = where
                return Batch(problems=[problem], bytes=len(chunk), format="evtx", rejected=1)
            self.damaged = self.damaged or where  # room that Windows reserved; a loss only if numbers are missing
            return Batch(bytes=len(chunk), format="evtx")
        self.chunks += 1
        first, last = struct.unpack_from("<QQ", chunk, 8)
        expected = last - first + 1 if first <= last < _UNUSED and last - first < _MOST_RECORDS else 0
        batch = self._quickly(chunk, expected) or _decoded(chunk, expected, where, self.wanted, self.name)
        if expected:
            # Going backwards is a log that was written round; forwards, records are missing.
            missing = first - self.last - 1 if self.last and first > self.last + 1 else 0
            self.last, self.highest = last, max(self.highest, last)
            if missing:
                place = self.damaged or where
                reason = f"{missing} records before number {first} lost"
                batch.problems.append(Problem(self.name, place, reason, missing))
                batch = replace(batch, rejected=batch.rejected + missing)
            self.damaged = ""
        return batch

    def _quickly(self, chunk: bytes, expected: int) -> Batch | None:
        """Have a chunk read that is as it should be; None of any other."""
        if self.native is None or len(chunk) != _CHUNK_BYTES:
            return None
        read = self.native.read(chunk, expected)
        return None if read is None else _seen(read, len(chunk))

    def end(self) -> Batch:
        """Hold the file's header against what came."""
        missing = max(0, self.promised_last - self.highest) if self.chunks < self.promised_chunks else 0
        if not missing:
            return Batch(format="evtx")
        place = self.damaged or f"byte {self.offset}"
        reason = f"{self.chunks} of {self.promised_chunks} chunks, {missing} records after number {self.highest} lost"
        return Batch(problems=[Problem(self.name, place, reason, missing)], format="evtx", rejected=missing)


def _seen(read: Seen, size: int) -> Batch:
    skipped, taken, others = read
    records = [Record(_fields(raw), position, raw) for position, raw in others]
    return Batch(records, [], skipped, size, "evtx", taken=taken)


def _fields(raw: bytes) -> dict[str, object]:
    return cast("dict[str, object]", load(raw)[0])


def _decoded(chunk: bytes, expected: int, where: str, wanted: Wanted, name: str) -> Batch:
    """Give one chunk's records, and what its header promises beyond them as lost."""
    records: list[Record] = []
    reasons: list[str] = []
    skipped = 0
    for found in _rows(chunk.ljust(_CHUNK_BYTES, b"\0")):
        if isinstance(found, str):
            reasons.append(found)
            continue
        position, data = found
        event_id = _ID.search(data)
        if event_id and not wanted.takes(int(event_id[1] or event_id[2])):
            skipped += 1
            continue
        raw = data.encode("utf-8", "replace")
        try:
            fields, _ = load(raw)
        except JsonError as error:
            reasons.append(f"record {position}: {error}")
        else:
            records.append(Record(cast("dict[str, object]", fields), position, raw))
    lost = max(0, expected - len(records) - skipped) or (not expected and len(reasons))
    problems: list[Problem] = []
    if lost or reasons:
        cut = f"only {len(chunk):,} of {_CHUNK_BYTES:,} bytes, " if len(chunk) < _CHUNK_BYTES else ""
        said = f": {reasons[0][:200]}" if reasons else ""
        problems.append(Problem(name, where, f"{cut}{lost} of {expected} records lost{said}", max(lost, 1)))
    return Batch(records, problems, skipped, len(chunk), "evtx", rejected=lost)


def _rows(chunk: bytes) -> Iterator[tuple[int, str] | str]:
    """Give (record id, JSON) for each record, or the parser's words for one that it cannot read, and go on."""
    try:
        # One thread: a chunk has work for one only, and starting a pool costs more than the work.
        rows = PyEvtxParser(io.BytesIO(_HEADER + chunk), number_of_threads=1).records_json()
    except (RuntimeError, OSError, ValueError) as error:
        yield str(error)
        return
    for _ in range(_MOST_RECORDS):
        try:
            row = cast("dict[str, object]", next(rows))
        except StopIteration:
            return
        except (RuntimeError, OSError, ValueError) as error:
            yield str(error)
            continue
        yield cast("int", row["event_record_id"]), cast("str", row["data"])
