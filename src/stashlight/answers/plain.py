"""Columns of any type that a query may give → texts, whole numbers, floats, booleans and times in UTC."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, cast

import pyarrow as pa

__all__ = ["plain"]

_TIME: Final = pa.timestamp("us", tz="UTC")


def plain(table: pa.Table) -> pa.Table:
    """Give the same rows with names that differ, and types that every form of rows can hold."""
    columns: list[Any] = [_column(column) for column in table.itercolumns()]
    return pa.Table.from_arrays(columns, names=_distinct(table.column_names))


def _distinct(names: Sequence[str]) -> list[str]:
    """Number a name that comes again, as SQL allows two columns of one name."""
    found: list[str] = []
    for name in names:
        number, fresh = 1, name
        while fresh in found:
            number += 1
            fresh = f"{name}_{number}"
        found.append(fresh)
    return found


def _column(column: Any) -> Any:  # noqa: ANN401 - the stubs leave the type of a column open
    kind: Any = column.type
    if pa.types.is_string(kind) or pa.types.is_boolean(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind):
        return column.cast(pa.string()) if pa.types.is_null(kind) else column
    if pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
        return column.cast(pa.int64())
    if pa.types.is_timestamp(kind):
        # Times without a zone are UTC here: nothing else goes into the tables.
        return column.cast(pa.timestamp("us", tz=kind.tz)).cast(_TIME)
    values = [_value(value) for value in cast("Sequence[object]", column.to_pylist())]
    if all(isinstance(v, int | None) and not isinstance(v, bool) and abs(v or 0) < 1 << 63 for v in values):
        return pa.array(values, pa.int64())
    return pa.array([v if v is None or isinstance(v, str) else _text(v) for v in values], pa.string())


def _value(value: object) -> object:
    """Give a value as JSON has it; sums are decimals without a fraction."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, pa.MonthDayNano):
        months, days, nanoseconds = value
        span = timedelta(days=30 * months + days, microseconds=nanoseconds // 1000)
        return f"{months} months {span - timedelta(days=30 * months)!s}" if months else str(span)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(k): _value(v) for k, v in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_value(v) for v in cast("Sequence[object]", value)]
    return value


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else str(value)
