"""
The compiled readers, where there are any: `native/` in the source, built where there is a Rust compiler.

They do what the readers in Python do, and leave to them what is not plain. STASHLIGHT_NATIVE=0 does without.
"""

import os
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, Protocol, cast

from stashlight.decoders.bodies import Bodies
from stashlight.decoders.json_bodies import holds
from stashlight.decoders.json_spelling import reach
from stashlight.decoders.picks import Picked, Picks

__all__ = ["Chunks", "Lines", "Native", "Seen", "combinations", "is_native"]

Spot = tuple[int, int, int]
"""Number of a line, where it starts in the buffer, and where it ends."""


class Taking(Protocol):
    """What readers have in common: records that are taken by columns."""

    def begin(self, file: int, /) -> None:
        """Take what follows as of this file; with 0 forget all before."""
        ...

    @property
    def waiting(self) -> tuple[int, int]:
        """Records taken and not given yet, and the bytes that their values hold."""
        ...

    def take(self) -> list[tuple[int, int, bytes, list[str], bytes, int, list[tuple[bytes, list[object]]]]]:
        """Give them by pick: its number, others, files, keys, positions, bytes, codes and values of each column."""
        ...

    def strangers(self) -> list[tuple[str, int, int]]:
        """Give who logged records that mean nothing to anyone, the events' numbers, and how many there were."""
        ...


class Lines(Taking, Protocol):
    """JSON lines."""

    def cut(
        self, buffer: bytearray, start: int, end: int, line: int, /
    ) -> tuple[int, int, int, Spot | None, list[Spot]]:
        """
        Look at the lines of `buffer[start:end]`, which ends with a newline; so many `line`s were before.

        Gives how many were skipped, spared and taken, the last that was spared, and those to be looked at by others.
        """
        ...


Seen = tuple[int, int, list[tuple[int, bytes]]]
"""How many records of an event log were skipped and taken; record id and JSON of those to be looked at by others."""


class Chunks(Taking, Protocol):
    """Chunks of event log files, or whole ones."""

    def read(self, chunk: bytes, expected: int, /) -> Seen | None:
        """
        Look at the records of a chunk of 65,536 bytes; None if they are not as many as expected, or one cannot be read.
        """
        ...

    def files(self, paths: Sequence[str], start: int, rows: int, size: int, /) -> list[tuple[int, Seen]]:
        """
        Look at the files from number `start` on, each taken as of the file of its number; give the bytes of each, too.

        The first that is not as it should be ends that, and nothing of it is taken; so does the one with which so many
        `rows` wait, or records of that `size`.
        """
        ...


_FORM: Final = 8
"""What the two sides have agreed on: a library that was built from an older source is not used."""


def _load() -> Any:  # noqa: ANN401 - a module that need not be there
    try:
        native: Any = import_module("stashlight._native")
    except ImportError:  # not built here
        return None
    return native if getattr(native, "FORM", 0) == _FORM else None


_native: Final = _load()


def is_native() -> bool:
    """Tell whether the compiled readers are there, and wanted."""
    return _native is not None and os.environ.get("STASHLIGHT_NATIVE") != "0"


class Native:
    """
    The compiled readers, for those who read file after file into one table.

    They take the values of plain records that have one of `ids`, or none; of those in `bodies` only what holds them.
    """

    def __init__(self, ids: frozenset[int], bodies: Bodies, picks: Picks) -> None:
        self.asked = (ids, bodies, picks)
        self._ids, self._bodies, self._picks = sorted(ids), bodies, picks
        self._file = 0
        self._lines: Lines | None = None
        self._chunks: Chunks | None = None

    def begin(self, file: int) -> None:
        """Take what follows as of this file, counted from 0."""
        self._file = file
        for each in self._readers():
            each.begin(file)

    def lines(self, longest: int) -> Lines | None:
        """Give the reader of JSON lines of up to `longest` bytes."""
        if self._lines is None and is_native():
            bodies = self._bodies
            asks = holds(bodies)
            asked = [] if asks is None else sorted(bodies.ids)
            fields = [(event_id, name, list(unless)) for event_id, name, unless in bodies.fields]
            most = reach(bodies.patterns)
            made = _native.Lines(self._ids, asked, bodies.mark, asks, most, longest, fields, *_said(self._picks))
            self._lines = cast("Lines", made)
            self._lines.begin(self._file)
        return self._lines

    def chunks(self, most: int) -> Chunks | None:
        """Give the reader of chunks of at most so many records."""
        if self._chunks is None and is_native():
            self._chunks = cast("Chunks", _native.Chunks(self._ids, most, *_said(self._picks)))
            self._chunks.begin(self._file)
        return self._chunks

    @property
    def waiting(self) -> tuple[int, int]:
        """Records taken and not given yet, and the bytes that their values hold."""
        waiting = [each.waiting for each in self._readers()]
        return sum(rows for rows, _ in waiting), sum(size for _, size in waiting)

    def take(self) -> list[Picked]:
        """Give them."""
        return [
            Picked(
                pick,
                others,
                _numbers(files, "I"),
                keys,
                _numbers(positions, "q"),
                size,
                [(_numbers(codes, "I"), values) for codes, values in columns],
            )
            for each in self._readers()
            for pick, others, files, keys, positions, size, columns in each.take()
        ]

    def strangers(self) -> list[tuple[str, int, int]]:
        """Give, of records taken that nobody of `Picks.known` logged: who did, the events' numbers, and how many."""
        return sorted(each for reader in self._readers() for each in reader.strangers())

    def _readers(self) -> list[Taking]:
        return [each for each in (self._lines, self._chunks) if each is not None]


def _said(picks: Picks) -> tuple[list[object], list[object], list[str]]:
    """Say what is asked for in lists and tuples."""
    layouts: list[object] = [
        (
            list(each.present),
            list(each.some),
            list(each.absent),
            list(each.prose),
            list(each.short),
            (each.provider, list(each.event_id)),
            [(name or None, must_say) for name, must_say in each.told],
            each.data or None,
        )
        for each in picks.layouts
    ]
    taken: list[object] = [
        (
            each.layout,
            list(each.providers),
            each.event_id,
            [(slot.how, list(slot.names)) for slot in each.slots],
            [(name, list(values)) for name, values in each.only],
        )
        for each in picks.picks
    ]
    return layouts, taken, sorted(picks.known)


def combinations(columns: Sequence[Sequence[int]]) -> tuple[Sequence[int], Sequence[int]] | None:
    """
    Number the combinations of codes (arrays of unsigned 32-bit numbers); None if only Python could.

    Gives the number of each row, and for each number the first row that has it.
    """
    if not is_native():
        return None
    codes, rows = _native.combinations(columns)
    return _numbers(codes, "I"), rows


def _numbers(text: bytes, form: str) -> Sequence[int]:
    return cast("Sequence[int]", memoryview(text).cast(cast("Any", form)))
