"""The project's own event tables, as `stashlight convert` writes them, read back column by column."""

from collections.abc import Iterator

import pyarrow as pa

from stashlight.decoders import Source, read_events
from stashlight.errors import Problem
from stashlight.events import arrow
from stashlight.events.schema import ARROW, Kind
from stashlight.events.tally import Tally

__all__ = ["read_back"]


# What whoever reads events counts on.
_CHECKS = (("event_key", r"\A[0-9a-f]{32}\z"), ("kind", rf"\A(?:{'|'.join(Kind)})\z"))


def read_back(source: Source, tally: Tally) -> Iterator[pa.Table] | None:
    """Give the tables of an event table that we wrote; None if `source` is anything else, which is then untouched."""
    # Standard input can be looked at once only; there the decoder takes the rows one by one.
    batches = read_events(source) if source.path is not None else None
    return None if batches is None else _tables(source.name, batches, tally)


def _tables(name: str, batches: Iterator[pa.RecordBatch | Problem], tally: Tally) -> Iterator[pa.Table]:
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
        if table is not None:
            yield table
