r"""
What `dir /s` of cmd prints: a heading a folder, then date, size and name a file.

The heading is found by its path, not by its words, so any language of Windows will do; `/-c` or not, 12 or 24 hours.
`cmd /u /c dir /s /a C:\temp > list.txt` writes Unicode. https://learn.microsoft.com/windows-server/administration/windows-commands/dir
"""

import re
from collections.abc import Iterator

from stashlight.decoders.stream import Stream
from stashlight.listings.fact import Fact, Page, Wanted
from stashlight.listings.lines import facts_of_lines, first_lines

COVERS: str = "folder"
UNIT: str = "line"

_FOLDER = re.compile(r" \S.{0,60}? ((?:[A-Za-z]:\\|\\\\).*)\Z")
_ROW = re.compile(
    r"(?P<date>\d[\d./-]{5,9})\s+(?P<time>\d{1,2}:\d{2}(?:[ \u00a0\u202f]?[AaPp]\.?[Mm]\.?)?)\s+"
    r"(?:<(?P<kind>[A-Z]+)>|(?P<size>\d{1,3}(?:(?P<mark>[.,’'\u00a0\u202f])\d{3}(?:(?P=mark)\d{3})*)?|\d+))\s+(?P<name>\S.*)\Z"
)


def fits(head: bytes) -> int:
    """A heading with a path and a row below it."""
    lines = first_lines(head)
    return 85 if any(map(_FOLDER.match, lines)) and any(map(_ROW.match, lines)) else 0


def pages(stream: Stream, wanted: Wanted) -> Iterator[Page]:  # noqa: ARG001 - it is of a few folders
    """Give every file with its size."""
    folder = ""

    def fact(line: str, number: int) -> Fact | str | None:
        nonlocal folder
        if heading := _FOLDER.match(line):
            folder = heading[1].rstrip("\\")
            return None
        row = _ROW.match(line)
        if row is None:
            return "neither a file nor a heading" if line[0].isdigit() else None
        if row["kind"]:
            return None
        if not folder:
            return "no folder stands above it"
        return Fact(number, f"{folder}\\{row['name']}", int(re.sub(r"\D", "", row["size"])), is_present=True)

    yield from facts_of_lines(stream, fact)
