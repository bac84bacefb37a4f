"""One source → event tables, and what is to be said about it."""

from collections.abc import Iterator

import pyarrow as pa

from stashlight.decoders import Source, Wanted, read
from stashlight.events.event_table import read_back
from stashlight.events.needed import ALL_NEEDED, Needed
from stashlight.events.normalise import Normaliser
from stashlight.events.tally import Tally
from stashlight.events.vocabularies import VOCABULARIES

__all__ = ["MAPPED", "pieces", "read_source"]

MAPPED = Wanted(frozenset(key for v in VOCABULARIES for key in v.events if isinstance(key, int)))
"""Every event id that any vocabulary maps: what is read unless somebody wants less."""

# A table of this many rows is some 20 MB; smaller ones would cost more in overhead than in work.
_ROWS = 20_000
# Script blocks and command lines may be long: of so many bytes of raw records the unneeded are let go, and if half of
# it is left, they end a table as well.
_BYTES = 8 << 20
_SIGN_OF_LIFE = 4 << 20


def read_source(
    source: Source,
    tally: Tally,
    wanted: Wanted = MAPPED,
    *,
    format: str = "",  # noqa: A002 - the option's name
    strict: bool = False,
    needed: Needed = ALL_NEEDED,
) -> Iterator[pa.Table]:
    """
    Give the events of one source as tables in schema.ARROW, in bounded memory; counts and problems go to `tally`.

    What a file holds never raises. `tally` is complete when the last table has been given.
    """
    return (table for table in pieces(source, tally, wanted, format, strict=strict, needed=needed) if table is not None)


def pieces(
    source: Source, tally: Tally, wanted: Wanted, form: str, *, strict: bool, needed: Needed
) -> Iterator[pa.Table | None]:
    """As `read_source`, with a None now and then as a sign of life: `tally` says how far it is."""
    if (tables := read_back(source, tally)) is not None:
        yield from tables
        return
    tally.files += 1
    normaliser = Normaliser(source.name, needed, tally)
    container = ""
    waiting = 0
    told = 0
    for batch in read(source, wanted, strict=strict, format=form):
        container = container or batch.format
        tally.bytes += batch.bytes
        tally.lines += batch.lines
        tally.records += len(batch.records) + batch.skipped + batch.rejected
        tally.rejected += batch.rejected
        tally.problems += batch.problems
        for record in batch.records:
            normaliser.add(record)
            waiting += len(record.raw)
        if waiting > _BYTES:
            waiting = normaliser.sift()
            is_full = waiting > _BYTES // 2
        else:
            is_full = False
        if is_full or normaliser.rows >= _ROWS:
            waiting = 0
            table = normaliser.table()
            yield table if table.num_rows else None
        elif tally.bytes - told > _SIGN_OF_LIFE:
            told = tally.bytes
            yield None
    if normaliser.rows:
        table = normaliser.table()
        yield table if table.num_rows else None
    tally.formats[container or "unknown"] += 1
    tally.unmapped += normaliser.unmapped
    tally.problems += normaliser.problems
