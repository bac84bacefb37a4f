"""
Apache Parquet: any table, row by row; the project's own event tables are recognised and pass as they are.

Source: https://parquet.apache.org/docs/file-format/
"""

import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.envelopes import unwrap
from stashlight.decoders.json_text import dump
from stashlight.decoders.record import Record
from stashlight.decoders.stream import Stream
from stashlight.errors import Problem

__all__ = ["EVENTS_KEY", "decode", "event_tables", "fits"]

EVENTS_KEY = b"stashlight.events"
"""Key of the schema's metadata that marks an event table; its value is the version of the schema."""

_MAGIC = b"PAR1"
_BATCH_ROWS = 5000
_COPY_BYTES = 1 << 20
_MEMORY_BYTES = 16 << 20
_ID_COLUMNS = ("EventID", "EventCode", "event_id")


def fits(head: bytes) -> int:
    return 100 if head.startswith(_MAGIC) else 0


def decode(stream: Stream, wanted: Wanted, *, strict: bool) -> Iterator[Batch]:  # noqa: ARG001 - columns are typed already
    """Give every row as a dict; its position is its number. Event tables come this way too: see `event_tables`."""
    number = 0
    for table, problem in _tables(stream):
        if problem:
            yield Batch(problems=[Problem(stream.name, f"row {number + 1}", problem)], format="parquet")
            continue
        records: list[Record] = []
        skipped = 0
        for row in cast("list[dict[str, object]]", table.to_pylist()):
            number += 1
            found = unwrap(row, wanted) if wanted.takes(_id(row)) else ()
            records.extend(Record(each, number, dump(each)) for each in found)
            skipped += not found
        yield Batch(records, [], skipped, table.nbytes, "parquet")


def event_tables(stream: Stream) -> Iterator[tuple[pa.RecordBatch, str]] | None:
    """
    Give the batches of an event table untouched, or a problem; None if the file is some other table.

    The stream is used up only if it is an event table that begins with Parquet's magic.
    """
    if not stream.head.startswith(_MAGIC):
        return None
    file = _seekable(stream)
    try:
        marked = EVENTS_KEY in (pq.read_schema(file).metadata or {})
    except (pa.ArrowException, OSError, ValueError):
        marked = False
    file.seek(0)
    return _batches(file) if marked else None


def _tables(stream: Stream) -> Iterator[tuple[pa.RecordBatch, str]]:
    with _seekable(stream) as file:
        yield from _batches(file)


def _batches(file: BinaryIO) -> Iterator[tuple[pa.RecordBatch, str]]:
    """Give batches until the end, or until something is damaged: then an empty one and what it was."""
    empty = pa.RecordBatch.from_pydict({})
    try:
        parquet = pq.ParquetFile(file, thrift_string_size_limit=_MEMORY_BYTES, thrift_container_size_limit=1_000_000)
        for batch in parquet.iter_batches(batch_size=_BATCH_ROWS):
            yield batch, ""
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        yield empty, f"damaged Parquet: {str(error).splitlines()[0] if str(error) else type(error).__name__}"


def _seekable(stream: Stream) -> BinaryIO:
    """Parquet's directory stands at the end of the file, so the whole of it must be at hand; large ones on disk."""
    file = tempfile.SpooledTemporaryFile(_MEMORY_BYTES)
    while piece := stream.read(_COPY_BYTES):
        file.write(piece)
    file.seek(0)
    return cast("BinaryIO", file)


def _id(row: dict[str, object]) -> int | None:
    for name in _ID_COLUMNS:
        value = row.get(name)
        if isinstance(value, int):
            return value
        if isinstance(value, str) and value.isdecimal() and len(value) < 10:
            return int(value)
    return None
