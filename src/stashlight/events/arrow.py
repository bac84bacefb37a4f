"""The few things done with Arrow, typed: its own stubs say little."""

import sys
from binascii import unhexlify
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from struct import iter_unpack
from typing import Any, cast

import pyarrow as pa

__all__ = [
    "alike",
    "at",
    "coded",
    "computed",
    "counts",
    "dictionary",
    "digests",
    "each_text",
    "encoded",
    "fitted",
    "found",
    "has_codes",
    "ints_moved",
    "is_coded",
    "joined",
    "kept",
    "numbers",
    "plain",
    "regex",
    "repeated",
    "scalar",
    "span",
    "taken",
    "text_bytes",
    "typed",
    "unfolded",
    "values",
    "without_pandas",
    "written_out",
]

_FEW_ROWS = 4_000

Value = str | int | bool | None
# pyarrow's generic array types cannot be written down for columns whose type is known at run time only.
AnyArray = Any


@cache
def _compute() -> Any:  # noqa: ANN401 - a module without types
    """
    Give what calls Arrow's functions by name.

    `pyarrow.compute` gets it from this module and then describes each of 286 functions, which takes four fifths of its
    25 ms; every method that computes (`filter`, `take`, `cast`) imports it.
    """
    try:
        return import_module("pyarrow._compute")
    except ImportError:  # its name is no promise
        return import_module("pyarrow.compute")


def computed(function: str, *arguments: object) -> AnyArray:
    """Call one of Arrow's functions: https://arrow.apache.org/docs/cpp/compute.html."""
    return _compute().call_function(function, list(arguments))


def regex(column: AnyArray, pattern: str) -> AnyArray:
    """Tell of each text whether the pattern (RE2) is found in it."""
    module = _compute()
    return module.call_function("match_substring_regex", [column], module.MatchSubstringOptions(pattern))


def without_pandas() -> None:
    """
    Keep pyarrow from importing pandas, if it is installed, for the first column that it makes.

    That costs a second of every process, and nobody here has pandas objects. Who asks pyarrow for pandas later
    (`to_pandas`) still gets it.
    """
    if "pandas" in sys.modules:
        return
    sys.meta_path.insert(0, _NoPandas)
    try:
        cast("Any", pa).array([])
    finally:
        sys.meta_path.remove(_NoPandas)


