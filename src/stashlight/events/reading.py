"""One source → event tables, and what is to be said about it."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import pyarrow as pa

from stashlight.decoders import Batch, Native, Source, Wanted, read, whole_logs
from stashlight.decoders.native import is_native
from stashlight.errors import Problem
from stashlight.events import arrow
from stashlight.events.event_table import read_back
from stashlight.events.needed import ALL_NEEDED, Needed
from stashlight.events.normalise import Normaliser
from stashlight.events.picks import picks
from stashlight.events.schema import ARROW, Kind, chosen
from stashlight.events.tally import Tally
from stashlight.events.vocabularies import VOCABULARIES

__all__ = ["MAPPED", "pieces", "read_source"]

MAPPED = Wanted(frozenset(key for v in VOCABULARIES for key in v.events if isinstance(key, int)))
"""Every event id that any vocabulary maps: what is read unless somebody wants less."""

# A table of this many rows is some 20 MB; smaller ones would cost more in overhead than in work, and share fewer values.
_ROWS = 40_000
# Script blocks and command lines may be long: of so many bytes of raw records, or of values taken by columns, the unneeded
# are let go, and if half of it is left, they end a table as well.
_BYTES = 8 << 20
_SIGN_OF_LIFE = 4 << 20
_idle: list[Native] = []
"""Compiled readers that nobody uses now: making them takes as long as reading a megabyte."""

_UNPACKED = 4
"""How many times their size small files may hold before they are read on their own."""


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
    tables = pieces(source, tally, wanted, format, strict=strict, needed=needed)
    return (arrow.plain(table, ARROW) for table in tables if table is not None)


def pieces(
    source: Source, tally: Tally, wanted: Wanted, form: str, *, strict: bool, needed: Needed
) -> Iterator[pa.Table | None]:
    """
    As `read_source`, the tables in schema.CODED, columns without values left out, or in schema.ARROW; of the `needed` columns.

    A None now and then is a sign of life: `tally` says how far it is.
    """
    if (tables := read_back(source, tally, needed)) is not None:
        yield from tables
        return
    normaliser = Normaliser(source.name, needed, tally)
    native = _native(wanted, needed)
    wanted = replace(wanted, bodies=needed.bodies(), native=native)
    yield from _rows(read(source, wanted, strict=strict, format=form), normaliser, tally, native)
    yield _last(normaliser, native)
    tally.unmapped += normaliser.unmapped
    tally.problems += normaliser.problems


def small(
    sources: Sequence[Source], tally: Tally, wanted: Wanted, form: str, *, strict: bool, needed: Needed
) -> pa.Table | None:
    """
    Give the events of several small sources as one table.

    None if they are not as small as they look, or hold tables of our own: then they want to be read one by one.
    """
    most = _UNPACKED * sum(source.size for source in sources)
    tables: list[pa.Table] = []
    normaliser = Normaliser(sources[0].name, needed, tally)
    # The compiled readers go on from file to file, as long as they share a table.
    native = _native(wanted, needed)
    wanted = replace(wanted, bodies=needed.bodies(), native=native)
    paths = [str(source.path) for source in sources] if native is not None and form in {"", "evtx"} else []
    logs: deque[Batch] = deque()
    problems: list[list[Problem]] = []
    for number, source in enumerate(sources):
        if number:
            normaliser.begin(source.name)
        if paths and not logs and native is not None:
            logs.extend(whole_logs(paths, number, native, _ROWS, _BYTES))
        batches: Iterable[Batch]
        if logs:
            batches = [logs.popleft()]
        elif read_back(source, tally) is not None:
            return None
        else:
            if native is not None:
                native.begin(number)
            batches = read(source, wanted, strict=strict, format=form)
        # Rows of event logs that were read with others go on once all these files are known.
        for table in _rows(batches, normaliser, tally, None if logs else native):
            if tally.bytes > most:
                return None
            if table is not None:
                tables.append(table)
        problems.append(tally.problems)
        tally.problems = []
    if (last := _last(normaliser, native)) is not None:
        tables.append(last)
    tally.unmapped += normaliser.unmapped
    tally.problems = [
        p for read, said in zip(problems, normaliser.remarks, strict=True) for p in (*read, *said.problems)
    ]
    schema = chosen(ARROW, needed.columns)
    return arrow.alike(tables, schema) if tables else schema.empty_table()


def _table(normaliser: Normaliser) -> pa.Table | None:
    table = normaliser.coded_table() if normaliser.rows else None
    return table if table is not None and table.num_rows else None


def _native(wanted: Wanted, needed: Needed) -> Native | None:
    if wanted.ids is None or not is_native():
        return None
    asked = (wanted.ids, needed.bodies(), picks(needed.columns))
    with suppress(IndexError):
        if (native := _idle.pop()).asked == asked:
            native.begin(0)
            return native
    return Native(*asked)


def _last(normaliser: Normaliser, native: Native | None) -> pa.Table | None:
    if native is not None:
        for picked in native.take():
            normaliser.pick(picked)
        for provider, event_id, records in native.strangers():
            normaliser.pass_over(provider, event_id, records)
        _idle[:] = [native]
    return _table(normaliser)


def _rows(
    batches: Iterable[Batch], normaliser: Normaliser, tally: Tally, native: Native | None
) -> Iterator[pa.Table | None]:
    """Have the normaliser take every record of a source; give what must not wait until the end."""
    tally.files += 1
    container = ""
    waiting = 0
    told = tally.bytes
    for batch in batches:
        container = container or batch.format
        tally.bytes += batch.bytes
        tally.lines += batch.lines
        tally.records += len(batch.records) + batch.taken + batch.skipped + batch.spared + batch.rejected
        if batch.spared:
            tally.spare_unread(str(Kind.SCRIPT_BLOCK), batch.spared)
        tally.rejected += batch.rejected
        tally.problems += batch.problems
        if native is not None:
            rows, size = native.waiting
            if rows >= _ROWS or size >= _BYTES:
                waiting += size
                for picked in native.take():
                    normaliser.pick(picked)
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
            yield _table(normaliser)
        elif tally.bytes - told > _SIGN_OF_LIFE:
            told = tally.bytes
            yield None
    tally.formats[container or "unknown"] += 1
