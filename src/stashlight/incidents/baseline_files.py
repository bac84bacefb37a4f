"""
A baseline on disk: one small Parquet file a table, to be read with anything.

Each file has the columns of its key (text, NULL if unknown), `day` (date, UTC) and `hours` (24 counts, one an hour).
`habits.parquet` is for people: what `files` says of each key; it is worked out anew and never read back.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from stashlight.errors import SettingError
from stashlight.incidents.baseline import TABLES, Baseline, Days, Key, Table

__all__ = ["HABITS", "VERSION", "read_days", "write_days"]

VERSION: Final = "1"
HABITS: Final = "habits"
_MARK: Final = b"stashlight.baseline"
_EPOCH: Final = date(1970, 1, 1)

# A year of 100 busy hosts; a larger file is not one that we wrote.
_MOST_ROWS: Final = 20_000_000


def write_days(folder: Path, days: Days) -> None:
    """
    Write every table, and the habits for people; each file appears when it is whole.

    Raises:
        SettingError: the folder cannot be written.
    """
    # Imported here: every scan has this module, and few have a baseline.
    from pyarrow import parquet as pq

    try:
        folder.mkdir(parents=True, exist_ok=True)
        tables = {name: _arrow(name, days.get(name, {})) for name in TABLES}
        tables[HABITS] = _habits(days)
        drafts = [(folder / f".{name}.part", folder / f"{name}.parquet", table) for name, table in tables.items()]
        for draft, _, table in drafts:
            pq.write_table(table, draft, compression="zstd")  # pyright: ignore[reportUnknownMemberType]
        for draft, whole, _ in drafts:
            draft.replace(whole)
    except OSError as error:
        message = f"cannot write the baseline in {folder}: {error.strerror or error}"
        raise SettingError(message) from error


def read_days(folder: Path) -> Days:
    """
    Read a baseline.

    Raises:
        SettingError: it is not there, is damaged, or another version wrote it.
    """
    if not folder.is_dir():
        message = f"no baseline at {folder}: `stashlight learn LOGS --into {folder}` makes one"
        raise SettingError(message)
    return {name: _read(folder / f"{name}.parquet", name) for name in TABLES}


def _read(file: Path, name: str) -> Table:
    from pyarrow import parquet as pq  # as above

    try:
        source = pq.ParquetFile(file)
        marks = source.schema_arrow.metadata or {}
        if marks.get(_MARK) != VERSION.encode():
            said = marks.get(_MARK, b"no version").decode("utf-8", "replace")[:20]
            message = f"{file}: this is baseline {said!r}, not version {VERSION!r}: learn it anew into an empty folder"
            raise SettingError(message)
        if source.metadata.num_rows > _MOST_ROWS:
            message = f"{file}: more than {_MOST_ROWS:,} rows; this is no baseline that `learn` wrote"
            raise SettingError(message)
        table = source.read()  # pyright: ignore[reportUnknownMemberType]
        return dict(_rows(table, TABLES[name][0]))
    except (OSError, pa.ArrowException, ValueError, KeyError, TypeError) as error:
        reason = "it is not there" if isinstance(error, FileNotFoundError) else str(error).split("\n")[0]
        message = f"{file}: the baseline is damaged: {reason}; learn it anew into an empty folder"
        raise SettingError(message) from error


def _rows(table: pa.Table, names: tuple[str, ...]) -> Iterable[tuple[Key, tuple[int, ...]]]:
    for row in table.to_pylist():
        hours = tuple(row["hours"])
        day = row["day"]
        if len(hours) != 24 or not isinstance(day, date) or not all(isinstance(n, int) and n >= 0 for n in hours):
            message = "a row is not a day of 24 counts"
            raise ValueError(message)
        yield (tuple(row[name] or "" for name in names), (day - _EPOCH).days), hours


def _arrow(name: str, rows: Table) -> pa.Table:
    names = TABLES[name][0]
    ordered = sorted(rows.items())
    columns: dict[str, pa.Array[Any]] = {
        column: pa.array([key[i] or None for (key, _), _ in ordered], pa.string()) for i, column in enumerate(names)
    }
    columns["day"] = pa.array([_EPOCH + timedelta(days=day) for (_, day), _ in ordered], pa.date32())
    columns["hours"] = pa.array([list(hours) for _, hours in ordered], pa.list_(pa.int64()))
    return pa.table(columns).replace_schema_metadata({_MARK: VERSION.encode()})


def _habits(days: Days) -> pa.Table:
    names = TABLES["files"][0]
    baseline = Baseline(days)
    keys = sorted({key for key, _ in days.get("files", {})})
    found = [(key, habit) for key in keys if (habit := baseline.habit("files", key, 1 << 40)) is not None]
    columns: dict[str, pa.Array[Any]] = {
        column: pa.array([key[i] or None for key, _ in found], pa.string()) for i, column in enumerate(names)
    }
    columns["days"] = pa.array([h.days for _, h in found], pa.int64())
    columns["files_median"] = pa.array([h.median for _, h in found], pa.float64())
    columns["files_mad"] = pa.array([h.mad for _, h in found], pa.float64())
    columns["files_most"] = pa.array([h.most for _, h in found], pa.int64())
    columns["hours"] = pa.array([sorted(h.hours) for _, h in found], pa.list_(pa.int64()))
    return pa.table(columns).replace_schema_metadata({_MARK: VERSION.encode()})
