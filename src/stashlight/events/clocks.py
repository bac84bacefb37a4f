"""
Log clocks that are hours off: told by Sysmon, which writes its own UTC time into the record.

Some collectors write local time, or a twelve-hour clock, as `TimeCreated` with a `Z` (every OTRF data set of the form
that has TimeCreated does: 4 to 19 hours). Sysmon's events carry the true time beside it; the same host's Security and
PowerShell events carry the wrong one only, and would lie hours away from the acts that they belong to. What the nearest
Sysmon record of the same host and file shows is put right, marked `corrected`, and told once a file.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from stashlight.events import times
from stashlight.events.remarks import Remarks
from stashlight.frozen import frozen

__all__ = ["Clocks", "Timed", "Value"]

Value = str | int | bool | None

_HOUR = 3_600_000_000
# All zones and clock mistakes are whole quarters of an hour; a log that is merely late is late by anything.
_QUARTER = _HOUR // 4
_TOLERANCE = 60_000_000

Offset = tuple[int, int]
Clock = tuple[Remarks, str]


@frozen
class Timed:
    """The times of some rows, as far as they are known: all sequences are of the same length."""

    files: Sequence[Remarks]
    hosts: Sequence[Value]
    records: Sequence[Value]
    ts: list[Value]
    basis: list[Value]
    created: Sequence[object]


@dataclass(slots=True)
class Clocks:
    """What was seen of the clocks of hosts, in each file apart."""

    _last: dict[Clock, Offset] = field(default_factory=dict[Clock, Offset])

    def put_right(self, tables: Sequence[Timed]) -> None:
        """Correct, in place, the times of `tables` (rows read about the same time) that only the log's clock gave."""
        seen: dict[Clock, list[Offset]] = {clock: [last] for clock, last in self._last.items()}
        for table in tables:
            _observe(table, seen)
        self._last = {}
        for clock, offsets in seen.items():
            offsets.sort()
            if offsets[-1][1] or any(by for _, by in offsets):
                self._last[clock] = offsets[-1]
        wrong = {clock: offsets for clock, offsets in seen.items() if clock in self._last}
        if wrong:
            for table in tables:
                _correct(table, wrong)


def _observe(table: Timed, seen: dict[Clock, list[Offset]]) -> None:
    """Note how far the log's clock is off, for hosts that show it at all; most rows cost a look at the hour."""
    if str not in set(map(type, table.created)):
        return
    rows = zip(table.files, table.hosts, table.records, table.ts, table.basis, table.created, strict=True)
    for file, host, record, ts, basis, created in rows:
        if basis != "event" or not isinstance(created, str) or not isinstance(ts, int) or not isinstance(host, str):
            continue
        known = (file, host) in seen
        if not known and created[11:13] == f"{ts // _HOUR % 24:02d}":
            continue
        log = times.parse(created)
        if log is None or not isinstance(record, int):
            continue
        by = round((ts - log) / _QUARTER) * _QUARTER
        if abs(ts - log - by) > _TOLERANCE:
            continue
        if by or known:
            seen.setdefault((file, host), []).append((record, by))


def _correct(table: Timed, wrong: dict[Clock, list[Offset]]) -> None:
    for i, basis in enumerate(table.basis):
        file, host, record, ts = table.files[i], table.hosts[i], table.records[i], table.ts[i]
        if basis != "created" or not isinstance(ts, int) or not isinstance(record, int) or not isinstance(host, str):
            continue
        by = _nearest(wrong[file, host], record) if (file, host) in wrong else 0
        if by:
            table.ts[i] = ts + by
            table.basis[i] = "corrected"
            file.put_right(host, by, record)


def _nearest(offsets: Sequence[Offset], record: int) -> int:
    at = bisect_left(offsets, (record, -(1 << 62)))
    around = offsets[max(0, at - 1) : at + 1]
    return min(around, key=lambda each: abs(each[0] - record))[1]
