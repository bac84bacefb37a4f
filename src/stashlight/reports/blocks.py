"""
What a report is made of, whatever form it takes: sections, and blocks inside them.

All text in blocks is plain; a renderer escapes every piece of it. What logs wrote stands in `Value`, so that a reader
can tell it from what we say.
"""

from dataclasses import dataclass

from stashlight.reports.pictures import Picture

__all__ = [
    "Bad",
    "Blank",
    "Block",
    "Box",
    "Cite",
    "Code",
    "Facts",
    "Inline",
    "Items",
    "Section",
    "Span",
    "Table",
    "Text",
    "Value",
]


@dataclass(frozen=True, slots=True)
class Value:
    """A piece of text as the logs have it: a path, a name, a command."""

    text: str


@dataclass(frozen=True, slots=True)
class Cite:
    """Where a statement comes from: event keys."""

    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blank:
    """What only a person can know; `ask` says what to fill in."""

    ask: str


@dataclass(frozen=True, slots=True)
class Bad:
    """A severity, drawn with its colour."""

    severity: str
    text: str


Span = str | Value | Cite | Blank | Bad
Inline = Span | tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    said: Inline


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values."""

    rows: tuple[tuple[str, Inline], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; every row has as many cells as `heads`. `letter` numbers the rows (E1, E2, …) so that they can be cited."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Inline, ...], ...]
    letter: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A list; `numbered` where the order matters."""

    items: tuple[Inline, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """Something to copy and run, or a command line as it ran; `folded` where only some readers want it."""

    label: str
    text: str
    language: str = "text"
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """Something that must not be overlooked. `tone` is "warn" or "good"."""

    title: str
    blocks: tuple["Text | Items | Facts | Table", ...]
    tone: str = "warn"


Block = Text | Facts | Table | Items | Code | Box | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A part with a heading; parts of it stand one level deeper. `folded` may be shown closed."""

    title: str
    blocks: tuple[Block, ...] = ()
    parts: tuple["Section", ...] = ()
    folded: bool = False
