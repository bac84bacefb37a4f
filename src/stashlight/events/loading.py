"""Paths → every event in them, into a sink, on all cores, in bounded memory."""

import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import pyarrow as pa

from stashlight.decoders import Source, Wanted, formats, sources
from stashlight.errors import InputError, Problem
from stashlight.events import arrow
from stashlight.events.budget import Budget
from stashlight.events.kept_tasks import resumed
from stashlight.events.needed import ALL_NEEDED, Needed
from stashlight.events.ranges import RANGE_BYTES, Shift, Task, ranges, together
from stashlight.events.reading import MAPPED
from stashlight.events.schema import ARROW
from stashlight.events.tally import Tally
from stashlight.events.workers import Job, Part, here, spread
from stashlight.progress import Progress, Sofar
from stashlight.stopping import Stop, never
from stashlight.terminal import printable

__all__ = ["STALL", "Sink", "load"]

STALL = 300.0
"""Seconds after which a file that nothing comes of is given up, as on a network drive that is gone."""

_WORTH_WORKERS = 32 << 20
"""Bytes on disk below which one process is done before others, which start in up to a second, have helped."""

_KEY_BYTES = 16
"""Bytes of an event key."""

_GROUP = 122_880
_SINK_ROWS = 4 * _GROUP
"""
What to gather before it goes to the sink, if memory allows: several row groups of DuckDB's, which it takes over as they
are, with both cores; and one is held back, so that the last are not fewer than a group.

Fewer are copied into a group and compressed there: 362,000 rows took 6.4 s in pieces of 20,000, 1.7 s in groups with a
rest, 0.3 s at one go.
"""


class Sink(Protocol):
    """Where events go; an engine is one."""

    def add(self, table: pa.Table, /) -> None:
        """Take rows in schema.ARROW; if the sink is `Coding`, in schema.CODED, columns without values left out."""
        ...


@runtime_checkable
class Coding(Protocol):
    """A sink that takes texts in dictionaries."""

    takes_coded: Literal[True]


@runtime_checkable
class Holding(Protocol):
    """A sink that can leave some rows where they are."""

    def hold(self, table: pa.Table, /) -> bool:
        """Take rows as `Sink.add` does, all with different keys; False if it does not, being too few or too many."""
        ...


@runtime_checkable
class Sifting(Protocol):
    """A sink that can find duplicates itself, on disk; without it every key is remembered here, in memory."""

    def distinct(self) -> Mapping[str, int]:
        """Drop every row whose event key an earlier one has; give how many, by kind."""
        ...


def load(
    paths: Sequence[str],
    sink: Sink,
    wanted: Wanted = MAPPED,
    *,
    format: str = "",  # noqa: A002 - the option's name
    strict: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
    needed: Needed = ALL_NEEDED,
    budget: Budget = Budget(),  # noqa: B008 - frozen
    stop: Stop = never,
    stall: float = STALL,
    resume: Path | None = None,
) -> Tally:
    """
    Give the sink every event below `paths`, in the order of the sources, byte-identical duplicates dropped.

    Script blocks that are not `needed` are counted only (`Tally.spared`), duplicates among them included; columns that are
    not have no values.

    `workers` processes share the work; None takes one a core as far as the `budget` of memory goes, and none at all for
    a few megabytes. The same input gives the same rows in the same order however many work on it.

    `stop` is asked between pieces; once it says so, what was read so far is all (`Tally.partial`). A file that nothing
    comes of for `stall` seconds is given up, where a process of its own reads it.

    What is read is kept in the folder `resume`, if there is one, and what was kept there before is not read again.

    Raises:
        InputError: a path does not exist, or `format` is none that we know.
        SettingError: the folder to resume from cannot be written.
    """
    if format and format not in formats():
        message = f"no format {format!r}; there are: {', '.join(formats())}"
        raise InputError(message)
    arrow.without_pandas()
    found = list(sources(paths))
    folders = _folders(found)
    total = sum(s.size for s in found)
    count = workers or min(os.cpu_count() or 1, budget.readers)
    if any(s.path is None for s in found) or (workers is None and total < _WORTH_WORKERS):
        # Standard input cannot be handed over.
        count = 1
    # Ranges do not depend on how many share them, so that problems read the same.
    apart = [task for s in found for task in ranges(s, RANGE_BYTES, format)]
    tasks = together(apart)
    job = Job(wanted, format, strict, needed)
    is_shared = count > 1 and len(tasks) > 1

    def read(some: Sequence[Task]) -> Generator[Part]:
        workers = min(count, len(some)) if is_shared else 1
        return spread(some, job, workers, budget.waiting, stall) if workers > 1 else here(some, job)

    parts = resumed(tasks, job, resume, read) if resume is not None else read(tasks)
    gathering = _Gathering(tasks, sink, total, budget, budget.keys if isinstance(sink, Sifting) else None)
    with closing(parts):
        for part in parts:
            gathering.take(part)
            if progress:
                progress(gathering.sofar())
            if stop():
                break
    whole = gathering.whole()
    whole.problems += _changed(folders)
    if isinstance(sink, Sifting) and gathering.is_crowded:
        whole.drop(sink.distinct())
    return whole


