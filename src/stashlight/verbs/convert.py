"""Logs → Parquet in Stashlight's own event schema: read once, scan often, query with anything."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stashlight.errors import SettingError
from stashlight.events.loading import load
from stashlight.events.schema import ARROW
from stashlight.events.tally import Tally
from stashlight.progress import Progress

__all__ = ["convert"]


def convert(
    paths: Sequence[str],
    to: str,
    *,
    format: str | None = None,  # noqa: A002 - the option's name
    strict: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Tally:
    """
    Write every event of the logs to the Parquet file `to`; gives what was read, problems included.

    The file appears when it is whole. Its columns are those of `docs/reference/events.md`; a later `scan` of it
    gives the same incidents as the logs.

    Raises:
        InputError: a path does not exist or the forced format does not fit.
        SettingError: the file cannot be written.
    """
    draft = Path(to).with_name(f".{Path(to).name}.part")
    try:
        with pq.ParquetWriter(draft, ARROW, compression="zstd") as writer:
            tally = load(paths, _Rows(writer), format=format or "", strict=strict, workers=workers, progress=progress)
        draft.replace(to)
    except OSError as error:
        message = f"cannot write {to}: {error.strerror or error}"
        raise SettingError(message) from error
    finally:
        draft.unlink(missing_ok=True)
    return tally


class _Rows:
    """A sink that writes rows as they come."""

    def __init__(self, writer: pq.ParquetWriter) -> None:
        self.writer = writer

    def add(self, table: pa.Table, /) -> None:
        self.writer.write_table(table)  # pyright: ignore[reportUnknownMemberType]
