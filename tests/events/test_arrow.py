"""What is done with Arrow's columns says what their values say."""

# pyright: reportUnknownMemberType=false
# pyarrow's functions take "anything array-like", which is untyped.

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from stashlight.events import arrow

_KEYS = st.lists(st.binary(min_size=16, max_size=16), max_size=9)


@given(st.lists(_KEYS, max_size=3), st.integers(0, 9), st.integers(0, 30))
def test_digests_are_those_of_each_row(chunks: list[list[bytes]], start: int, length: int) -> None:
    tables = [pa.table({"key": pa.array([key.hex() for key in keys], pa.string())}) for keys in chunks]
    table = pa.concat_tables(tables) if tables else pa.table({"key": pa.array([], pa.string())})
    whole = [key for keys in chunks for key in keys]
    assert arrow.digests(table.slice(start, length), "key", 16) == whole[start : start + length]


@given(st.lists(st.sampled_from(["a", "bb", "ünï", None]), min_size=1, max_size=9))
def test_dictionaries_are_written_out_as_long_as_they_say(values: list[str | None]) -> None:
    column = pa.array(values, pa.string())
    batch = pa.RecordBatch.from_arrays([column.dictionary_encode()], names=["x"])
    assert arrow.text_bytes(batch) == sum(len(v.encode()) for v in values if v is not None)
    assert arrow.written_out(batch, pa.schema([("x", pa.string())]))["x"].to_pylist() == values


def test_the_bytes_of_texts_are_counted_as_often_as_they_stand() -> None:
    """A dictionary of a long text that all rows have, and many short ones that none has, must not look small."""
    texts = pa.array(["x" * 1_000, *map(str, range(1_000))])
    column = arrow.dictionary(arrow.numbers(bytes(4 * 500), 500, pa.int32()), texts)
    assert arrow.unfolded(pa.table({"a": column})) == 500 * (1_000 + 4)
