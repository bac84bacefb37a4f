"""
DuckDB as the engine that computes: Arrow in, SQL in the portable profile, Arrow or rows out.

An `Engine` lives in memory, goes on in a temporary directory of its own when that is full, and forgets everything when
closed. It reads no other file and no network: rules and logs come from strangers, so SQL that slipped through must find
nothing.
"""

import os
import weakref
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from itertools import pairwise
from types import TracebackType
from typing import Any, Literal, Protocol, Self

import pyarrow as pa

from stashlight.engines.held import Held, reading
from stashlight.engines.spill import Spill
from stashlight.errors import EngineError
from stashlight.events import arrow
from stashlight.events.schema import ARROW, chosen, ddl

__all__ = ["SPILL_LIMIT", "Engine"]

# A spill beyond this means a runaway query, not a large log: the event table of 100 million rows fits.
SPILL_LIMIT = "50GB"

_THREAD_BYTES = 100_000_000
"""What a thread of DuckDB wants of the memory: more threads than that would fail where fewer spill."""

_IN_MEMORY = 0.4
"""
Share of the memory that events may fill before they go on in a file.

DuckDB spills tables in memory as well, but uncompressed, and of each million events it keeps 10 MB that it cannot spill:
ten million took 83 s and 2,700 MB of disk, in a file 79 s and 820 MB, and a query of them 0.05 s instead of 0.4.
"""

_GUARDED_BYTES = 64_000_000
"""Bytes added from which on a spill is likely, so that even a killed process must leave nothing behind."""

# What DuckDB says, and what a person should do about it.
_ADVICE = (
    (
        ("no space left", "disk full", "enospc"),
        "the disk is full while spilling to {place}: free some, or set TMPDIR to a larger one",
    ),
    (
        ("max_temp_directory_size", "failed to offload"),
        "more than {limit} would have to be spilled to {place}: give more with --memory",
    ),
    (
        ("out of memory", "could not allocate", "failed to allocate"),
        "it does not fit into {memory} of memory: give more with --memory",
    ),
)

# Settings that are locked: no files, no network, no code from elsewhere.
_LOCKS = (
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET python_enable_replacements = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)

_Row = tuple[object, ...]
_BATCH = 2048  # rows that a reader takes at a time


