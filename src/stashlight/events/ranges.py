"""
What is read by one worker at a time: a file, a part of a large one, several small ones.

Large NDJSON files → byte ranges that begin and end at lines, so that several cores share one file; large event logs →
their chunks, some at a time.

A range of lines counts its lines from 1; `Shift` puts the lines of the ranges before it back on, as only after reading them does
anyone know how many there were.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

import orjson
import pyarrow as pa

from stashlight.decoders import Source, log_parts
from stashlight.errors import Problem
from stashlight.events import arrow
from stashlight.frozen import frozen

__all__ = ["RANGE_BYTES", "Shift", "Task", "ranges", "together"]

RANGE_BYTES = 32 << 20
"""Bytes of a range: small enough that the last ones keep all cores busy, large enough to bury their overhead."""

_SMALL = 32 << 20
_MOST_TOGETHER = 127
_BYTES_TOGETHER = 32 << 20
"""
Files of how many bytes are read together, how many of them more than one, and how many bytes at most.

An event log that Windows made is 68 kB or 1.1 MB however little is in it.
"""

_WINDOW = 1 << 16
_POSITION = re.compile(r"\b(line|byte|record) (\d+)")


@frozen
class Task:
    """
    A source, or a range of one, to be read on its own: the range `number` (from 0) of `of`.

    Or a source and `more` small ones after it, read together.
    """

    source: Source
    number: int = 0
    of: int = 1
    more: tuple[Source, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every source of the task."""
        return (self.source, *self.more)

    @property
    def size(self) -> int:
        """Bytes on disk of all of it."""
        return sum(each.size for each in self.sources)

    @property
    def is_lines(self) -> bool:
        """Whether it is a range of lines, whose number those behind it must know."""
        return self.of > 1 and self.source.parts == 1

    def newlines(self) -> int:
        """Count the lines of a range; a whole source needs no counting."""
        if not self.is_lines or self.source.path is None:
            return 0
        lines, left = 0, self.source.size
        with self.source.path.open("rb") as file:
            file.seek(self.source.start)
            while left > 0 and (piece := file.read(min(left, 1 << 20))):
                lines += piece.count(b"\n")
                left -= len(piece)
        return lines


def together(tasks: Sequence[Task]) -> list[Task]:
    """Join small plain files that follow each other: tables and messages of their own would cost more than they do."""
    joined: list[Task] = []
    group: list[Source] = []
    size = 0
    for task in tasks:
        is_small = _is_small(task.source)
        if group and (not is_small or len(group) > _MOST_TOGETHER or size + task.source.size > _BYTES_TOGETHER):
            joined.append(Task(group[0], more=tuple(group[1:])))
            group, size = [], 0
        if is_small:
            group.append(task.source)
            size += task.source.size
        else:
            joined.append(task)
    if group:
        joined.append(Task(group[0], more=tuple(group[1:])))
    return joined


def _is_small(source: Source) -> bool:
    is_plain = source.path is not None and source.entry is None and not source.refusal and source.length is None
    return is_plain and source.size <= _SMALL


def ranges(source: Source, size: int = RANGE_BYTES, form: str = "") -> list[Task]:
    """
    Give the source in parts if it is a plain NDJSON file or event log of at least two, else the source itself.

    `form` is the format it must be read as, "" for what it looks like.
    """
    whole = [Task(source)]
    if (
        form not in {"", "json", "evtx"}
        or source.path is None
        or source.entry is not None
        or source.refusal
        or source.length is not None
        or source.size < 2 * size
    ):
        return whole
    try:
        if form != "json" and (parts := log_parts(source, size)):
            return [Task(part, part.part, part.parts) for part in parts]
        if form == "evtx":
            return whole
        with source.path.open("rb") as file:
            cuts = _cuts(file, source.size, size)
    except OSError:
        # Reading it will meet the same, and tell.
        return whole
    ends = [*cuts[1:], source.size]
    return [
        Task(
            replace(source, start=start, length=end - start, size=end - start) if len(cuts) > 1 else source,
            i,
            len(cuts),
        )
        for i, (start, end) in enumerate(zip(cuts, ends, strict=True))
    ]


def _cuts(file: BinaryIO, total: int, size: int) -> list[int]:
    """Find where lines begin that are JSON objects: such a range is read as lines, like the whole file would be."""
    if _object_line(file, 0) != 0:
        return [0]
    cuts = [0]
    for target in range(size, total - size // 2, size):
        cut = _object_line(file, target)
        if cut is not None and cut > cuts[-1]:
            cuts.append(cut)
    return cuts


def _object_line(file: BinaryIO, offset: int) -> int | None:
    """Give where the first whole line at or after `offset` begins that is a JSON object; None if there is none near."""
    file.seek(max(0, offset - 1))
    window = file.read(_WINDOW)
    # At the start of the file the first line counts; elsewhere what follows the next newline does.
    at = 0 if offset == 0 else window.find(b"\n") + 1
    if offset and not at:
        return None
    while (end := window.find(b"\n", at)) >= 0:
        line = window[at:end]
        if line[:1] == b"{" and line.rstrip()[-1:] == b"}":
            try:
                orjson.loads(line)
            except orjson.JSONDecodeError:
                pass
            else:
                return max(0, offset - 1) + at
        at = end + 1
    return None


@frozen
class Shift:
    """How far into its file a range begins."""

    lines: int = 0
    bytes: int = 0

    def table(self, table: pa.Table) -> pa.Table:
        """Give the table with the line numbers of the whole file."""
        return arrow.ints_moved(table, "record", self.lines) if self.lines else table

    def problem(self, problem: Problem) -> Problem:
        """Give the problem with the position in the whole file."""

        def moved(found: re.Match[str]) -> str:
            by = self.bytes if found[1] == "byte" else self.lines
            return f"{found[1]} {int(found[2]) + by}"

        return replace(problem, position=_POSITION.sub(moved, problem.position)) if self.lines else problem