class _NoPandas:
    """A finder of modules that finds one missing."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def typed(values: Sequence[Value], kind: pa.DataType) -> AnyArray:
    """Make a column. Lone surrogates, which have no UTF-8, become question marks."""
    make = cast("Any", pa).array
    try:
        return make(values, kind)
    except UnicodeEncodeError:
        return make([_encodable(v) for v in values], kind)


def scalar(value: Value, kind: pa.DataType) -> Any:  # noqa: ANN401 - its type depends on `kind`
    """Make one value. Where its type has to be found out, Arrow looks for a package that most have not, each time."""
    return cast("Any", pa).scalar(_encodable(value), kind)


def repeated(value: Value, n: int, kind: pa.DataType) -> AnyArray:
    """Make a column of one value."""
    arrow = cast("Any", pa)
    return arrow.nulls(n, kind) if value is None else arrow.repeat(scalar(value, kind), n)


def digests(table: pa.Table, name: str, size: int) -> list[bytes]:
    """Give a column of hexadecimal digests of so many bytes, without NULLs, as bytes: at one go, not text by text."""
    found: list[bytes] = []
    for chunk in cast("Any", table[name]).chunks:
        if not len(chunk):
            continue
        _, offsets, data = chunk.buffers()
        at = memoryview(offsets).cast("i")
        raw = unhexlify(memoryview(data)[at[chunk.offset] : at[chunk.offset + len(chunk)]])
        found += [each for (each,) in iter_unpack(f"{size}s", raw)]
    return found


def values(table: pa.Table, name: str) -> list[Value]:
    """Give a column."""
    return cast("list[Value]", table[name].to_pylist())


def at(table: pa.Table, rows: Sequence[int]) -> pa.Table:
    """Give these rows."""
    return taken(table, typed(rows, pa.int64()))


def taken(values: AnyArray, places: AnyArray) -> AnyArray:
    """Give the values at these places, both of them arrays."""
    return computed("take", values, places)


def counts(table: pa.Table, name: str) -> dict[str, int]:
    """Count the values of a column."""
    column: AnyArray = table[name]
    if has_codes(table, name):
        # A dictionary may have a value twice.
        column = column.cast(column.type.value_type)
    pairs = computed("value_counts", column).to_pylist()
    return {pair["values"]: pair["counts"] for pair in pairs}


def span(table: pa.Table | pa.RecordBatch, name: str) -> tuple[int | None, int | None]:
    """Give the least and the greatest value of a column."""
    ends = computed("min_max", cast("Any", table)[name]).as_py()
    return ends["min"], ends["max"]


def kept(table: pa.Table, keep: Sequence[bool]) -> pa.Table:
    """Leave out the rows that are not to be kept."""
    return computed("filter", table, typed(keep, pa.bool_()))


def ints_moved(table: pa.Table, name: str, by: int) -> pa.Table:
    """Add a number to every value of a column."""
    whole = cast("Any", table)
    at = whole.schema.get_field_index(name)
    return whole.set_column(at, whole.schema.field(at), computed("add", whole[name], scalar(by, pa.int64())))


def is_coded(column: AnyArray) -> bool:
    """Tell whether a column has its values in a dictionary."""
    return hasattr(column, "dictionary")


def has_codes(table: pa.Table, name: str) -> bool:
    """Tell whether a column of a table has its values in dictionaries."""
    return hasattr(cast("Any", table.schema).field(name).type, "value_type")


def fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch | None:
    """
    Give the columns of the schema, those that the batch lacks as NULL; None if a column cannot be of its type.

    A dictionary of values of that type stays one.
    """
    columns: list[AnyArray] = []
    for name, kind in zip(schema.names, schema.types, strict=True):
        if name not in batch.schema.names:
            columns.append(repeated(None, batch.num_rows, kind))
            continue
        try:
            column: AnyArray = cast("Any", batch).column(name)
            has = column.type.value_type if is_coded(column) else column.type
            columns.append(column if has == kind else column.cast(kind))
        except (pa.ArrowException, KeyError, ValueError):
            return None
    return cast("Any", pa).RecordBatch.from_arrays(columns, names=schema.names)


def text_bytes(batch: pa.RecordBatch) -> int:
    """Give how long all texts are that stand in dictionaries, counted once a row."""
    columns: Sequence[AnyArray] = cast("Any", batch).columns
    return sum(_text_bytes(column) for column in columns if is_coded(column))


def _text_bytes(column: AnyArray) -> int:
    lengths = taken(computed("binary_length", column.dictionary), column.indices)
    return computed("sum", lengths).as_py() or 0


def dictionary(codes: AnyArray, values: AnyArray) -> AnyArray:
    """Make a column whose values stand in a dictionary."""
    return cast("Any", pa).DictionaryArray.from_arrays(codes, values)


def encoded(column: AnyArray) -> AnyArray:
    """Give a column with its values in a dictionary."""
    return column if is_coded(column) else computed("dictionary_encode", column)


def each_text(column: AnyArray, change: Callable[[str], str]) -> AnyArray:
    """Change each distinct text of a column, once."""
    column = encoded(column)
    used = computed("drop_null", computed("unique", column.indices))
    changed = typed([change(text) for text in taken(column.dictionary, used).to_pylist()], pa.string())
    module = _compute()
    places = module.call_function("index_in", [column.indices], module.SetLookupOptions(used, skip_nulls=True))
    return dictionary(places, changed)


def numbers(buffer: object, n: int, kind: pa.DataType) -> AnyArray:
    """Take a buffer of n numbers of this kind as a column."""
    make = cast("Any", pa)
    return make.Array.from_buffers(kind, n, [None, make.py_buffer(buffer)])


def alike(tables: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    """Put tables one after another; if they are not all of a kind, with their values in them."""
    if any(table.schema.equals(schema) for table in tables):
        return cast("Any", pa).concat_tables([plain(table, schema) for table in tables])
    return joined(tables)


def unfolded(table: pa.Table) -> int:
    """Give the bytes of a table once its texts stand in it."""
    return sum(
        chunk.indices.nbytes + _text_bytes(chunk) if is_coded(chunk) else chunk.nbytes
        for column in cast("Any", table).columns
        for chunk in column.chunks
    )


def coded(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Give texts in dictionaries, where the schema has them so, and no columns without values."""
    columns: dict[str, AnyArray] = {}
    for name, column in zip(table.column_names, cast("Any", table).columns, strict=True):
        wants = cast("Any", schema).field(name).type
        if column.type == wants:
            columns[name] = column
        elif column.null_count < len(column):
            columns[name] = computed("dictionary_encode", column)
    return pa.Table.from_arrays(list(columns.values()), names=list(columns))


def plain(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Give the columns of the schema with their values in them; those that the table lacks are NULL."""
    if table.schema.equals(schema):
        return table
    there = frozenset(table.column_names)
    n = table.num_rows
    columns: list[AnyArray] = [
        cast("Any", table).column(name).cast(kind) if name in there else repeated(None, n, kind)
        for name, kind in zip(schema.names, schema.types, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def written_out(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    """Give rows whose texts stand in them, not in a dictionary."""
    columns: Sequence[AnyArray] = cast("Any", batch).columns
    plain = [taken(c.dictionary, c.indices) if is_coded(c) else c for c in columns]
    return pa.Table.from_arrays(plain, schema=schema)


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Put tables one after another, columns that one lacks as NULL."""
    return cast("Any", pa).concat_tables(tables, promote_options="default")


def found(values: Sequence[str], patterns: Sequence[str]) -> list[bool] | None:
    """Tell for each text whether one of the patterns (RE2) is found in it; None if a pattern is too large."""
    texts = typed(values, pa.string())
    hits = repeated(False, len(values), pa.bool_())
    for pattern in patterns:
        try:
            hits = computed("or", hits, regex(texts, pattern))
        except pa.ArrowInvalid:
            return None
    return cast("list[bool]", hits.to_pylist())


def _encodable(value: Value) -> Value:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
