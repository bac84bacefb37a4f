"""Statements and queries: Arrow in, SQL in the portable profile, Arrow or rows out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import pyarrow as pa

from stashlight.engines.compiled import compiled
from stashlight.errors import EngineError

__all__ = ["Connection", "Row"]

Row = tuple[object, ...]

_BATCH = 2048  # rows that a reader takes at a time


class Connection:
    """
    What can be asked of an engine, by one thread at a time.

    `connect` gives DuckDB's own connection when it is first needed; `refused` gives what to raise where that one refuses.
    """

    def __init__(self, connect: Callable[[], Any], refused: Callable[[Exception], EngineError]) -> None:
        self._connect, self._refused = connect, refused
        self._own: Any = None
        self._registered: dict[str, pa.Table] = {}

    @property
    def is_connected(self) -> bool:
        """Whether anything was asked yet."""
        return self._own is not None

    @property
    def _connected(self) -> Any:  # noqa: ANN401 - DuckDB's connection, whose module is imported late
        if self._own is None:
            self._own = self._connect()
        return self._own

    @property
    def _relational(self) -> Any:  # noqa: ANN401 - as above
        """The connection with what DuckDB's package adds to it: 50 ms that a scan need not pay."""
        import_module("duckdb")
        return self._connected

    @property
    def _error(self) -> type[Exception]:
        """What DuckDB raises."""
        return compiled().Error

    def register(self, name: str, table: pa.Table) -> None:
        """Let queries read an Arrow table under `name`, without copying it."""
        try:
            self._connected.register(name, table)
        except self._error as error:
            raise self._refused(error) from error
        self._registered[name] = table

    def unregister(self, name: str) -> None:
        """Forget a table given to `register`."""
        self._connected.unregister(name)
        self._registered.pop(name, None)

    @property
    def registered(self) -> Mapping[str, pa.Table]:
        """The tables that queries can read by `register`."""
        return self._registered

    def take(self, tables: Mapping[str, pa.Table], known: Mapping[str, pa.Table]) -> None:
        """Register those of the tables that are not `known`."""
        for name, table in tables.items():
            if known.get(name) is not table:
                self.register(name, table)

    def execute(self, sql: str) -> None:
        """Run a statement for its effect."""
        try:
            self._connected.execute(sql)
        except self._error as error:
            raise self._refused(error) from error

    def query(self, sql: str) -> pa.Table:
        """Give the rows of a query as an Arrow table."""
        try:
            relation = self._relational.sql(sql)
            table: pa.Table | None = None if relation is None else relation.to_arrow_table()
        except self._error as error:
            raise self._refused(error) from error
        if table is None:
            message = f"not a query: {sql[:80]}"
            raise EngineError(message)
        return table

    def rows(self, sql: str) -> list[Row]:
        """Give the rows of a query as tuples."""
        try:
            return self._connected.execute(sql).fetchall()
        except self._error as error:
            raise self._refused(error) from error

    def records(self, sql: str) -> Iterator[dict[str, object]]:
        """Give the rows of a query one by one, as dicts keyed by column."""
        try:
            cursor = self._connected.execute(sql)
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
            relation = self._relational.sql(sql, params=values or None)
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

    def most(self, size: int) -> int | None:
        """Give how many rows of so many bytes may be worked on at one go; None where memory is no matter."""
        del size
        return None

    @staticmethod
    def number_of(texts: Sequence[str]) -> str:
        """Give the expression of a whole number, 0 or more, that is the same for the same values of these expressions."""
        return f"hash({', '.join(texts)})"

    def interrupt(self) -> None:
        """Stop what another thread runs here; it raises an EngineError there."""
        self._connected.interrupt()

    def close(self) -> None:
        """Forget the connection."""
        if self._own is not None:
            self._own.close()