class Engine:
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
        if memory is not None and threads is None:
            threads = max(1, min(os.cpu_count() or 1, memory // _THREAD_BYTES))
        self._settings = [
            # Insertion order would cost memory on large loads; every query that needs an order states it.
            "SET preserve_insertion_order = false",
            # Text without an offset is UTC, whatever the machine's zone.
            "SET TimeZone = 'UTC'",
            *([f"SET memory_limit = '{memory:d}B'"] if memory is not None else []),
            *([f"SET threads = {threads:d}"] if threads is not None else []),
        ]
        self._schema, self._ddl = chosen(ARROW, columns), ddl(asked=columns)
        self._memory = "its share" if memory is None else f"{memory / 1e6:,.0f} MB"
        self._most = None if memory is None else int(memory * _IN_MEMORY)
        self._held = Held(holds)
        self._stored = "memory.main.events"  # the table itself, where `events` is a view
        self._added = self._stored_bytes = 0
        self._ends: list[int] | None = []  # of what was added at one go, as numbers of rows, while it is in memory
        self.rows_added = 0
        self._spill: Spill | None = None
        self._error: type[Exception] = EngineError
        self._finalizer = weakref.finalize(self, _nothing)

    @cached_property
    def _connection(self):  # noqa: ANN202 - a type of DuckDB's, whose module is imported late
        """Connect when it is first needed: the engine's threads start here, and processes are forked before threads."""
        # Imported here: 60 ms that `stashlight --version` should not pay.
        from stashlight.engines.compiled import compiled

        duckdb = compiled()
        if not self._finalizer.alive:
            message = "the engine is closed"
            raise EngineError(message)
        self._error = duckdb.Error
        self._spill = spill = Spill()
        connection = duckdb.connect(":memory:")
        self._finalizer.detach()
        self._finalizer = weakref.finalize(self, _close, connection, spill)
        place = str(spill.folder).replace("'", "''")
        first = (
            f"SET temp_directory = '{place}'",
            f"SET max_temp_directory_size = '{SPILL_LIMIT}'",
            f"SET allowed_directories = ['{place}/']",
        )
        try:
            for statement in (*first, *self._settings, *_LOCKS, self._ddl):
                connection.execute(statement)
        except duckdb.Error as error:
            raise EngineError(str(error)) from error
        return connection

    @property
    def _relational(self):  # noqa: ANN202 - as above
        """The connection with what DuckDB's package adds to it: 50 ms that a scan need not pay."""
        import_module("duckdb")
        return self._connection

    def _refused(self, error: Exception) -> EngineError:
        """Give what DuckDB said, and what to do where that is known."""
        said = str(error)
        place = self._spill.folder.parent if self._spill else ""
        for signs, advice in _ADVICE:
            if any(sign in said.lower() for sign in signs):
                return EngineError(advice.format(place=place, limit=SPILL_LIMIT, memory=self._memory))
        return EngineError(said)

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
            if self._most is not None and self._stored_bytes > self._most:
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
        self.execute(f"CREATE OR REPLACE TEMP VIEW events AS {held}{others}")

    def _count(self, rows: pa.Table) -> None:
        self._added += rows.nbytes
        self.rows_added += rows.num_rows
        if self._added > _GUARDED_BYTES and self._spill is not None:
            self._spill.guard()

    def _go_on_in_a_file(self, ends: Sequence[int]) -> None:
        """
        Move all tables, and what is held, into a file of the spill folder.

        Rows keep the numbers by which `part` and `distinct` go.
        """
        if self._spill is None:
            return
        place = str(self._spill.folder / "events.duckdb").replace("'", "''")
        self.execute(f"ATTACH '{place}' AS filed")
        tables = [str(name) for (name,) in self.rows("SELECT table_name FROM duckdb_tables() WHERE NOT temporary")]
        for table in tables:
            if table != "events":
                self.execute(f"CREATE TABLE filed.{table} AS FROM {table}")
        self.execute(self._ddl.replace("events", "filed.events", 1))
        if (held := self._held.table()) is not None:
            self.execute(f"INSERT INTO filed.events {reading('held', held, self._schema.names)}")
            self.execute("DROP VIEW events")
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
        held = " UNION ALL SELECT event_key, -1 FROM held" if self._held.rows else ""
        self.execute(
            "CREATE TEMP TABLE doubles AS SELECT event_key, min(number) AS first "
            f"FROM (SELECT event_key, rowid AS number FROM {self._stored}{held}) AS e "
            "GROUP BY event_key HAVING count(*) > 1"
        )
        later = f"FROM {self._stored} AS e INNER JOIN doubles AS d ON d.event_key = e.event_key AND e.rowid > d.first"
        dropped = {
            str(kind): int(str(count)) for kind, count in self.rows(f"SELECT e.kind, count(*) {later} GROUP BY 1")
        }
        if dropped:
            self.execute(f"DELETE FROM {self._stored} WHERE rowid IN (SELECT e.rowid {later})")
        self.execute("DROP TABLE doubles")
        return dropped

    def register(self, name: str, table: pa.Table) -> None:
        """Let queries read an Arrow table under `name`, without copying it."""
        try:
            self._connection.register(name, table)
        except self._error as error:
            raise self._refused(error) from error

    def unregister(self, name: str) -> None:
        """Forget a table given to `register`."""
        self._connection.unregister(name)

    def execute(self, sql: str) -> None:
        """Run a statement for its effect."""
        try:
            self._connection.execute(sql)
        except self._error as error:
            raise self._refused(error) from error

    def query(self, sql: str) -> pa.Table:
        """Give the rows of a query as an Arrow table."""
        try:
            relation: Any = self._relational.sql(sql)  # None if not a query, which its stubs leave out
            table: pa.Table | None = None if relation is None else relation.to_arrow_table()
        except self._error as error:
            raise self._refused(error) from error
        if table is None:
            message = f"not a query: {sql[:80]}"
            raise EngineError(message)
        return table

    def rows(self, sql: str) -> list[_Row]:
        """Give the rows of a query as tuples."""
        try:
            return self._connection.execute(sql).fetchall()
        except self._error as error:
            raise self._refused(error) from error

    def records(self, sql: str) -> Iterator[dict[str, object]]:
        """Give the rows of a query one by one, as dicts keyed by column."""
        try:
            cursor = self._connection.execute(sql)
            columns = [c[0] for c in cursor.description or ()]
            while rows := cursor.fetchmany(1000):
                for row in rows:
                    yield dict(zip(columns, row, strict=True))
        except self._error as error:
            raise self._refused(error) from error

    def first(
        self, sql: str, most: int, values: Mapping[str, object] | None = None, *, most_bytes: int | None = None
    ) -> tuple[pa.Table, bool]:
        """
        Give the first rows of a query, and whether there are more; `most` 0 gives all. `values` fill `$name`.

        Raises:
            EngineError: it is refused, or gives more than `most_bytes`.
        """
        try:
            relation: Any = self._relational.sql(sql, params=values or None)
            reader: pa.RecordBatchReader = relation.to_arrow_reader(_BATCH)
            batches: list[pa.RecordBatch] = []
            rows = held = 0
            for batch in reader:
                batches.append(batch)
                rows, held = rows + batch.num_rows, held + batch.nbytes
                if most_bytes is not None and held > most_bytes:
                    message = f"rows of more than {most_bytes / 1e6:,.0f} MB: ask for fewer, or give more with --memory"
                    raise EngineError(message)
                if most and rows > most:
                    break
            table = pa.Table.from_batches(batches, reader.schema)
        except (self._error, pa.ArrowException) as error:
            # What goes wrong on the way reaches Arrow's reader.
            raise self._refused(error) from error
        return (table.slice(0, most), True) if most and rows > most else (table, False)

    def interrupt(self) -> None:
        """Stop what another thread runs; it raises an EngineError there."""
        self._connection.interrupt()

    def close(self) -> None:
        """Forget everything and remove the spill directory; closing twice is fine."""
        self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Closable(Protocol):
    """DuckDB's connection, whose module is imported late."""

    def close(self) -> None: ...


def _nothing() -> None:
    """Close an engine that was never connected."""


def _close(connection: _Closable, spill: Spill) -> None:
    connection.close()
    spill.remove()
