"""
One chunk of a Windows event log → its records, by the `evtx` package or the compiled readers.

Each is given to the parser alone, behind a file header of our making: a damaged one costs only itself.
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final, cast

from evtx import PyEvtxParser

from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.json_text import JsonError, load
from stashlight.decoders.native import Seen
from stashlight.decoders.record import Record
from stashlight.errors import Problem

__all__ = ["CHUNK_BYTES", "HEADER_BYTES", "MAGIC", "MOST_RECORDS", "decoded", "seen"]

MAGIC: Final = b"ElfFile\0"
HEADER_BYTES: Final = 4096
CHUNK_BYTES: Final = 65536

MOST_RECORDS: Final = CHUNK_BYTES // 24
"""No chunk can hold more: a record's frame alone has 24 bytes. Also the stop for a parser that goes round."""

# {"EventID":11, and {"EventID":{"#attributes":{"Qualifiers":0},"#text":325}
_ID = re.compile(r'"EventID":(?:(\d+)|\{(?:"#attributes":\{[^{}]*\},)?"#text":(\d+))')


def _file_header() -> bytes:
    """Make the file header that the parser asks for, for a file of one chunk."""
    fields = struct.pack("<8sQQQIHHHH", MAGIC, 0, 0, 1, 128, 1, 3, HEADER_BYTES, 1).ljust(120, b"\0")
    return (fields + struct.pack("<II", 0, zlib.crc32(fields))).ljust(HEADER_BYTES, b"\0")


_HEADER = _file_header()


def seen(read: Seen, size: int) -> Batch:
    """Give what a compiled reader made of so many bytes."""
    skipped, taken, others = read
    records = [Record(_fields(raw), position, raw) for position, raw in others]
    return Batch(records, [], skipped, size, "evtx", taken=taken)


def _fields(raw: bytes) -> dict[str, object]:
    return cast("dict[str, object]", load(raw)[0])


def decoded(chunk: bytes, expected: int, where: str, wanted: Wanted, name: str) -> Batch:
    """Give one chunk's records, and what its header promises beyond them as lost."""
    records: list[Record] = []
    reasons: list[str] = []
    skipped = 0
    for found in _rows(chunk.ljust(CHUNK_BYTES, b"\0")):
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
        cut = f"only {len(chunk):,} of {CHUNK_BYTES:,} bytes, " if len(chunk) < CHUNK_BYTES else ""
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
    for _ in range(MOST_RECORDS):
        try:
            row = cast("dict[str, object]", next(rows))
        except StopIteration:
            return
        except (RuntimeError, OSError, ValueError) as error:
            yield str(error)
            continue
        yield cast("int", row["event_record_id"]), cast("str", row["data"])
