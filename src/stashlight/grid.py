"""
Rows as people read them on a terminal: a table where it fits, else each row as a list of names and values.

A cell goes on in up to four lines; if one needs more, no cell is cut: the rows are listed. All text is made printable.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from stashlight.terminal import Page, cells, labelled, paint, printable, wrap

__all__ = ["grid"]

_GAP: Final = 2
_NARROWEST: Final = 9  # cells of a column below which words break in the middle
_LINES: Final = 4  # of one cell, beyond which a table is hard to read
_WIDEST_LABEL: Final = 24
# Characters of a cell that are looked at: a script block may have a million.
_LOOKED_AT: Final = 2_000


def grid(names: Sequence[str], rows: Sequence[Sequence[object]], page: Page) -> Iterator[str]:
    """Give lines, ends included; a column that holds nothing in any row is left out, and named at the end."""
    if not rows:
        return
    texts = [[_text(value) for value in row] for row in rows]
    known = [i for i in range(len(names)) if any(row[i] is not None for row in rows)]
    kept = known or list(range(len(names)))
    heads = [printable(names[i]) for i in kept]
    body = [[row[i] for i in kept] for row in texts]
    widths = _widths(heads, body, page.width)
    folded = (
        [[list(wrap(text, width)) for text, width in zip(row, widths, strict=True)] for row in body] if widths else []
    )
    fits = widths and all(len(lines) <= _LINES for row in folded for lines in row)
    yield from _table(heads, folded, widths, page) if fits else _records(heads, body, page)
    empty = [printable(name) for i, name in enumerate(names) if i not in known]
    if empty:
        yield from (f"{line}\n" for line in wrap(f"NULL in every row: {', '.join(empty)}", page.width))


def _table(heads: list[str], folded: list[list[list[str]]], widths: list[int], page: Page) -> Iterator[str]:
    yield paint(_line(heads, widths), "strong", page) + "\n"
    yield "  ".join("-" * width for width in widths) + "\n"
    for columns in folded:
        for number in range(max(map(len, columns))):
            yield _line([c[number] if number < len(c) else "" for c in columns], widths) + "\n"


def _records(heads: list[str], body: list[list[str]], page: Page) -> Iterator[str]:
    margin = min(_WIDEST_LABEL, max(map(len, heads))) + 4
    for row in body:
        for name, text in zip(heads, row, strict=True):
            if text:
                yield from (f"{line}\n" for line in labelled(name, text, page, margin))
        yield "\n"


def _widths(heads: list[str], body: list[list[str]], width: int) -> list[int]:
    """Give how wide each column may be, [] if they do not fit beside each other."""
    natural = [max(cells(head), *(cells(row[i]) for row in body)) for i, head in enumerate(heads)]
    room = width - _GAP * (len(heads) - 1)
    # Narrow columns keep what they need; the wide ones share the rest.
    found = [0] * len(natural)
    left, waiting = room, sorted(range(len(natural)), key=lambda i: natural[i])
    while waiting:
        share = left // len(waiting)
        i = waiting.pop(0)
        found[i] = min(natural[i], share)
        left -= found[i]
    fits = all(
        given >= min(need, _NARROWEST) and given >= min(cells(head), given, 4) and cells(head) <= given + _NARROWEST
        for given, need, head in zip(found, natural, heads, strict=True)
    )
    return found if fits else []


def _line(parts: Sequence[str], widths: Sequence[int]) -> str:
    line = "  ".join(part + " " * (width - cells(part)) for part, width in zip(parts, widths, strict=True))
    return line.rstrip()


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        return moment.strftime("%Y-%m-%d %H:%M:%S") + (
            f".{moment.microsecond // 1000:03d}" if moment.microsecond else ""
        )
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    return printable(
        text if len(text) <= _LOOKED_AT else f"{text[:_LOOKED_AT]}… (+{len(text) - _LOOKED_AT:,} characters)"
    )
