"""What was read, counted: so that it can be said, and checked, that nothing was lost."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from stashlight.errors import Problem
from stashlight.events import arrow

__all__ = ["Tally"]


@dataclass(slots=True)
class Tally:
    """
    Counts of one source, or of all.

    `records` counts every record that a container framed, wanted or not, good or not; `rejected` those that could
    not be read. `events` became rows; `duplicates` were dropped as byte-identical to one read before. `unmapped` counts
    wanted records that no kind stands for, by (provider or channel, id). `spared` counts events, by kind, that no rule
    can match and that got no rows; they are among `events` and `kinds`. `formats` counts sources by container.
    `first` and `last` are microseconds UTC. `bytes` is content after unpacking. `lines` counts newlines (ranges only).
    `partial` is true if reading was stopped before the end.
    """

    files: int = 0
    bytes: int = 0
    records: int = 0
    rejected: int = 0
    events: int = 0
    duplicates: int = 0
    first: int | None = None
    last: int | None = None
    kinds: Counter[str] = field(default_factory=Counter[str])
    formats: Counter[str] = field(default_factory=Counter[str])
    spared: Counter[str] = field(default_factory=Counter[str])
    unmapped: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    problems: list[Problem] = field(default_factory=list[Problem])
    lines: int = 0
    partial: bool = False

    def add(self, other: "Tally") -> None:
        """Take another tally's counts in."""
        self.files += other.files
        self.bytes += other.bytes
        self.records += other.records
        self.rejected += other.rejected
        self.events += other.events
        self.duplicates += other.duplicates
        self._span(other.first, other.last)
        self.kinds += other.kinds
        self.formats += other.formats
        self.spared += other.spared
        self.unmapped += other.unmapped
        self.problems += other.problems
        self.lines += other.lines

    def count(self, table: pa.Table) -> None:
        """Count the rows of an event table, their kinds and times."""
        self.events += table.num_rows
        self.kinds.update(arrow.counts(table, "kind"))
        self._span(*arrow.span(table, "ts_us"))

    def drop(self, duplicates: Mapping[str, int]) -> None:
        """Take back events that turned out as duplicates, by kind."""
        self.events -= sum(duplicates.values())
        self.duplicates += sum(duplicates.values())
        self.kinds -= Counter(duplicates)

    def spare(self, kind: str, times: Sequence[object]) -> None:
        """Count events that get no rows, and their times."""
        self.events += len(times)
        self.kinds[kind] += len(times)
        self.spared[kind] += len(times)
        known = [t for t in times if isinstance(t, int)]
        self._span(min(known, default=None), max(known, default=None))

    def spare_rows(self, kind: str, events: int, first: int | None, last: int | None) -> None:
        """Count events that get no rows, and the first and last of their times."""
        self.spare_unread(kind, events)
        self._span(first, last)

    def spare_unread(self, kind: str, events: int) -> None:
        """Count events that were not even parsed."""
        self.events += events
        self.kinds[kind] += events
        self.spared[kind] += events

    def _span(self, first: int | None, last: int | None) -> None:
        self.first = min((t for t in (self.first, first) if t is not None), default=None)
        self.last = max((t for t in (self.last, last) if t is not None), default=None)
