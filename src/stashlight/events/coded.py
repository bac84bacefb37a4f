"""
Columns told by their distinct values, so that what repeats is converted once.

Images, hosts, accounts and process ids repeat from event to event. A column keeps each value once and, for each row,
which of them it has; converting touches the values, and Arrow writes the rows out.
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from stashlight.decoders.native import combinations
from stashlight.events import arrow

__all__ = ["Coded", "coded", "each", "every", "first", "joined", "only", "repeated"]

_FEW = 32
"""Rows below which looking for what repeats costs more than it saves."""

_TEXTS = frozenset({str, type(None)})
_NUMBERS = frozenset({int, type(None)})
_TRUTHS = frozenset({bool, type(None)})


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A column: row i has `values[codes[i]]`, or `values[i]` where there are no codes. Values may repeat."""

    values: Sequence[Any]
    codes: Sequence[int] | None = None

    def __len__(self) -> int:
        return len(self.values) if self.codes is None else len(self.codes)

    @property
    def rows(self) -> Sequence[Any]:
        """The value of each row."""
        if self.codes is None:
            return self.values
        if len(self.values) == 1:
            return [self.values[0]] * len(self.codes)
        return list(map(self.values.__getitem__, self.codes))

    def arrow(self, kind: pa.DataType) -> Any:  # noqa: ANN401 - Arrow's own type depends on `kind`
        """The column as Arrow has it: of a dictionary type with the values apart."""
        own = getattr(kind, "value_type", None)
        if isinstance(self.values, memoryview):
            values = arrow.numbers(self.values, len(self.values), pa.int64())
        else:
            values = arrow.typed(self.values, kind if own is None else own)
        if own is not None:
            codes = array("i", range(len(values))) if self.codes is None else self.codes
            return arrow.dictionary(arrow.numbers(codes, len(self), pa.int32()), values)
        return values if self.codes is None else arrow.taken(values, arrow.numbers(self.codes, len(self), pa.int32()))


def coded(values: Sequence[object]) -> Coded:
    """Make a column of the values of its rows; those of mixed types stay as they are, as 1 == True == 1.0."""
    if len(values) < _FEW or not _comparable(values):
        return Coded(values)
    known = {value: number for number, value in enumerate(dict.fromkeys(values))}
    if len(known) * 2 > len(values):
        return Coded(values)
    return Coded(list(known), array("I", [known[value] for value in values]))


def each(column: Coded, convert: Callable[[Any], Any]) -> Coded:
    """Convert each distinct value once."""
    return Coded([convert(value) for value in column.values], column.codes)


def every(columns: Sequence[Coded], combine: Callable[..., Any]) -> Coded:
    """Combine the values of each row, once for each combination that occurs."""
    codes = columns[0].codes
    if all(column.codes is codes for column in columns):
        return Coded(list(map(combine, *(column.values for column in columns))), codes)
    places = [column.codes for column in columns if column.codes is not None]
    if len(places) < len(columns):
        # One of them is different in each row.
        return Coded(list(map(combine, *(column.rows for column in columns))))
    values = [column.values for column in columns]
    if len(columns[0]) >= _FEW and (numbered := combinations(places)) is not None:
        found, rows = numbered
        known = [[codes[row] for codes in places] for row in rows]
    else:
        numbers: dict[tuple[int, ...], int] = {}
        found = array("I", [numbers.setdefault(row, len(numbers)) for row in zip(*places, strict=True)])
        known = list(numbers)
    return Coded([combine(*(v[code] for v, code in zip(values, row, strict=True))) for row in known], found)


def first(columns: Sequence[Coded]) -> Coded:
    """Give of each row the first value that is one."""
    best = columns[0]
    for other in columns[1:]:
        if None in best.values:
            best = every([best, other], _either)
    return best


def repeated(value: object, n: int) -> Coded:
    """Make a column of one value."""
    return Coded([value], memoryview(bytes(4 * n)).cast("I"))


def only(column: Coded, keep: Sequence[bool]) -> Coded:
    """Leave out the rows that are not to be kept."""
    if column.codes is None:
        return Coded([value for value, is_kept in zip(column.values, keep, strict=True) if is_kept])
    return Coded(column.values, array("I", [code for code, is_kept in zip(column.codes, keep, strict=True) if is_kept]))


def joined(columns: Sequence[Coded]) -> Coded:
    """Put columns one after another."""
    if len(columns) == 1:
        return columns[0]
    values = [value for column in columns for value in column.values]
    if all(column.codes is None for column in columns):
        return Coded(values)
    codes = array("I")
    before = 0
    for column in columns:
        own = range(len(column.values)) if column.codes is None else column.codes
        codes.extend([code + before for code in own])
        before += len(column.values)
    return Coded(values, codes)


def _either(one: object, other: object) -> object:
    return other if one is None else one


def _comparable(values: Iterable[object]) -> bool:
    kinds = set(map(type, values))
    return kinds <= _TEXTS or kinds <= _NUMBERS or kinds <= _TRUTHS
