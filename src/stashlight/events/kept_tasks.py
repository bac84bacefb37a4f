"""
What was read before: the rows and counts of finished tasks in a folder, so that a large scan can go on where it ended.

A task is known again by its file (path, size, time of last change), its place in it and everything that decides what is
read of it. Its rows are one Arrow file, its counts another that is written last: a scan that is killed loses the tasks it was at.
The folder holds what logs hold; it is made for this user alone, and may be removed at any time.
"""

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast

import orjson
import pyarrow as pa

from stashlight import __version__
from stashlight.errors import Problem, SettingError
from stashlight.events import arrow
from stashlight.events.ranges import Task
from stashlight.events.schema import ARROW, chosen
from stashlight.events.tally import Tally
from stashlight.events.workers import NOT_WHOLE, Job, Part, here

__all__ = ["resumed"]

Read = Callable[[Sequence[Task]], Generator[Part]]

_DAMAGED = (pa.ArrowException, OSError, ValueError, KeyError, TypeError)


def resumed(tasks: Sequence[Task], job: Job, folder: Path, read: Read) -> Generator[Part]:
    """
    Give the parts of all tasks in their order, from `folder` where they are kept, and keep those that `read` gives.

    Raises:
        SettingError: the folder cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        message = f"cannot keep what is read in {folder}: {error.strerror or error}"
        raise SettingError(message) from error
    names = [_name(task, job) for task in tasks]
    files = [folder / f"{name}.json" if name else None for name in names]
    is_new = [file is None or not file.exists() for file in files]
    fresh = read([task for task, new in zip(tasks, is_new, strict=True) if new])
    with contextlib.closing(fresh):
        for number, (task, file) in enumerate(zip(tasks, files, strict=True)):
            if is_new[number]:
                yield from _kept(fresh, number, task, job, folder)
            else:
                yield from _again(cast("Path", file), number, task, job)


def _kept(fresh: Iterator[Part], number: int, task: Task, job: Job, folder: Path) -> Iterator[Part]:
    """Give the parts of the next task, and keep them once it is finished."""
    draft = _Draft(folder / f"{os.getpid()}-{number}.part", chosen(ARROW, job.needed.columns))
    try:
        for part in fresh:
            if part.table is not None:
                draft.add(part.table)
            # Asked again: a file that was changed meanwhile has another name now.
            if part.tally is not None and (name := _name(task, job)) and _is_whole(part.tally):
                draft.keep(folder, name, part.tally)
            yield replace(part, task=number)
            if part.tally is not None:
                return
    finally:
        draft.drop()


class _Draft:
    """Rows of a task that is being read. A disk that is full must not end a scan: then nothing is kept of the task."""

    def __init__(self, at: Path, schema: pa.Schema) -> None:
        self._at, self._schema = at, schema
        self._writer: Any = None
        self._is_good = True
        self._rows = 0

    def add(self, table: pa.Table) -> None:
        if not self._is_good:
            return
        try:
            if self._writer is None:
                options = cast("Any", pa).ipc.IpcWriteOptions(compression="zstd")
                self._writer = cast("Any", pa).ipc.new_file(str(self._at), self._schema, options=options)
            self._writer.write_table(arrow.plain(table, self._schema))
            self._rows += table.num_rows
        except (OSError, pa.ArrowException):
            self._is_good = False

    def keep(self, folder: Path, name: str, tally: Tally) -> None:
        """Give rows, if there are any, and then counts their names: a task is there once its counts are."""
        if not self._is_good:
            return
        try:
            counts = self._at.with_suffix(".counts")
            counts.write_bytes(_packed(tally, self._rows))
            if self._writer is not None:
                self._writer.close()
                self._at.replace(folder / f"{name}.arrow")
            counts.replace(folder / f"{name}.json")
        except (OSError, pa.ArrowException, TypeError):
            return

    def drop(self) -> None:
        """Remove what did not get a name."""
        with contextlib.suppress(OSError, pa.ArrowException):
            if self._writer is not None:
                self._writer.close()
        for left in (self._at, self._at.with_suffix(".counts")):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)


def _is_whole(tally: Tally) -> bool:
    """Whether nothing went wrong that may go right another time."""
    return not any(problem.reason.startswith(NOT_WHOLE) for problem in tally.problems)


def _name(task: Task, job: Job) -> str:
    """Name what a task reads; "" if that cannot be known again, as with standard input."""
    places: list[object] = []
    for source in task.sources:
        if source.path is None:
            return ""
        try:
            found = source.path.stat()
        except OSError:
            return ""
        places += [source.name, str(source.path.absolute()), source.entry, source.start, source.length, source.refusal]
        places += [source.size, found.st_size, found.st_mtime_ns]
    ids = None if job.wanted.ids is None else sorted(job.wanted.ids)
    schema = str(chosen(ARROW, job.needed.columns))
    how = (__version__, schema, ids, job.format, job.strict, sorted(job.needed.patterns.items()))
    return blake2b(repr((how, places, task.number, task.of)).encode(), digest_size=16).hexdigest()


def _again(counts: Path, number: int, task: Task, job: Job) -> Iterator[Part]:
    """Give what was kept of a task; one whose file is damaged is read again."""
    try:
        tally, expected = _unpacked(counts.read_bytes())
        rows = counts.with_suffix(".arrow")
        tables = _read(rows, chosen(ARROW, job.needed.columns)) if rows.exists() else []
        if sum(table.num_rows for table in tables) != expected:
            raise ValueError
    except _DAMAGED:
        yield from (replace(part, task=number) for part in here([task], job))
        return
    for table in tables:
        yield Part(number, 0, table)
    yield Part(number, tally.bytes, None, tally)


def _read(file: Path, schema: pa.Schema) -> list[pa.Table]:
    """Give the rows, a table for each that was kept."""
    with cast("Any", pa).memory_map(str(file)) as source:
        reader = cast("Any", pa).ipc.open_file(source)
        if not reader.schema.equals(schema):
            raise ValueError
        return [pa.Table.from_batches([reader.get_batch(i)]) for i in range(reader.num_record_batches)]


def _packed(tally: Tally, rows: int) -> bytes:
    return orjson.dumps(
        {
            "counts": [tally.files, tally.bytes, tally.records, tally.rejected, tally.events, tally.duplicates],
            "rows": rows,
            "lines": tally.lines,
            "span": [tally.first, tally.last],
            "kinds": dict(tally.kinds),
            "formats": dict(tally.formats),
            "spared": dict(tally.spared),
            "unmapped": [[*name, count] for name, count in tally.unmapped.items()],
            "problems": [[p.file, p.position, p.reason, p.count] for p in tally.problems],
        }
    )


def _unpacked(text: bytes) -> tuple[Tally, int]:
    told: dict[str, Any] = orjson.loads(text)
    files, size, records, rejected, events, duplicates = told["counts"]
    first, last = told["span"]
    tally = Tally(
        files,
        size,
        records,
        rejected,
        events,
        duplicates,
        first,
        last,
        Counter(told["kinds"]),
        Counter(told["formats"]),
        Counter(told["spared"]),
        Counter({(str(a), str(b)): int(n) for a, b, n in told["unmapped"]}),
        [Problem(*each) for each in told["problems"]],
        told["lines"],
    )
    return tally, int(told["rows"])
