"""
What a case is made of: entries that are only ever added, each sealed with the hash of the one before.

A hash covers everything in the entry and the hash before it, so that an entry that was changed, taken out or moved
breaks the chain at a place that can be named. What it cannot show is that the newest entries were cut off: write the
head down elsewhere (`case verify` prints it, `--expect` compares it).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from stashlight.incidents.document_json import to_json

__all__ = ["FIRST", "KINDS", "Broken", "Entry", "Json", "Kind", "broken", "sealed"]

Json = dict[str, object]
Kind = Literal["opened", "incident", "status", "assignee", "verdict", "note", "evidence", "related"]

KINDS: Final[tuple[Kind, ...]] = (
    "opened",
    "incident",
    "status",
    "assignee",
    "verdict",
    "note",
    "evidence",
    "related",
)
FIRST: Final = "0" * 64  # what stands before the first entry


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One change of a case. `number` counts all entries of the store from 1; `time` is ISO 8601, UTC.

    `body` is JSON text and is kept as it was written, for a hash is over bytes.
    """

    number: int
    case: str
    time: str
    author: str
    kind: str
    body: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first link that does not hold: the entry's number, and what is wrong with it."""

    number: int
    case: str
    reason: str


def sealed(number: int, case: str, time: str, author: str, kind: Kind, body: Json, previous: str) -> Entry:  # noqa: PLR0917 - the entry's own fields, in their order
    """Make an entry and seal it."""
    text = to_json(body)
    return Entry(
        number, case, time, author, kind, text, previous, _hash(number, case, time, author, kind, text, previous)
    )


def broken(entries: Iterable[Entry]) -> Iterator[Broken]:
    """Walk the chain and give every link that does not hold; the first tells where to look."""
    previous, expected = FIRST, 1
    for each in entries:
        if each.number != expected:
            yield Broken(each.number, each.case, f"entry {expected} is missing before it")
        elif each.previous != previous:
            yield Broken(each.number, each.case, "it does not follow from the entry before it")
        made = _hash(each.number, each.case, each.time, each.author, each.kind, each.body, each.previous)
        if made != each.hash:
            yield Broken(each.number, each.case, f"its content was changed ({each.kind} by {each.author}, {each.time})")
        previous, expected = each.hash, each.number + 1


def _hash(*parts: int | str) -> str:
    """Hash the parts with their lengths, so that no two lists of parts read the same."""
    whole = hashlib.sha256()
    for part in parts:
        raw = str(part).encode("utf-8", "backslashreplace")
        whole.update(f"{len(raw)}:".encode())
        whole.update(raw)
    return whole.hexdigest()
