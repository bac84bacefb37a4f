"""The project's own event tables, as `stashlight convert` writes them, read back column by column."""

from collections.abc import Iterator
from functools import cache
from typing import Any, cast

import pyarrow as pa

from stashlight.decoders import Source, read_events
from stashlight.errors import Problem
from stashlight.events import arrow, masks
from stashlight.events.needed import ALL_NEEDED, Needed
from stashlight.events.schema import ARROW, Kind, chosen, fold
from stashlight.events.tally import Tally

__all__ = ["read_back"]

# What whoever reads events counts on.
_CHECKS = (("event_key", r"\A[0-9a-f]{32}\z"), ("kind", rf"\A(?:{'|'.join(Kind)})\z"))
_MISFIT = "not an event table as we write it: a column's type, an event_key or a kind"

_TWIN = "script_text_lc"
"""Half of the bytes of most tables: folded again for the script blocks that are needed, instead of read for all."""

_MOST_BYTES = 64 << 20
"""Texts beyond which rows are given in several tables: of a small dictionary they may be more than any memory holds."""


def read_back(source: Source, tally: Tally, needed: Needed = ALL_NEEDED) -> Iterator[pa.Table] | None:
    """
    Give the tables of an event table that we wrote; None if `source` is anything else, which is then untouched.

    Script blocks that are not `needed` are counted only, as when the log itself is read. On the way no row becomes an
    object of Python's: texts are asked about once each, however many rows have them.
    """
    # Standard input can be looked at once only; there the decoder takes the rows one by one.
    schema = chosen(ARROW, needed.columns)
    found = read_events(source, _read(schema).names) if source.path is not None else None
    if found is None:
        return None
    tally.files += 1
    tally.formats["parquet"] += 1
    return _tables(source.name, found.batches, tally, needed, found.size / found.rows, schema)


def _tables(
    name: str,
    batches: Iterator[pa.RecordBatch | str],
    tally: Tally,
    needed: Needed,
    row_bytes: float,
    schema: pa.Schema,
) -> Iterator[pa.Table]:
    for batch in batches:
        if isinstance(batch, str):
            tally.problems.append(Problem(name, "", batch))
            continue
        rows = _fitting(name, batch, tally, schema)
        tally.records += batch.num_rows
        tally.bytes = round(tally.records * row_bytes)
        if rows is not None:
            rows = _sifted(rows, tally, needed)
            yield from _given(_with_twin(rows, schema) if _TWIN in schema.names else rows, schema)


@cache
def _read(schema: pa.Schema) -> pa.Schema:
    """Give what is read for the columns to give: the twin is made of the text, whoever asks for that."""
    asked = frozenset(schema.names)
    return chosen(ARROW, asked - {_TWIN} | {"script_text"}) if _TWIN in asked else schema


def _fitting(name: str, batch: pa.RecordBatch, tally: Tally, schema: pa.Schema) -> pa.RecordBatch | None:
    """Give the rows that are as we write them, None if no row is."""
    rows = arrow.fitted(batch, _read(schema))
    first, bad = 0, batch.num_rows
    if rows is not None:
        fits = masks.every(masks.matching(rows.column(column), pattern) for column, pattern in _CHECKS)
        first, bad = masks.misses(fits)
        if bad:
            rows = masks.chosen(rows, fits)
    if bad:
        tally.problems.append(Problem(name, f"row {tally.records + first + 1}", _MISFIT, bad))
        tally.rejected += bad
    return rows


def _sifted(rows: pa.RecordBatch, tally: Tally, needed: Needed) -> pa.RecordBatch:
    """Leave out the script blocks that nobody will look at; the parts of a block that was logged in parts are kept."""
    keep: list[arrow.AnyArray] = []
    for event_id in needed.patterns:
        blocks = masks.every(
            (
                masks.among(rows.column("event_id"), [event_id]),
                masks.among(rows.column("kind"), [Kind.SCRIPT_BLOCK]),
                masks.among(rows.column("script_parts"), [None, 0, 1]),
            )
        )
        asked = masks.asked(rows.column("script_text"), needed.asking(event_id), blocks)
        if asked is not None:
            keep.append(masks.either(asked, masks.inverted(blocks)))
    if not keep:
        return rows
    kept = masks.every(keep)
    if masks.misses(kept)[1]:
        left = masks.chosen(rows, masks.inverted(kept))
        tally.spare_rows(str(Kind.SCRIPT_BLOCK), left.num_rows, *arrow.span(left, "ts_us"))
        return masks.chosen(rows, kept)
    return rows


def _with_twin(rows: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Give the columns of the schema, the twin made of the text."""
    twin = arrow.each_text(rows.column("script_text"), fold)
    columns: list[arrow.AnyArray] = [twin if name == _TWIN else rows.column(name) for name in schema.names]
    return cast("Any", pa).RecordBatch.from_arrays(columns, names=schema.names)


def _given(rows: pa.RecordBatch, schema: pa.Schema) -> Iterator[pa.Table]:
    """Give the rows as tables whose texts stand in them, each of a size that fits into memory."""
    if rows.num_rows > 1 and arrow.text_bytes(rows) > _MOST_BYTES:
        middle = rows.num_rows // 2
        yield from _given(rows.slice(0, middle), schema)
        yield from _given(rows.slice(middle), schema)
    elif rows.num_rows:
        yield arrow.written_out(rows, schema)
