"""
Which rows of a batch: columns of truth values without NULL, computed by Arrow for all rows at once.

Texts may be dictionaries, as Parquet keeps them: what is asked of them is asked of each distinct one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce

import pyarrow as pa

from stashlight.events.arrow import AnyArray, Value, computed, encoded, is_coded, regex, scalar, taken, typed

__all__ = ["among", "asked", "chosen", "either", "every", "inverted", "matching", "misses"]

Mask = AnyArray


def among(column: AnyArray, values: Sequence[Value]) -> Mask:
    """Tell which rows have one of a few values; None stands for NULL."""
    if is_coded(column):
        known = column.dictionary.to_pylist()
        hits = _sure(taken(typed([value in values for value in known], pa.bool_()), column.indices))
    else:
        known = [scalar(value, column.type) for value in values if value is not None]
        hits = reduce(either, [_sure(computed("equal", column, value)) for value in known])
    return either(hits, computed("is_null", column)) if None in values else hits


def matching(column: AnyArray, pattern: str) -> Mask:
    """Tell which rows have a text that matches (RE2)."""
    if is_coded(column):
        return _sure(taken(matching(column.dictionary, pattern), column.indices))
    return _sure(regex(column, pattern))


Ask = Callable[[Iterator[memoryview | None]], Sequence[bool] | None]
"""Answers for texts, given as UTF-8 and None for NULL; None if there is no answer."""


def asked(column: AnyArray, ask: Ask, where: Mask) -> Mask | None:
    """
    Ask about each distinct text of some rows; give the answers of these rows, false for NULL.

    None if nobody need be asked, or `ask` gives no answer. What is said of other rows means nothing. Texts are asked
    about where they stand: copying scripts takes as long as searching them.
    """
    coded = encoded(column)
    codes = computed("filter", coded.indices, where)
    if not len(codes):
        return None
    used: list[int] = computed("drop_null", computed("unique", codes)).to_pylist()
    answers = ask(_views(coded.dictionary, used))
    if answers is None:
        return None
    said = [False] * len(coded.dictionary)
    for code, answer in zip(used, answers, strict=True):
        said[code] = answer
    return _sure(taken(typed(said, pa.bool_()), coded.indices))


def every(masks: Iterable[Mask]) -> Mask:
    """Tell which rows are in all."""
    return reduce(lambda one, other: computed("and", one, other), masks)


def either(one: Mask, other: Mask) -> Mask:
    """Tell which rows are in one of two, or in both."""
    return computed("or", one, other)


def inverted(mask: Mask) -> Mask:
    """Tell which rows are not in it."""
    return computed("invert", mask)


def misses(mask: Mask) -> tuple[int, int]:
    """Give the first row that is not in a mask, and how many there are."""
    places = computed("indices_nonzero", inverted(mask))
    return (places[0].as_py(), len(places)) if len(places) else (0, 0)


def chosen(rows: pa.RecordBatch, mask: Mask) -> pa.RecordBatch:
    """Give the rows in a mask."""
    return computed("filter", rows, mask)


def _views(texts: AnyArray, places: Sequence[int]) -> Iterator[memoryview | None]:
    """
    Give the texts at these places as UTF-8.

    Raises:
        ArrowInvalid: they are not UTF-8, as a file may hold.
    """
    texts.validate(full=True)
    _, offsets, data = texts.buffers()
    ends, whole = memoryview(offsets).cast("i"), memoryview(data or b"")
    missing = frozenset(computed("indices_nonzero", computed("is_null", texts)).to_pylist())
    for place in places:
        at = texts.offset + place
        yield None if place in missing else whole[ends[at] : ends[at + 1]]


def _sure(mask: Mask) -> Mask:
    return computed("coalesce", mask, scalar(False, pa.bool_()))
