"""
Text that is safe and pleasant on a terminal.

What logs say was written by strangers: an escape sequence in a command line could repaint the screen, a bidi
override could turn a file name round. `printable` makes every such character visible, `wrap` counts cells instead
of characters, and colour is used only where a person looks and did not refuse it (https://no-color.org).
"""

import os
import re
import shutil
import unicodedata
from collections.abc import Iterator, Mapping
from typing import TextIO

from stashlight.frozen import frozen

__all__ = ["PIPE", "Page", "cells", "labelled", "page_of", "paint", "printable", "shorten", "wrap"]

# Categories that move the cursor, reorder or hide text, or look like a plain space without being one.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_PLAIN = re.compile(r"[\x20-\x7e]*\Z")
_COLOURS = {
    "critical": "1;37;41",
    "high": "1;31",
    "medium": "1;33",
    "low": "36",
    "info": "2",
    "label": "2",
    "strong": "1",
    "good": "32",
}
_WIDEST = 120  # longer lines are hard to read, however wide the window is


@frozen
class Page:
    """What text is laid out for: its width in cells, and whether it may carry colour."""

    width: int = 80
    colour: bool = False


PIPE = Page()


def page_of(stream: TextIO, environ: Mapping[str, str] = os.environ) -> Page:
    """Give the page that `stream` is: a terminal's own width and colour, else 80 cells without."""
    if not stream.isatty():
        return PIPE
    plain = environ.get("NO_COLOR") or environ.get("TERM") == "dumb"
    return Page(max(40, min(_WIDEST, shutil.get_terminal_size().columns)), not plain)


def printable(text: str, keep: str = "") -> str:
    """
    Give `text` with every character that could deceive written as `<U+001B>`.

    `<` cannot stand in a Windows path, so the notation is not taken for a part of one.
    """
    if _PLAIN.match(text):
        return text
    return "".join(
        letter
        if letter == " " or letter in keep or unicodedata.category(letter) not in _UNSAFE_CATEGORIES
        else f"<U+{ord(letter):04X}>"
        for letter in text
    )


def shorten(text: str, limit: int) -> str:
    """Give at most `limit` characters of `text`, and say how many were left off."""
    return text if len(text) <= limit else f"{text[:limit]}… (+{len(text) - limit:,} characters)"


def cells(text: str) -> int:
    """Count the columns that printable text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_cells_of(letter) for letter in text)


def wrap(text: str, width: int) -> Iterator[str]:
    """Break `text` into lines of at most `width` cells, between words if possible; no character but spaces is lost."""
    line, used = "", 0
    for word in re.findall(r"\S+ *| +", text):
        if used and used + cells(word.rstrip()) > width:
            yield line.rstrip()
            line, used = "", 0
        for letter in word:
            if used + _cells_of(letter) > width and letter != " ":
                yield line.rstrip()
                line, used = "", 0
            line += letter
            used += _cells_of(letter)
    yield line.rstrip()


def labelled(label: str, text: str, page: Page, margin: int = 10, hang: int = 0) -> Iterator[str]:
    """Lay `text` out beside a label, both made printable; further lines stand under the first, `hang` cells on."""
    if len(label) + 3 > max(margin, 3) or not label.isascii() or not label.isprintable():
        label, text = "", f"{label}: {text}"  # no label of ours: part of the text
    head = f"  {label}".ljust(margin)
    for line in wrap(printable(text), max(20, page.width - margin - hang)):
        yield paint(head, "label", page) + line
        head = " " * (margin + hang)


def paint(text: str, colour: str, page: Page) -> str:
    """Colour `text` if the page allows it; `colour` is a severity or a role such as "label"."""
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if page.colour and colour in _COLOURS else text


def _cells_of(letter: str) -> int:
    if unicodedata.category(letter) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in {"W", "F"} else 1
