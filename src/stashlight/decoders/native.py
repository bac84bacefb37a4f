"""
The compiled readers, where there are any: `native/` in the source, built where there is a Rust compiler.

They do what the readers in Python do, and leave to them what is not plain. STASHLIGHT_NATIVE=0 does without.
"""

import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, Final, Protocol, cast

from stashlight.decoders.batch import Wanted
from stashlight.decoders.picks import Picked, Picks

__all__ = ["Chunks", "Lines", "combinations", "is_native", "native_chunks", "native_lines", "picked"]

Spot = tuple[int, int, int]
"""Number of a line, where it starts in the buffer, and where it ends."""


class Taking(Protocol):
    """What readers have in common: records that are taken by columns, of one file after another."""

    def begin(self) -> None:
        """Forget what is left of a file before."""
        ...

    @property
    def waiting(self) -> tuple[int, int]:
        """Records taken and not given yet, and their bytes."""
        ...

    def take(self) -> list[tuple[int, list[str], bytes, int, list[tuple[bytes, list[object]]]]]:
        """Give them, for each pick: its number, keys, positions, bytes, and for each column codes and values."""
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


class Chunks(Taking, Protocol):
    """Chunks of event log files."""

    def read(self, chunk: bytes, expected: int, /) -> tuple[int, int, list[tuple[int, bytes]]] | None:
        """
        Look at the records of a chunk of 65,536 bytes; None if they are not as many as expected, or one cannot be read.

        Gives how many were skipped and taken, and record id and JSON of those to be looked at by others.
        """
        ...


_FORM: Final = 2
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


def native_lines(wanted: Wanted, holds: Callable[[bytes], bool] | None, longest: int) -> Lines | None:
    """
    Give the reader of JSON lines of up to `longest` bytes; None if there is none, or every record is wanted.

    `holds` tells of the text of a record whether `wanted.bodies` are in it; without it all of them are.
    """
    return None if wanted.ids is None or not is_native() else _lines(wanted, holds, longest)


def native_chunks(wanted: Wanted, most: int) -> Chunks | None:
    """Give the reader of chunks with at most so many records; None if there is none, or every record is wanted."""
    return None if wanted.ids is None or not is_native() else _chunks(wanted, most)


@lru_cache(maxsize=4)
def _lines(wanted: Wanted, holds: Callable[[bytes], bool] | None, longest: int) -> Lines:
    bodies, ids = wanted.bodies, sorted(wanted.ids or ())
    asked = [] if holds is None else sorted(bodies.ids)
    fields = list(bodies.fields)
    return cast("Lines", _native.Lines(ids, asked, bodies.mark, holds, longest, fields, *_said(wanted.picks)))


@lru_cache(maxsize=4)
def _chunks(wanted: Wanted, most: int) -> Chunks:
    return cast("Chunks", _native.Chunks(sorted(wanted.ids or ()), most, *_said(wanted.picks)))


def _said(picks: Picks) -> tuple[list[object], list[object]]:
    """Say what is asked for in lists and tuples."""
    layouts: list[object] = [
        (
            list(each.present),
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
    return layouts, taken


def combinations(columns: Sequence[Sequence[int]]) -> tuple[Sequence[int], Sequence[int]] | None:
    """
    Number the combinations of codes (arrays of unsigned 32-bit numbers); None if only Python could.

    Gives the number of each row, and for each number the first row that has it.
    """
    if not is_native():
        return None
    codes, rows = _native.combinations(columns)
    return _numbers(codes, "I"), rows


def picked(taking: Taking) -> list[Picked]:
    """Give what the reader has taken so far."""
    return [
        Picked(
            pick, keys, _numbers(positions, "q"), size, [(_numbers(codes, "I"), values) for codes, values in columns]
        )
        for pick, keys, positions, size, columns in taking.take()
    ]


def _numbers(text: bytes, form: str) -> Sequence[int]:
    return cast("Sequence[int]", memoryview(text).cast(cast("Any", form)))
