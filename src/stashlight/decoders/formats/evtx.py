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
from collections.abc import Iterator
from typing import cast

import orjson
from evtx import PyEvtxParser

from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.record import Record
from stashlight.decoders.stream import Stream
from stashlight.errors import Problem

__all__ = ["decode", "fits"]

_FILE = b"ElfFile\0"
_CHUNK = b"ElfChnk\0"
_HEADER_BYTES = 4096
_CHUNK_BYTES = 65536
_UNUSED = 0xFFFFFFFFFFFFFFFF

# {"EventID":11, and {"EventID":{"#attributes":{"Qualifiers":0},"#text":325}
_ID = re.compile(r'"EventID":(?:(\d+)|\{(?:"#attributes":\{[^{}]*\},)?"#text":(\d+))')


def _file_header() -> bytes:
    """Make the file header that the parser asks for, for a file of one chunk."""
    fields = struct.pack("<8sQQQIHHHH", _FILE, 0, 0, 1, 128, 1, 3, _HEADER_BYTES, 1).ljust(120, b"\0")
    return (fields + struct.pack("<II", 0, zlib.crc32(fields))).ljust(_HEADER_BYTES, b"\0")


_HEADER = _file_header()


def fits(head: bytes) -> int:
    """By its magic; also if only the file header is damaged and the first chunk stands where it should."""
    if head.startswith(_FILE):
        return 100
    return 95 if head[_HEADER_BYTES : _HEADER_BYTES + 8] == _CHUNK else 0


def decode(stream: Stream, wanted: Wanted, *, strict: bool) -> Iterator[Batch]:
    """Give every record; its position is the record id in the file. `strict` changes nothing: all are parsed."""
    header = stream.read(_HEADER_BYTES)
    if not header.startswith(_FILE):
        problem = Problem(stream.name, "byte 0", "damaged EVTX file header; the chunks are read all the same")
        yield Batch(problems=[problem], format="evtx")
    offset = _HEADER_BYTES
    yield Batch(bytes=len(header), format="evtx")
    while chunk := stream.read(_CHUNK_BYTES):
        yield _chunk(chunk, offset, wanted, stream.name)
        offset += len(chunk)


def _chunk(chunk: bytes, offset: int, wanted: Wanted, name: str) -> Batch:
    where = f"chunk at byte {offset}"
    if not chunk.startswith(_CHUNK):
        return Batch(problems=_no_chunk(chunk, where, name), bytes=len(chunk), format="evtx")
    expected = _expected(chunk)
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
            records.append(Record(cast("dict[str, object]", orjson.loads(raw)), position, raw))
        except orjson.JSONDecodeError as error:
            reasons.append(f"record {position}: {error}")
    lost = max(0, expected - len(records) - skipped)
    problems: list[Problem] = []
    if lost or reasons:
        said = f": {reasons[0][:200]}" if reasons else ""
        cut = f"chunk of {len(chunk):,} bytes instead of {_CHUNK_BYTES:,}, " if len(chunk) < _CHUNK_BYTES else ""
        reason = f"{cut}{lost} of {expected} records lost{said}"
        problems.append(Problem(name, where, reason, max(lost, 1)))
    return Batch(records, problems, skipped, len(chunk), "evtx", rejected=lost)


def _rows(chunk: bytes) -> Iterator[tuple[int, str] | str]:
    """Give (record id, JSON) for each record, or the parser's words for one that it cannot read, and go on."""
    try:
        # One thread: a chunk has work for one only, and starting a pool costs more than the work.
        rows = PyEvtxParser(io.BytesIO(_HEADER + chunk), number_of_threads=1).records_json()
    except (RuntimeError, OSError, ValueError) as error:
        yield str(error)
        return
    # No chunk can hold more records than this (24 bytes is the smallest): a stop for a parser that does not end.
    for _ in range(_CHUNK_BYTES // 24):
        try:
            row = cast("dict[str, object]", next(rows))
        except StopIteration:
            return
        except (RuntimeError, OSError, ValueError) as error:
            yield str(error)
            continue
        yield cast("int", row["event_record_id"]), cast("str", row["data"])


def _expected(chunk: bytes) -> int:
    """How many records the chunk's header promises; 0 if it is unused or its numbers make no sense."""
    if len(chunk) < 24:
        return 0
    first, last = struct.unpack_from("<QQ", chunk, 8)
    return last - first + 1 if first <= last < _UNUSED and last - first < _CHUNK_BYTES // 24 else 0


def _no_chunk(chunk: bytes, where: str, name: str) -> list[Problem]:
    """An empty chunk is room that Windows reserved, unless records are missing: that is for `decode` to see."""
    if not any(chunk):
        return []
    return [Problem(name, where, "damaged chunk header: its records cannot be read")]
