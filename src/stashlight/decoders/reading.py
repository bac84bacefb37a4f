"""Source → batches of records: find the container by looking, decode it, bound what is said about it."""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import replace
from functools import cache

from stashlight.decoders.batch import ALL, Batch, Wanted
from stashlight.decoders.formats import Format
from stashlight.decoders.formats.evtx import decode_part
from stashlight.decoders.formats.parquet import MAGIC, EventTable, event_table
from stashlight.decoders.source import Source
from stashlight.decoders.stream import Stream
from stashlight.decoders.unpack import UNREADABLE
from stashlight.errors import InputError, Problem
from stashlight.plugins import plugins

__all__ = ["formats", "read", "read_events", "sniff"]

_FORMATS = "stashlight.decoders.formats"

MAX_PROBLEMS = 1000
"""Problems named one by one for each source; the rest are counted by reason, so a hostile file cannot fill memory."""

_MAGICS = (
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive; unpack it first"),
    (b"MSCF", "a cabinet file; unpack it first"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"LfLe", "an event log of Windows XP (.evt)"),
)


def formats() -> list[str]:
    """Name the formats that can be read."""
    return sorted(_formats())


def read(source: Source, wanted: Wanted = ALL, *, strict: bool = False, format: str = "") -> Iterator[Batch]:  # noqa: A002 - the option's name
    """
    Give the records of `source` in order, in batches; never raises for what a file holds.

    `format` forces a container instead of looking. The counts of all batches add up to the records of the source;
    see `Batch`.

    Raises:
        InputError: `format` is not one of `formats()`.
    """
    if format and format not in formats():
        message = f"no format {format!r}; there are: {', '.join(formats())}"
        raise InputError(message)
    return _bounded(_read(source, wanted, format, strict=strict), source.name)


def read_events(source: Source, columns: Collection[str]) -> EventTable | None:
    """
    Give an event table of our own (Parquet) as it is, of which only these columns; None if `source` is anything else.

    For whoever writes and reads such tables: they need no decoding and no mapping. See `formats.parquet.EVENT_COLUMNS`.
    """
    if source.refusal or source.parts > 1:
        return None
    try:
        file = source.open()
    except UNREADABLE:
        return None
    with closing(file):
        try:
            if not file.peek(len(MAGIC)).startswith(MAGIC):
                return None
        except UNREADABLE:  # a damaged archive: whoever reads it as a log says so
            return None
        is_plain = source.entry is None and source.length is None
        return event_table(Stream(source.name, file), source.path if is_plain else None, columns)


def sniff(head: bytes) -> str:
    """Name the format of content that begins with `head`; "" if none fits."""
    for name, module in _formats().items():
        # A container that says what it is: looking for all others costs more than a small event log.
        if (magic := getattr(module, "MAGIC", b"")) and head.startswith(magic):
            return name
    scores = {name: module.fits(head) for name, module in _formats().items()}
    best = max(scores, key=scores.__getitem__)
    return best if scores[best] > 0 else ""


@cache
def _formats() -> dict[str, Format]:
    """Look for plug-ins once: it takes milliseconds, and a folder may hold thousands of small files."""
    return plugins(_FORMATS, Format)


def _read(source: Source, wanted: Wanted, forced: str, *, strict: bool) -> Iterator[Batch]:
    if source.refusal:
        yield Batch(problems=[Problem(source.name, "", source.refusal)])
        return
    if source.path is not None and source.parts > 1:
        try:
            with source.path.open("rb") as log:
                yield from decode_part(source, wanted, log)
        except OSError as error:
            yield Batch(problems=[Problem(source.name, "", _said(error))], format="evtx")
        return
    try:
        file = source.open()
    except UNREADABLE as error:
        yield Batch(problems=[Problem(source.name, "", _said(error))])
        return
    with file:
        stream = Stream(source.name, file)
        name = forced or sniff(stream.head)
        if stream.head and name:
            yield from _formats()[name].decode(stream, wanted, strict=strict)
        elif not stream.fault:
            reason = _unknown(stream.head) if stream.head else "empty file"
            yield Batch(problems=[Problem(source.name, "", reason)])
        if stream.fault:
            yield Batch(problems=[Problem(source.name, "", stream.fault)], format=name)


def _unknown(head: bytes) -> str:
    for magic, what in _MAGICS:
        if head.startswith(magic):
            return f"unknown format: {what}"
    if b"\0" in head:
        return f"unknown format: binary, begins with {head[:8].hex(' ')}"
    first = head.lstrip()[:40].decode("utf-8", "replace").splitlines()
    return f"unknown format: text, begins with {first[0] if first else ''!r}"


def _said(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _bounded(batches: Iterator[Batch], name: str) -> Iterator[Batch]:
    """Name the first problems one by one, count the rest by reason."""
    named = 0
    more: Counter[str] = Counter()
    for batch in batches:
        room = MAX_PROBLEMS - named
        named += len(batch.problems)
        if len(batch.problems) <= room:
            yield batch
        else:
            for problem in batch.problems[max(room, 0) :]:
                # Reasons may quote the file: few kinds are kept apart.
                more[problem.reason[:120] if len(more) < MAX_PROBLEMS else "other reasons"] += problem.count
            yield replace(batch, problems=batch.problems[: max(room, 0)])
    if more:
        yield Batch(problems=[Problem(name, "and further on", reason, count) for reason, count in more.items()])
