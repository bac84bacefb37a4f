"""A sink for tests."""

import pyarrow as pa

from stashlight.events.schema import ARROW

__all__ = ["Rows"]


class Rows:
    """A sink that keeps tables."""

    def __init__(self) -> None:
        self.tables: list[pa.Table] = []

    def add(self, table: pa.Table, /) -> None:
        self.tables.append(table)

    def whole(self) -> pa.Table:
        return pa.concat_tables(self.tables) if self.tables else ARROW.empty_table()
