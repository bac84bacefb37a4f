"""The project's own event tables, as `stashlight convert` writes them, read back column by column."""

from collections.abc import Iterator
from typing import cast

import pyarrow as pa

from stashlight.decoders import Source, read_events
from stashlight.errors import Problem
from stashlight.events import arrow
from stashlight.events.needed import ALL_NEEDED, Needed
from stashlight.events.schema import ARROW, Kind
from stashlight.events.tally import Tally

__all__ = ["read_back"]


# What whoever reads events counts on.
_CHECKS = (("event_key", r"\A[0-9a-f]{32}\z"), ("kind", rf"\A(?:{'|'.join(Kind)})\z"))


def read_back(source: Source, tally: Tally, needed: Needed = ALL_NEEDED) -> Iterator[pa.Table] | None:
    """
    Give the tables of an event table that we wrote; None if `source` is anything else, which is then untouched.

    Script blocks that are not `needed` are counted only, as when the log itself is read.
    """
    # Standard input can be looked at once only; there the decoder takes the rows one by one.
    batches = read_events(source) if source.path is not None else None
    return None if batches is None else _tables(source.name, batches, tally, needed)


def _tables(name: str, batches: Iterator[pa.RecordBatch | Problem], tally: Tally, needed: Needed) -> Iterator[pa.Table]:
    tally.files += 1
    tally.formats["parquet"] += 1
    for batch in batches:
        if isinstance(batch, Problem):
            tally.problems.append(batch)
            continue
        table = arrow.fitted(batch, ARROW)
        tally.bytes += batch.nbytes
        if table is None or not all(arrow.matches(table, *check) for check in _CHECKS):
            table = None
            reason = "not an event table as we write it: a column's type, an event_key or a kind"
            tally.problems.append(Problem(name, f"row {tally.records + 1}", reason, batch.num_rows))
            tally.rejected += batch.num_rows
        tally.records += batch.num_rows
        if table is not None and (table := _sifted(table, tally, needed)).num_rows:
            yield table


def _sifted(table: pa.Table, tally: Tally, needed: Needed) -> pa.Table:
    """Leave out the script blocks that nobody will look at; the parts of a block that was logged in parts are kept."""
    ids = arrow.values(table, "event_id")
    rows: dict[int, list[int]] = {i: [] for i in needed.patterns}
    for row, event_id in enumerate(ids):
        if event_id in rows:
            rows[cast("int", event_id)].append(row)
    if not any(rows.values()):
        return table
    kinds, parts, times = (arrow.values(table, name) for name in ("kind", "script_parts", "ts_us"))
    keep = [True] * table.num_rows
    for event_id, found in rows.items():
        whole = [r for r in found if kinds[r] == Kind.SCRIPT_BLOCK and (parts[r] or 0) in (0, 1)]
        take = needed.among(event_id, arrow.values(arrow.at(table, whole), "script_text")) if whole else None
        if take is None:
            continue
        for row, is_needed in zip(whole, take, strict=True):
            keep[row] = is_needed
    left = [times[r] for r in range(table.num_rows) if not keep[r]]
    tally.spare(str(Kind.SCRIPT_BLOCK), left)
    return arrow.kept(table, keep) if left else table
