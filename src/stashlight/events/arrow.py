"""The few things done with Arrow, typed: its own stubs say little."""

import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Any, cast

import pyarrow as pa

__all__ = [
    "at",
    "counts",
    "fitted",
    "found",
    "ints_moved",
    "joined",
    "kept",
    "matches",
    "repeated",
    "span",
    "taken",
    "texts",
    "typed",
    "values",
    "without_pandas",
]

_FEW_ROWS = 4_000

Value = str | int | bool | None
# pyarrow's generic array types cannot be written down for columns whose type is known at run time only.
AnyArray = Any


@cache
def _compute() -> Callable[..., Any]:
    """
    Give what calls Arrow's functions by name.

    `pyarrow.compute` gets it from this module and then describes each of 286 functions, which takes four fifths of its
    25 ms; every method that computes (`filter`, `take`, `cast`) imports it.
    """
    try:
        module: Any = import_module("pyarrow._compute")
    except ImportError:  # its name is no promise
        module = import_module("pyarrow.compute")
    return module.call_function


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


def repeated(value: Value, n: int, kind: pa.DataType) -> AnyArray:
    """Make a column of one value."""
    arrow = cast("Any", pa)
    return arrow.nulls(n, kind) if value is None else arrow.repeat(arrow.scalar(_encodable(value), kind), n)


def texts(table: pa.Table, name: str) -> list[str]:
    """Give a column without NULLs."""
    return cast("list[str]", table[name].to_pylist())


def values(table: pa.Table, name: str) -> list[Value]:
    """Give a column."""
    return cast("list[Value]", table[name].to_pylist())


def at(table: pa.Table, rows: Sequence[int]) -> pa.Table:
    """Give these rows."""
    return taken(table, typed(rows, pa.int64()))


def taken(values: AnyArray, places: AnyArray) -> AnyArray:
    """Give the values at these places, both of them arrays."""
    return _compute()("take", [values, places])


def counts(table: pa.Table, name: str) -> dict[str, int]:
    """Count the values of a column."""
    pairs = _compute()("value_counts", [table[name]]).to_pylist()
    return {pair["values"]: pair["counts"] for pair in pairs}


def span(table: pa.Table, name: str) -> tuple[int | None, int | None]:
    """Give the least and the greatest value of a column."""
    ends = _compute()("min_max", [table[name]]).as_py()
    return ends["min"], ends["max"]


def kept(table: pa.Table, keep: Sequence[bool]) -> pa.Table:
    """Leave out the rows that are not to be kept."""
    return _compute()("filter", [table, typed(keep, pa.bool_())])


def ints_moved(table: pa.Table, name: str, by: int) -> pa.Table:
    """Add a number to every value of a column."""
    whole = cast("Any", table)
    at = whole.schema.get_field_index(name)
    return whole.set_column(at, whole.schema.field(at), _compute()("add", [whole[name], cast("Any", pa).scalar(by)]))


def fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table | None:
    """Give the columns of the schema, those that the batch lacks as NULL; None if a column cannot be of its type."""
    columns: list[AnyArray] = []
    for name, kind in zip(schema.names, schema.types, strict=True):
        if name not in batch.schema.names:
            columns.append(repeated(None, batch.num_rows, kind))
            continue
        try:
            columns.append(cast("Any", batch).column(name).cast(kind))
        except (pa.ArrowException, KeyError, ValueError):
            return None
    return pa.Table.from_arrays(columns, schema=schema)


def joined(tables: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    """Put tables one after another, columns that one lacks as NULL."""
    if not tables:
        return schema.empty_table()
    whole = cast("Any", pa).concat_tables(tables, promote_options="default")
    if whole.num_rows < _FEW_ROWS:
        # In one piece: whoever reads it looks at each piece of each column, which costs more than copying a few rows.
        whole = whole.combine_chunks()
    n, there = whole.num_rows, frozenset(whole.column_names)
    columns = [
        whole.column(name) if name in there else repeated(None, n, kind)
        for name, kind in zip(schema.names, schema.types, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def matches(table: pa.Table, name: str, pattern: str) -> bool:
    """Tell whether every value of a column is there and matches."""
    # Imported here: for tables of others only, see `_compute`.
    import pyarrow.compute as pc

    whole = cast("Any", pc).match_substring_regex(table[name], pattern)
    return not whole.null_count and bool(cast("Any", pc).all(whole, min_count=0).as_py())


def found(values: Sequence[str], patterns: Sequence[str]) -> list[bool] | None:
    """Tell for each text whether one of the patterns (RE2) is found in it; None if a pattern is too large."""
    texts = typed(values, pa.string())
    # Imported here: only where hyperscan is not.
    import pyarrow.compute as pc

    compute = cast("Any", pc)
    hits = repeated(False, len(values), pa.bool_())
    for pattern in patterns:
        try:
            hits = compute.or_(hits, compute.match_substring_regex(texts, pattern))
        except pa.ArrowInvalid:
            return None
    return cast("list[bool]", hits.to_pylist())


def _encodable(value: Value) -> Value:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
