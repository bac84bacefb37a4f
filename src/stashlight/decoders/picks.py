"""
Values asked for by name, so that records that are as most are need not become objects.

Who knows what records mean says where to look (`Picks`); a reader that can takes the values of plain records by columns
(`Picked`) and gives every other record whole, as readers that cannot do all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Layout", "Pick", "Picked", "Picks", "Slot"]


@dataclass(frozen=True, slots=True)
class Layout:
    """
    What a plain record looks like, by its keys, and where it says who logged it.

    Keys are paths, with / between names. A record has all of `present`, one of `some` (if there are any), and none of
    `absent`; `prose`, where they are, are texts that hold no event of their own, and `short` are texts of fewer than so
    many characters. The event's number
    stands at the first of `event_id` that is there. `told` are the values that every row begins with, provider and
    channel first ("" for what is never said); those with True must be texts that say something. `data` is the object
    with the event's own fields, "" if they stand beside the others.
    """

    provider: str
    event_id: tuple[str, ...]
    told: tuple[tuple[str, bool], ...]
    present: tuple[str, ...] = ()
    some: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    prose: tuple[str, ...] = ()
    short: tuple[tuple[str, int], ...] = ()
    data: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """
    Where a value stands.

    `how` is "field" (of the event); or, by path, "beside" them, "first" (of these that is neither missing nor "" nor "-")
    or "some" (the first of these that is not empty). Without names there is never a value.
    """

    how: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pick:
    """Records of a layout, logged by one of these providers (folded) under this id, and what to take of them."""

    layout: int
    providers: tuple[str, ...]
    event_id: int
    slots: tuple[Slot, ...]
    only: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Fields that must have one of these values (folded); records whose field has another are counted."""


@dataclass(frozen=True, slots=True)
class Picks:
    """
    All that is asked for.

    `known` are all providers (folded) of whose records any may mean something; those of others are only counted.
    """

    layouts: tuple[Layout, ...] = ()
    picks: tuple[Pick, ...] = ()
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Picked:
    """
    Records of one pick, by columns, in order: BLAKE2b of their bytes (128 bits, hex), positions; bytes held by values.

    `files` are numbers of files, as they were begun. `columns` are the layout's `told` and the pick's slots; row i of a
    column has `values[codes[i]]`. `others` are so many records whose `only` field has another value.
    """

    pick: int
    others: int
    files: Sequence[int]
    keys: Sequence[str]
    positions: Sequence[int]
    bytes: int
    columns: Sequence[tuple[Sequence[int], Sequence[object]]]
