"""
CSV with a header row → rows by column, fast enough for the millions of an `$MFT`.

A line without a quote is split where it stands; only rows of wanted names are looked at. Rows end with their line: the
tools that write listings put no line break into a cell, and a quote that is never closed then costs one row.
"""

import csv
from collections.abc import Callable, Iterator

from stashlight.decoders.stream import Stream
from stashlight.decoders.text_lines import text_lines
from stashlight.errors import Problem
from stashlight.listings.fact import Fact, Page, Wanted

__all__ = ["Row", "header", "table"]

Row = dict[str, str]
"""Cells by the folded name of their column."""

_DELIMITERS = ",;\t"
_LONGEST_CELL = 1 << 20


def header(head: bytes) -> tuple[list[str], str]:
    """Give the folded names of the columns and the delimiter; nothing if `head` is no table."""
    lines = (line.strip("\r") for line in head.decode("utf-8", "replace").split("\n"))
    # Windows PowerShell's Export-Csv writes the type of its objects first.
    first = next((line for line in lines if line and not line.startswith("#TYPE")), "")
    delimiter = max(_DELIMITERS, key=first.count)
    if delimiter not in first or "\0" in first:
        return [], ""
    return [name.strip().strip('"').strip().lower() for name in first.split(delimiter)], delimiter


def table(
    stream: Stream, fact: Callable[[Row, int], Fact | str | None], wanted: Wanted, name_column: str = ""
) -> Iterator[Page]:
    """
    Give the facts that `fact` makes of each row and its line.

    `fact` gives None for a row that is about no file, a text for what is wrong with it. Where `name_column` holds the
    bare file name, rows of other names are passed over unread.
    """
    names, delimiter = header(stream.head)
    at = names.index(name_column) if name_column in names else -1
    mark = delimiter.encode()
    begun = False
    csv.field_size_limit(_LONGEST_CELL)
    for lines, _ in text_lines(stream):
        page = Page()
        rows = 0
        for number, line in lines:
            if line is None:
                page.problems.append(Problem(stream.name, f"line {number}", "line longer than any row"))
                continue
            if not begun:  # the header, and what may stand before it
                begun = bool(line.strip()) and not line.startswith(b"#TYPE")
                continue
            if not line.strip(b"\r \0"):
                continue
            rows += 1
            cells = _cells(line, mark)
            if isinstance(cells, str) or len(cells) != len(names):
                said = cells if isinstance(cells, str) else f"{len(cells)} cells where the header has {len(names)}"
                page.problems.append(Problem(stream.name, f"line {number}", said))
            elif at < 0 or wanted.takes(cells[at]):
                found = fact(dict(zip(names, cells, strict=True)), number)
                if isinstance(found, str):
                    page.problems.append(Problem(stream.name, f"line {number}", found))
                elif found is not None:
                    page.facts.append(found)
        yield Page(rows, page.facts, page.problems)


def _cells(line: bytes, mark: bytes) -> list[str] | str:
    """Give the cells of a line, or what is wrong with it."""
    text = line.rstrip(b"\r").decode("utf-8", "replace")
    delimiter = mark.decode()
    if '"' not in text:
        return text.split(delimiter)
    if text.count('"') % 2:
        return "a quote that is never closed"
    try:
        rows = list(csv.reader([text.replace("\0", "\ufffd")], delimiter=delimiter))
    except csv.Error as error:
        return f"malformed row: {error}"
    return rows[0] if rows else []
