"""Paths → every event in them, into a sink, on all cores."""

import os
from collections.abc import Iterator, Sequence
from typing import Protocol

import pyarrow as pa

from stashlight.decoders import Wanted, formats, sources
from stashlight.errors import InputError
from stashlight.events import arrow
from stashlight.events.needed import ALL_NEEDED, Needed
from stashlight.events.ranges import RANGE_BYTES, Shift, Task, ranges, together
from stashlight.events.reading import MAPPED
from stashlight.events.tally import Tally
from stashlight.events.workers import Job, Part, here, spread
from stashlight.progress import Progress

__all__ = ["Sink", "load"]

_WORTH_WORKERS = 32 << 20
"""Bytes on disk below which one process is done before others, which start in up to a second, have helped."""

_SINK_BYTES = 16 << 20
_SINK_ROWS = 20_000
"""What to gather before it goes to the sink: an insert has a price of its own, which many small files would pay."""


class Sink(Protocol):
    """Where events go; an engine is one."""

    def add(self, table: pa.Table, /) -> None:
        """Take rows in schema.ARROW."""
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
) -> Tally:
    """
    Give the sink every event below `paths`, in the order of the sources, byte-identical duplicates dropped.

    Script blocks that are not `needed` are counted only (`Tally.spared`), duplicates among them included.

    `workers` processes share the work; None takes one a core, and none at all for a few megabytes. The same input
    gives the same rows in the same order however many work on it.

    Raises:
        InputError: a path does not exist, or `format` is none that we know.
    """
    if format and format not in formats():
        message = f"no format {format!r}; there are: {', '.join(formats())}"
        raise InputError(message)
    arrow.without_pandas()
    found = list(sources(paths))
    total = sum(s.size for s in found)
    count = workers or os.cpu_count() or 1
    if any(s.path is None for s in found) or (workers is None and total < _WORTH_WORKERS):
        # Standard input cannot be handed over.
        count = 1
    # Ranges do not depend on how many share them, so that problems read the same.
    apart = [task for s in found for task in (ranges(s, RANGE_BYTES) if format in {"", "json"} else [Task(s)])]
    tasks = together(apart)
    job = Job(wanted, format, strict, needed)
    parts = spread(tasks, job, min(count, len(tasks))) if count > 1 and len(tasks) > 1 else here(tasks, job)
    return _gather(tasks, parts, sink, progress, total)


def _gather(tasks: Sequence[Task], parts: Iterator[Part], sink: Sink, progress: Progress | None, total: int) -> Tally:
    whole = Tally()
    seen: set[bytes] = set()
    shift = Shift()
    waiting: list[pa.Table] = []
    rows = size = done = 0
    for part in parts:
        task = tasks[part.task]
        if part.table is not None:
            table, duplicates = _fresh(shift.table(part.table), seen)
            whole.count(table)
            whole.duplicates += duplicates
            waiting.append(table)
            # Kept as sums: asking every waiting table for its bytes each time cost most of a large load.
            rows, size = rows + table.num_rows, size + table.nbytes
            if rows >= _SINK_ROWS or size >= _SINK_BYTES:
                sink.add(pa.concat_tables(waiting))
                waiting.clear()
                rows = size = 0
        if part.tally is not None:
            part.tally.problems = [shift.problem(p) for p in part.tally.problems]
            whole.add(part.tally)
            last = task.number + 1 == task.of
            shift = Shift() if last else Shift(shift.lines + part.tally.lines, shift.bytes + task.size)
            done += task.size
        if progress:
            progress(done + (0 if part.tally else min(part.done, task.size)), total)
    if waiting:
        sink.add(pa.concat_tables(waiting))
    whole.lines = 0
    return whole


def _fresh(table: pa.Table, seen: set[bytes]) -> tuple[pa.Table, int]:
    """Leave out rows whose key was seen before, and say how many; remember the others."""
    keys = [bytes.fromhex(key) for key in arrow.texts(table, "event_key")]
    new = set(keys)
    if len(new) == len(keys) and seen.isdisjoint(new):
        seen |= new
        return table, 0
    keep: list[bool] = []
    for key in keys:
        keep.append(key not in seen)
        seen.add(key)
    return arrow.kept(table, keep), keep.count(False)
