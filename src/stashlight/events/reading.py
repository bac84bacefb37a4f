"""One source → event tables, and what is to be said about it."""

from collections.abc import Callable, Iterator

import pyarrow as pa

from stashlight.decoders import Source, Wanted, read
from stashlight.events.event_table import read_back
from stashlight.events.normalise import Normaliser
from stashlight.events.tally import Tally
from stashlight.events.vocabularies import VOCABULARIES

__all__ = ["MAPPED", "read_source"]

MAPPED = Wanted(frozenset(key for v in VOCABULARIES for key in v.events if isinstance(key, int)))
"""Every event id that any vocabulary maps: what is read unless somebody wants less."""

# A table of this many rows is some 20 MB; smaller ones would cost more in overhead than in work.
_ROWS = 20_000
# Script blocks and command lines may be long: so many bytes of raw records end a table as well.
_BYTES = 32 << 20


def read_source(
    source: Source,
    tally: Tally,
    wanted: Wanted = MAPPED,
    *,
    format: str = "",  # noqa: A002 - the option's name
    strict: bool = False,
    tick: Callable[[int], None] | None = None,
) -> Iterator[pa.Table]:
    """
    Give the events of one source as tables in schema.ARROW, in bounded memory; counts and problems go to `tally`.

    What a file holds never raises. `tally` is complete when the last table has been given. `tick` is called now and
    then with the bytes of content read so far.
    """
    if (tables := read_back(source, tally)) is not None:
        yield from tables
        return
    tally.files += 1
    normaliser = Normaliser(source.name)
    container = ""
    waiting = 0
    for batch in read(source, wanted, strict=strict, format=format):
        container = container or batch.format
        tally.bytes += batch.bytes
        tally.records += len(batch.records) + batch.skipped + batch.rejected
        tally.rejected += batch.rejected
        tally.problems += batch.problems
        if tick:
            tick(tally.bytes)
        for record in batch.records:
            normaliser.add(record)
            waiting += len(record.raw)
        if waiting > _BYTES or normaliser.rows >= _ROWS:
            waiting = 0
            yield normaliser.table()
    if normaliser.rows:
        yield normaliser.table()
    tally.formats[container or "unknown"] += 1
    tally.unmapped += normaliser.unmapped
    tally.problems += normaliser.problems
