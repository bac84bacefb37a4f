r"""A path a line and nothing else: `dir /s /b`, `find … -type f`, `(Get-ChildItem …).FullName`. Says that a file is there."""

import re
from collections.abc import Iterator

from stashlight.decoders.stream import Stream
from stashlight.listings.fact import Fact, Page, Wanted
from stashlight.listings.lines import facts_of_lines, first_lines

COVERS: str = ""
UNIT: str = "line"

_PATH = re.compile(r"(?:[A-Za-z]:\\|\\\\[^\\?.]|/)[^\t|<>\"*?]*\Z")


def fits(head: bytes) -> int:
    """All of the first lines are whole paths."""
    lines = first_lines(head)
    return 40 if lines and all(map(_PATH.match, lines)) else 0


def pages(stream: Stream, wanted: Wanted) -> Iterator[Page]:  # noqa: ARG001 - it is of a few folders
    """Give every path."""

    def fact(line: str, number: int) -> Fact | str | None:
        return Fact(number, line, is_present=True) if _PATH.match(line) else "no whole path"

    yield from facts_of_lines(stream, fact)
