"""
Rows that stay as they came, in Arrow: queries read them where they are.

Taking a row over costs the engine as much as all that is asked of it later: a hundred columns, each in its own place.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from stashlight.events import arrow
from stashlight.events.schema import CODED, COLUMNS

__all__ = ["Held", "reading"]

_TYPES = {name: column.type for column in COLUMNS for name in (column.name, f"{column.name}_lc")}


_FEW_ROWS = 32_768
"""Rows below which taking them over costs less than asking Arrow for them in every query: 17,000 are 0.1 s apart."""


class Held:
    """Up to `most` bytes of rows, with their texts in dictionaries: what repeats is asked about once."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._table: pa.Table | None = None

    def add(self, table: pa.Table) -> bool:
        """Keep rows; False if they are too few to begin with, or they and all that follow are too many."""
        if self._table is None and table.num_rows < _FEW_ROWS:
            return False
        if table.nbytes > self._left:
            self._left = 0
            return False
        self._left -= table.nbytes
        table = arrow.coded(table, CODED)
        self._table = table if self._table is None else arrow.joined([self._table, table])
        return True

    @property
    def rows(self) -> int:
        """How many rows are held."""
        return 0 if self._table is None else self._table.num_rows

    def table(self, first: int = 0, end: int | None = None) -> pa.Table | None:
        """Give the rows from number `first` up to `end`; None if nothing is held at all."""
        if self._table is None:
            return None
        return self._table.slice(first, max(0, self.rows if end is None else end - first))


def reading(name: str, table: pa.Table, columns: Sequence[str]) -> str:
    """Give the query of these columns of a table of that name, NULL for those that it lacks."""
    there: Any = frozenset(table.column_names)
    listed = ", ".join(c if c in there else f"CAST(NULL AS {_TYPES[c]}) AS {c}" for c in columns)
    return f"SELECT {listed} FROM {name}"
