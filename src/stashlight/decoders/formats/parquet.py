"""
Apache Parquet: any table, row by row; the project's own event tables are recognised and pass as they are.

Source: https://parquet.apache.org/docs/file-format/
"""

import tempfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import pyarrow as pa

from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.envelopes import unwrap
from stashlight.decoders.json_text import dump
from stashlight.decoders.record import Record
from stashlight.decoders.stream import Stream
from stashlight.errors import Problem
from stashlight.frozen import frozen

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

__all__ = ["EVENT_COLUMNS", "MAGIC", "EventTable", "decode", "event_table", "fits"]

EVENT_COLUMNS = frozenset({"event_key", "file", "record", "kind", "ts_us", "host_key"})
"""Columns by which an event table of our own is known; no log has them all."""

MAGIC = b"PAR1"
_BATCH_ROWS = 5000
_MOST_ROWS = 20_000
_BATCH_BYTES = 32 << 20
_MOST_BYTES = 1 << 60
_COPY_BYTES = 1 << 20
_MEMORY_BYTES = 16 << 20
_ID_COLUMNS = ("EventID", "EventCode", "event_id")


@frozen
class EventTable:
    """
    An event table of our own, read as it comes: batches, text where it is damaged.

    Texts come as dictionaries, but for event keys: each distinct one is read once, and nobody need look at rows.
    `size` is what its columns take unpacked, in bytes, and `rows` how many there are, as its directory says.
    """

    batches: Iterator[pa.RecordBatch | str]
    size: int
    rows: int


def fits(head: bytes) -> int:
    return 100 if head.startswith(MAGIC) else 0


def decode(stream: Stream, wanted: Wanted, *, strict: bool) -> Iterator[Batch]:  # noqa: ARG001 - columns are typed already
    """Give every row as a dict; its position is its number. Event tables come this way too: see `event_table`."""
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


def event_table(stream: Stream, path: Path | None, columns: Collection[str]) -> EventTable | None:
    """
    Give an event table, of which only these columns are read; None if the stream holds anything else.

    Use up the stream only if it begins with Parquet's magic, and not at all if the file `path` is what it gives.
    """
    if not stream.head.startswith(MAGIC):
        return None
    file = _plain(path) or _seekable(stream)
    try:
        parquet = _opened(file)
        names, types = parquet.schema_arrow.names, parquet.schema_arrow.types
        if EVENT_COLUMNS.issubset(names):
            texts = [n for n, t in zip(names, types, strict=True) if n != "event_key" and t == pa.string()]
            size = sum(parquet.metadata.row_group(i).total_byte_size for i in range(parquet.num_row_groups))
            size, rows = max(0, min(size, _MOST_BYTES)), max(1, parquet.metadata.num_rows)
            parquet = _opened(file, texts, parquet.metadata)
            step = max(1, min(_MOST_ROWS, _BATCH_BYTES * rows // max(1, size)))
            return EventTable(_batches(file, parquet, step, [n for n in names if n in columns]), size, rows)
    except (pa.ArrowException, OSError, ValueError):
        pass
    file.close()
    return None


def _batches(
    file: BinaryIO, parquet: "ParquetFile | None" = None, rows: int = _BATCH_ROWS, columns: list[str] | None = None
) -> Iterator[pa.RecordBatch | str]:
    """Give batches until the end, or until something is damaged: then what it was; close the file."""
    try:
        yield from (parquet or _opened(file)).iter_batches(rows, columns=columns)  # pyright: ignore[reportUnknownMemberType]
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        yield f"damaged Parquet: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
    finally:
        file.close()


def _opened(file: BinaryIO, dictionaries: list[str] | None = None, directory: Any = None) -> "ParquetFile":  # noqa: ANN401 - its name is not exported
    # Imported here: every reader has this module to look at heads with, and few read Parquet.
    from pyarrow.parquet import ParquetFile

    file.seek(0)
    return ParquetFile(
        file,
        metadata=directory,
        read_dictionary=dictionaries,
        thrift_string_size_limit=_MEMORY_BYTES,
        thrift_container_size_limit=1_000_000,
    )


def _plain(path: Path | None) -> BinaryIO | None:
    """Give the file itself if nothing need be unpacked: mapped into memory it would take us down if it is cut."""
    with suppress(OSError):
        if path is not None:
            file: Any = pa.OSFile(str(path), "r")
            if file.read(len(MAGIC)) == MAGIC:
                return file
            file.close()
    return None


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
