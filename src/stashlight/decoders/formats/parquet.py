"""
Apache Parquet: any table, row by row; the project's own event tables are recognised and pass as they are.

Source: https://parquet.apache.org/docs/file-format/
"""

import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, cast

import pyarrow as pa

from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.envelopes import unwrap
from stashlight.decoders.json_text import dump
from stashlight.decoders.record import Record
from stashlight.decoders.stream import Stream
from stashlight.errors import Problem

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

__all__ = ["EVENT_COLUMNS", "decode", "event_tables", "fits"]

EVENT_COLUMNS = frozenset({"event_key", "file", "record", "kind", "ts_us", "host_key"})
"""Columns by which an event table of our own is known; no log has them all."""

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
    for table in _batches(_seekable(stream)):
        if isinstance(table, str):
            yield Batch(problems=[Problem(stream.name, f"row {number + 1}", table)], format="parquet")
            continue
        records: list[Record] = []
        skipped = 0
        for row in cast("list[dict[str, object]]", table.to_pylist()):
            number += 1
            found = unwrap(row, wanted) if wanted.takes(_id(row)) else ()
            records.extend(Record(each, number, dump(each)) for each in found)
            skipped += not found
        yield Batch(records, [], skipped, table.nbytes, "parquet")


def event_tables(stream: Stream) -> Iterator[pa.RecordBatch | str] | None:
    """
    Give the batches of an event table untouched, text if it is damaged; None if the stream holds anything else.

    Use up the stream only if it begins with Parquet's magic.
    """
    if not stream.head.startswith(_MAGIC):
        return None
    file = _seekable(stream)
    try:
        marked = EVENT_COLUMNS.issubset(_opened(file).schema_arrow.names)
    except (pa.ArrowException, OSError, ValueError):
        marked = False
    if marked:
        return _batches(file)
    file.close()
    return None


def _batches(file: BinaryIO) -> Iterator[pa.RecordBatch | str]:
    """Give batches until the end, or until something is damaged: then what it was; close the file."""
    file.seek(0)
    try:
        yield from _opened(file).iter_batches(batch_size=_BATCH_ROWS)  # pyright: ignore[reportUnknownMemberType]
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        yield f"damaged Parquet: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
    finally:
        file.close()


def _opened(file: BinaryIO) -> "ParquetFile":
    # Imported here: every reader has this module to look at heads with, and few read Parquet.
    from pyarrow.parquet import ParquetFile

    return ParquetFile(file, thrift_string_size_limit=_MEMORY_BYTES, thrift_container_size_limit=1_000_000)


def _seekable(stream: Stream) -> BinaryIO:
    """Parquet's directory stands at the end of the file, so the whole of it must be at hand; large ones on disk."""
    file = tempfile.SpooledTemporaryFile(_MEMORY_BYTES)  # noqa: SIM115 - handed on; whoever takes it closes it
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