class _Gathering:
    """Parts in their order → rows in the sink, and counts."""

    def __init__(self, tasks: Sequence[Task], sink: Sink, total: int, budget: Budget, keys: int | None) -> None:
        self.is_crowded = False
        """Whether more keys came than may be remembered, so that the sink has to look for the other duplicates."""
        self._tasks, self._sink, self._total, self._largest, self._most = tasks, sink, total, budget.rows, keys
        self._piece = budget.piece
        self._tally = Tally()
        self._seen: set[bytes] = set()
        self._recent: set[bytes] = set()  # keys of what waits, once no more can be remembered
        self._shift = Shift()
        self._waiting: list[pa.Table] = []
        self._rows = self._size = self._done = self._read = self._finished = 0
        self._part: Part | None = None

    def take(self, part: Part) -> None:
        self._part = part
        task = self._tasks[part.task]
        if part.table is not None:
            self._add(self._shift.table(part.table))
        if part.tally is not None:
            part.tally.problems = [self._shift.problem(p) for p in part.tally.problems]
            self._tally.add(part.tally)
            last = task.number + 1 == task.of
            self._shift = (
                Shift() if last else Shift(self._shift.lines + part.tally.lines, self._shift.bytes + task.size)
            )
            self._done += task.size
            self._finished += 1

    def sofar(self) -> Sofar:
        part = self._part
        if part is None or part.tally is not None:
            return Sofar(self._done, self._total, self._tally.records)
        task = self._tasks[part.task]
        return Sofar(
            self._done + min(part.done, task.size),
            self._total,
            self._tally.records,
            waiting_for=f"{printable(task.source.name)} ({part.silent:,.0f} s)" if part.silent else "",
        )

    def whole(self) -> Tally:
        """Hand over what waits; give the counts of everything."""
        self._flush()
        whole = self._tally
        whole.lines = 0
        if left := len(self._tasks) - self._finished:
            whole.partial = True
            files = len({s.name for task in self._tasks[self._finished :] for s in task.sources})
            reason = (
                f"interrupted after {self.sofar().done:,} of {self._total:,} bytes; "
                f"{files:,} {'file was' if files == 1 else 'files were'} not read to the end"
            )
            whole.problems.append(Problem(self._tasks[len(self._tasks) - left].source.name, "", reason))
        return whole

    def _add(self, table: pa.Table) -> None:
        table, duplicates = self._fresh(table)
        self._tally.count(table)
        self._tally.duplicates += duplicates
        self._waiting.append(table)
        # Kept as sums: asking every waiting table for its bytes each time cost most of a large load.
        self._rows, self._size = self._rows + table.num_rows, self._size + table.nbytes
        if self._rows >= _SINK_ROWS or self._size >= self._largest:
            self._flush(keep=not self.is_crowded and self._rows >= 2 * _GROUP)

    def _flush(self, *, keep: bool = False) -> None:
        """Hand over what waits, in pieces; or keep the last, a row group at least, so that what comes last is one."""
        # Rows of an event table, and few of a log, come with their texts in them.
        by_kind = sorted(self._waiting, key=_is_coded)
        waiting = [arrow.joined(list(tables)) for _, tables in groupby(by_kind, _is_coded)]
        self._waiting.clear()
        if isinstance(self._sink, Holding) and not self.is_crowded:
            # Those in dictionaries first: they are many.
            waiting = [table for table in reversed(waiting) if not self._sink.hold(table)][::-1]
        for table in waiting:
            left = self._hand_over(table, _GROUP if keep and table is waiting[-1] else 0)
            if left.num_rows:
                self._waiting.append(left)
        self._recent.clear()
        if self.is_crowded:
            # The sink finds duplicates of these as well.
            self._seen.clear()
        self._rows = sum(table.num_rows for table in self._waiting)
        self._size = sum(table.nbytes for table in self._waiting)

    def _hand_over(self, table: pa.Table, keep: int) -> pa.Table:
        """Give the sink pieces of whole row groups, if one fits; what is left are the last rows, so many at least."""
        rows = table.num_rows * self._piece // max(1, arrow.unfolded(table))
        rows = max(1, min(rows - rows % _GROUP if rows > _GROUP else rows, _SINK_ROWS))
        while table.num_rows > keep:
            size = min(rows, table.num_rows - keep)
            if keep and size < min(rows, _GROUP):
                break
            size -= size % _GROUP if keep and size > _GROUP else 0
            piece, table = table.slice(0, size), table.slice(size)
            self._sink.add(piece if isinstance(self._sink, Coding) else arrow.plain(piece, ARROW))
        return table

    def _fresh(self, table: pa.Table) -> tuple[pa.Table, int]:
        """Leave out rows whose key was seen before, and say how many; remember the others."""
        keys = arrow.digests(table, "event_key", _KEY_BYTES)
        if not self.is_crowded and self._most is not None and len(self._seen) > self._most:
            self.is_crowded = True
            # Nothing is held any more, and larger pieces are taken over faster: ten million in 119 s instead of 164.
            self._largest = self._largest * 7 // 5
        # Rows that go to the sink at one go have no order there, so among them all keys are known.
        newest = self._recent if self.is_crowded else self._seen
        new = set(keys)
        is_new = len(new) == len(keys) and self._seen.isdisjoint(new)
        if is_new and (newest is self._seen or newest.isdisjoint(new)):
            newest |= new
            return table, 0
        keep: list[bool] = []
        for key in keys:
            keep.append(key not in self._seen and key not in newest)
            newest.add(key)
        return arrow.kept(table, keep), keep.count(False)


def _is_coded(table: pa.Table) -> bool:
    return arrow.has_codes(table, "file")


def _folders(found: Sequence[Source]) -> dict[Path, int]:
    """Remember when the folders of the sources were last changed; unreadable ones are told elsewhere."""
    folders: dict[Path, int] = {}
    # As texts: folders of thousands of files are the same again and again, and paths are slow to compare.
    for each in map(Path, {os.path.dirname(s.path) for s in found if s.path is not None}):  # noqa: PTH120
        try:
            folders[each] = each.stat().st_mtime_ns
        except OSError:
            continue
    return folders


def _changed(folders: Mapping[Path, int]) -> Iterator[Problem]:
    for folder, changed in sorted(folders.items()):
        try:
            same = folder.stat().st_mtime_ns == changed
        except OSError:
            same = False
        if not same:
            reason = "files came or went here while it was read; what came is not in this result"
            yield Problem(str(folder), "", reason)
