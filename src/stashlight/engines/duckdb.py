"""
DuckDB as the engine that computes: Arrow in, SQL in the portable profile, Arrow or rows out.

An `Engine` lives in memory, goes on in a temporary directory of its own when that is full, and forgets everything when
closed.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import pyarrow as pa

from stashlight.engines.beside import beside
from stashlight.engines.connection import Connection
from stashlight.engines.database import Database
from stashlight.engines.held import Held, reading
from stashlight.engines.quoting import quoted
from stashlight.errors import EngineError
from stashlight.events import arrow
from stashlight.events.schema import ARROW, chosen, ddl

__all__ = ["Engine"]

_IN_MEMORY = 0.4
"""
Share of the memory that events may fill before they go on in a file.

DuckDB spills tables in memory as well, but uncompressed, and of each million events it keeps 10 MB that it cannot spill:
ten million took 83 s and 2,700 MB of disk, in a file 79 s and 820 MB, and a query of them 0.05 s instead of 0.4.
"""

_GUARDED_BYTES = 64_000_000
"""Bytes added from which on a spill is likely, so that even a killed process must leave nothing behind."""

_KEY_BYTES = 50
"""
What grouping by key wants of memory for each: DuckDB spills most of it, but not all.

With 260 MB it grouped 12.5 million keys of a hundred million, and gave up at 25 million.
"""

_MOST_RANGES = 256  # ranges are told by two digits

_ANY_DOUBLES = "SELECT 1 FROM doubles LIMIT 1"

T = TypeVar("T")
Other = TypeVar("Other")


class Engine(Connection):
    """
    An event table and the SQL to question it.

    Use it as a context manager, or call `close()`.

    `memory` is how many bytes DuckDB may hold before it spills (None leaves DuckDB's own default),
    `threads` the cores it uses; `columns` are those of events that will be asked of, beside schema.KEYS (None: all).
    Up to `holds` bytes of rows are read where they are (see `hold`); then `events` is a view, whose rows stay.
    """

    takes_coded: Literal[True] = True
    """See `events.loading.Coding`."""

    def __init__(
        self,
        memory: int | None = None,
        threads: int | None = None,
        columns: frozenset[str] | None = None,
        *,
        holds: int = 0,
    ) -> None:
        self._schema, self._ddl = chosen(ARROW, columns), ddl(asked=columns)
        self._database = Database(memory, threads, self._ddl)
        super().__init__(self._database.connect, self._database.refused)
        self._memory = memory
        self._held = Held(holds)
        self._stored = "memory.main.events"  # the table itself, where `events` is a view
        self._added = self._stored_bytes = 0
        self._ends: list[int] | None = []  # of what was added at one go, as numbers of rows, while it is in memory
        self.rows_added = 0
        self._others: list[Connection] = []
        self._view = ""  # the statement that made `events` a view

    def add(self, table: pa.Table) -> None:
        """
        Append events.

        Columns may stand in any order, and texts in dictionaries; a column of the engine's that `table` lacks becomes NULL.

        Raises:
            EngineError: a column that the engine does not have, or a type that does not convert.
        """
        rows = self._fitting(table)
        if not rows.num_rows:
            return
        columns = ", ".join(rows.column_names)
        self.register("incoming", rows)
        self.execute(f"INSERT INTO {self._stored} ({columns}) SELECT {columns} FROM incoming")
        self.unregister("incoming")
        if self.rows_added == self._held.rows:
            self._show(stored=True)
        self._count(rows)
        self._stored_bytes += arrow.unfolded(rows)
        if self._ends is not None:
            self._ends.append(self.rows_added - self._held.rows)
            if self._memory is not None and self._stored_bytes > self._memory * _IN_MEMORY:
                self._go_on_in_a_file(self._ends)
                self._ends = None

    def hold(self, table: pa.Table) -> bool:
        """
        Take events as `add` does, but leave them where they are; False if they are too few or too many for that.

        Once something was added, nothing more can be held.

        Raises:
            EngineError: as `add`.
        """
        rows = self._fitting(table)
        if not rows.num_rows:
            return True
        if self.rows_added > self._held.rows or not self._held.add(rows):
            return False
        self._show(stored=False)
        self._count(rows)
        return True

    def _fitting(self, table: pa.Table) -> pa.Table:
        """Give the rows with their columns of the schema's types, in dictionaries or not."""
        unknown = set(table.column_names).difference(self._schema.names)
        if unknown:
            message = f"event table has no column {', '.join(sorted(unknown))}"
            raise EngineError(message)
        wanted: Any = self._schema  # its stubs leave the type of a field open
        own: Any = table.schema
        if all(getattr(f.type, "value_type", f.type) == wanted.field(f.name).type for f in own):
            # Casting to what it is takes nothing, but an import.
            return table
        try:
            return table.cast(pa.schema([wanted.field(n) for n in table.column_names]))
        except pa.ArrowException as error:
            message = f"events do not fit the schema: {error}"
            raise EngineError(message) from error

    def _show(self, *, stored: bool) -> None:
        """Make `events` a view of what is held, and of what is stored."""
        if (table := self._held.table()) is None:
            return
        self.register("held", table)
        others = f" UNION ALL SELECT * FROM {self._stored}" if stored else ""
        held = reading("held", table, self._schema.names)
        self._view = f"CREATE OR REPLACE TEMP VIEW events AS {held}{others}"
        self.execute(self._view)

    def _count(self, rows: pa.Table) -> None:
        self._added += rows.nbytes
        self.rows_added += rows.num_rows
        if self._added > _GUARDED_BYTES and self._database.spill is not None:
            self._database.spill.guard()

    def _go_on_in_a_file(self, ends: Sequence[int]) -> None:
        """
        Move all tables, and what is held, into a file of the spill folder.

        Rows keep the numbers by which `part` and `distinct` go.
        """
        if self._database.spill is None:
            return
        self.execute(f"ATTACH {quoted(str(self._database.spill.folder / 'events.duckdb'))} AS filed")
        tables = [str(name) for (name,) in self.rows("SELECT table_name FROM duckdb_tables() WHERE NOT temporary")]
        for table in tables:
            if table != "events":
                self.execute(f"CREATE TABLE filed.{table} AS FROM {table}")
        self.execute(self._ddl.replace("events", "filed.events", 1))
        if (held := self._held.table()) is not None:
            self.execute(f"INSERT INTO filed.events {reading('held', held, self._schema.names)}")
            self.execute("DROP VIEW events")
            self._view = ""
            self.unregister("held")
            self._held = Held(0)
        # What is added by one statement has no order there.
        rows = f"INSERT INTO filed.events SELECT * FROM {self._stored}"
        for first, end in pairwise((0, *ends)):
            self.execute(f"{rows} WHERE rowid >= {first:d} AND rowid < {end:d}")
        for table in tables:
            self.execute(f"DROP TABLE memory.main.{table}")
        self.execute("USE filed")
        self._stored = "filed.main.events"

    def part(self, first: int, end: int) -> str:
        """
        Give what stands for `events` in a query that reads the rows taken as number `first` up to `end` only.

        It holds for as long as none is dropped, and until the next part; other rows are not read.
        """
        before = self._held.rows
        rows = f"SELECT * FROM {self._stored} WHERE rowid >= {first - before:d} AND rowid < {end - before:d}"
        if (table := self._held.table(first, end)) is not None:
            self.register("held_part", table)
            rows = f"{reading('held_part', table, self._schema.names)} UNION ALL {rows}"
        return f"({rows}) AS part"

    def distinct(self) -> dict[str, int]:
        """
        Drop every event whose key an earlier one has; give how many, by kind.

        For loads of more keys than memory may hold: grouping spills. Events added at one go must have different keys,
        and so must all that are held.
        """
        most = self.most(_KEY_BYTES)
        parts = 1 if most is None else -(-self.rows_added // most)
        dropped: Counter[str] = Counter()
        for where in _key_ranges(min(parts, _MOST_RANGES)):
            dropped += self._drop_doubles(where)
        return dict(dropped)

    def _drop_doubles(self, where: str) -> Counter[str]:
        held = f" UNION ALL SELECT event_key, -1 FROM held {where}" if self._held.rows else ""
        self.execute(
            "CREATE TEMP TABLE doubles AS SELECT event_key, min(number) AS first "
            f"FROM (SELECT event_key, rowid AS number FROM {self._stored} {where}{held}) AS e "
            "GROUP BY event_key HAVING count(*) > 1"
        )
        later = f"FROM {self._stored} AS e INNER JOIN doubles AS d ON d.event_key = e.event_key AND e.rowid > d.first"
        kinds = self.rows(f"SELECT e.kind, count(*) {later} GROUP BY 1") if self.rows(_ANY_DOUBLES) else []
        if kinds:
            self.execute(f"DELETE FROM {self._stored} WHERE rowid IN (SELECT e.rowid {later})")
        self.execute("DROP TABLE doubles")
        return Counter({str(kind): int(str(count)) for kind, count in kinds})

    def most(self, size: int) -> int | None:
        """As `Connection.most`: bounded once events are in a file."""
        return None if self._memory is None or self._ends is not None else max(1, self._memory // size)

    def side_by_side(self, works: Sequence[Callable[[Connection], T]]) -> list[T]:
        """
        Do works on connections of their own, at the same time as far as there are cores; give what they give, in their order.

        None may need what another one does, nor leave temporary tables behind; what one registers, others can read
        afterwards. Events in a file are many: there each statement keeps all cores busy, and has the memory for itself.

        Raises what the first of them that fails raises.
        """
        count = 1 if self._ends is None else max(1, min(self._database.threads, len(works)))
        while len(self._others) < count - 1:
            self._others.append(Connection(self._connected.cursor, self._refused))
        others = self._others[: count - 1]
        for other in others:
            other.take(self.registered, other.registered)
            if self._view:
                other.execute(self._view)
        before = [dict(other.registered) for other in others]
        try:
            return beside(works, (self, *others))
        finally:
            for other, known in zip(others, before, strict=True):
                self.take(other.registered, known)

    def both(self, one: Callable[[Connection], T], other: Callable[[Connection], Other]) -> tuple[T, Other]:
        """Do two works side by side."""
        given: list[Any] = self.side_by_side([one, other])
        return given[0], given[1]

    def interrupt(self) -> None:
        """Stop what other threads run; it raises an EngineError there."""
        for each in self._others:
            each.interrupt()
        super().interrupt()

    def close(self) -> None:
        """Forget everything and remove the spill directory; closing twice is fine."""
        for other in self._others:
            other.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _key_ranges(count: int) -> Iterator[str]:
    """Give conditions, each for about as many keys, that together let all of any form through: keys are hexadecimal digests."""
    ends = [f"{256 * n // count:02x}" for n in range(1, count)]
    for least, end in pairwise(("", *ends, "")):
        bounds = [f"event_key >= '{least}'"] if least else []
        bounds += [f"event_key < '{end}'"] if end else []
        yield f"WHERE {' AND '.join(bounds)}" if bounds else ""
