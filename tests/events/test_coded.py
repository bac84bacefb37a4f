"""Columns by distinct values: whatever the coding, the rows are the same."""

from array import array
from collections.abc import Sequence

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from stashlight.events.coded import Coded, coded, each, every, first, joined, only

texts = st.lists(st.sampled_from(["a", "b", None, "ä"]), min_size=1, max_size=80)
mixed = st.lists(st.sampled_from([1, True, "1", None]), min_size=1, max_size=80)


@given(texts)
def test_a_column_gives_its_rows(values: Sequence[str | None]) -> None:
    column = coded(values)
    assert list(column.rows) == list(values)
    assert len(column) == len(values)
    assert column.arrow(pa.string()).to_pylist() == list(values)


@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1)))
def test_numbers_in_a_buffer_are_not_written_one_by_one(values: Sequence[int]) -> None:
    column = Coded(memoryview(array("q", values)))
    assert list(column.rows) == column.arrow(pa.int64()).to_pylist() == list(values)


@given(mixed)
def test_values_that_only_look_equal_stay_apart(values: Sequence[object]) -> None:
    assert [*map(repr, each(coded(values), repr).rows)] == [repr(repr(v)) for v in values]


def test_a_value_is_converted_once() -> None:
    asked: list[str] = []
    column = each(coded(["a", "b"] * 100), lambda value: asked.append(value) or value)
    assert list(column.rows) == ["a", "b"] * 100
    assert asked == ["a", "b"]


@given(st.data())
def test_columns_are_combined_by_row(data: st.DataObject) -> None:
    one = data.draw(texts)
    other = data.draw(st.lists(st.sampled_from(["x", "y", None]), min_size=len(one), max_size=len(one)))
    for columns in ([coded(one), coded(other)], [Coded(one), coded(other)], [Coded(one), Coded(other)]):
        assert list(every(columns, _pair).rows) == list(zip(one, other, strict=True))
        expected = [a if a is not None else b for a, b in zip(one, other, strict=True)]
        assert list(first(columns).rows) == expected


@given(st.lists(texts, min_size=1, max_size=4))
def test_columns_are_joined_and_cut(parts: Sequence[Sequence[str | None]]) -> None:
    whole = joined([coded(part) if n % 2 else Coded(part) for n, part in enumerate(parts)])
    values = [value for part in parts for value in part]
    assert list(whole.rows) == values
    keep = [value is not None for value in values]
    assert list(only(whole, keep).rows) == [value for value in values if value is not None]


def _pair(one: object, other: object) -> tuple[object, object]:
    return one, other
