"""
Who started whom: process starts by identity, and the ancestors of an actor.

Only the processes that matter are read: those that wrote, acted, or are ancestors of these, level by level.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final, cast

import pyarrow as pa

from stashlight.engines.connection import Connection
from stashlight.engines.duckdb import Engine
from stashlight.frozen import frozen

__all__ = ["Lineage", "Process", "read_lineage", "resolve_keys"]

_LEVELS: Final = 6

_Start = tuple[
    str, str, int, None, None, None, None, None, None, None, None, None, None, None, str, str
]  # the columns of `Process`; any of the others may be unknown


@frozen
class Process:
    """A process start; paths are folded, the command line is as written. `has_version` is None if the source never tells."""

    key: str
    host: str
    ts_us: int
    path: str | None
    command_line: str | None
    account: str | None
    process_id: int | None
    original: str | None
    description: str | None
    company: str | None
    parent_key: str | None
    parent_path: str | None
    parent_command_line: str | None
    logon_id: int | None
    provider: str
    event: str


class Lineage:
    """Process starts by key."""

    def __init__(self, processes: Iterable[Process]) -> None:
        self._by_key = {p.key: p for p in processes}

    def get(self, key: str | None) -> Process | None:
        """Give the start of a process, None if the log lacks it."""
        return self._by_key.get(key) if key else None

    def ancestors(self, key: str | None) -> Iterator[Process]:
        """Give the process itself, its parent, and so on; ends at the first start that the log lacks."""
        seen: set[str] = set()
        while key and key not in seen and (process := self._by_key.get(key)):
            seen.add(key)
            yield process
            key = process.parent_key


# Two sources may tell of one start, and one more than once; Sysmon says more than 4688.
_QUERY: Final = """
WITH told AS (
  SELECT
    e.event_key AS event_key,
    ROW_NUMBER() OVER (
      PARTITION BY e.process_key
      ORDER BY CASE WHEN e.original_file_name_lc IS NULL THEN 1 ELSE 0 END NULLS FIRST, e.ts_us NULLS FIRST, e.event_key NULLS FIRST
    ) AS rank
  FROM events AS e
  INNER JOIN wanted_processes AS w ON w.key = e.process_key
  WHERE e.kind = 'process_start' AND NOT e.ts_us IS NULL
)
SELECT
  e.process_key, e.host_key, e.ts_us, e.process_path_lc, e.command_line, e.account_key, e.process_id,
  e.original_file_name_lc, e.file_description_lc, e.company_lc, e.parent_key, e.parent_path_lc, e.parent_command_line,
  e.logon_id, e.provider, e.event_key
FROM events AS e
INNER JOIN told AS t ON t.event_key = e.event_key AND t.rank = 1
ORDER BY e.ts_us NULLS FIRST, e.event_key NULLS FIRST
"""


_STARTS: Final = """
SELECT e.host_key, e.process_id, e.ts_us, e.process_key, e.account_key
FROM events AS e
INNER JOIN wanted_pids AS w ON w.host = e.host_key AND w.pid = e.process_id
WHERE e.kind = 'process_start' AND NOT e.ts_us IS NULL AND NOT e.process_key IS NULL
ORDER BY e.ts_us NULLS FIRST, e.event_key NULLS FIRST
"""


def resolve_keys(engine: Connection, wanted: Iterable[tuple[str, int, int, str]]) -> dict[str, tuple[str, str | None]]:
    """
    Give the real process key for keys that no start carries: (host, pid, time, key) → (key, account) of the latest start of that pid before.

    4104 and 4663 name a pid without start time or GUID; pids are reused, so the time decides.
    """
    rows = list(wanted)
    if not rows:
        return {}
    pids = sorted({(host, pid) for host, pid, _, _ in rows})
    engine.register(
        "wanted_pids", pa.table({"host": [h for h, _ in pids], "pid": pa.array([p for _, p in pids], pa.int64())})
    )
    starts: dict[tuple[str, int], list[tuple[int, str, str | None]]] = {}
    for host, pid, ts, key, account in cast("Iterable[tuple[str, int, int, str, str | None]]", engine.rows(_STARTS)):
        starts.setdefault((host, pid), []).append((ts, key, account))
    engine.unregister("wanted_pids")
    found: dict[str, tuple[str, str | None]] = {}
    for host, pid, ts, key in rows:
        times = starts.get((host, pid), [])
        # A script may be stamped a moment before the start that the other channel records.
        at = bisect_right(times, ts + 2_000_000, key=lambda start: start[0]) - 1
        if at >= 0:
            found[key] = times[at][1:]
    return found


def read_lineage(engine: Engine, keys: Iterable[str]) -> Lineage:
    """Give the starts of these processes and of their ancestors, up to six levels."""
    found: dict[str, Process] = {}
    asked: set[str] = set()
    wanted = {k for k in keys if k}
    for _ in range(_LEVELS):
        wanted -= asked
        if not wanted:
            break
        engine.register("wanted_processes", pa.table({"key": sorted(wanted)}))
        read = [Process(*cast("_Start", row)) for row in engine.rows(_QUERY)]
        engine.unregister("wanted_processes")
        found |= {process.key: process for process in read}
        asked |= wanted
        wanted = {process.parent_key for process in read if process.parent_key}
    return Lineage(found.values())
