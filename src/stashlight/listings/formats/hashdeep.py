"""
What hashdeep and md5deep print: a `%%%%` heading that names the columns, then size, hashes and name.

Source: https://md5deep.sourceforge.net/hashdeep.html
"""

import re
from collections.abc import Iterator

from stashlight.decoders.stream import Stream
from stashlight.listings.columns import digest, size_of
from stashlight.listings.fact import Fact, Page, Wanted
from stashlight.listings.lines import facts_of_lines

COVERS: str = ""
UNIT: str = "line"

_COLUMNS = re.compile(r"%%%% ((?:size|md5|sha1|sha256|tiger|whirlpool|,)+,filename)\s*\Z")


def fits(head: bytes) -> int:
    """By its first line."""
    return 100 if head.startswith(b"%%%% HASHDEEP-1.") else 0


def pages(stream: Stream, wanted: Wanted) -> Iterator[Page]:  # noqa: ARG001 - it is of a few folders
    """Give every file with size and hashes."""
    columns = ["size", "md5", "sha256", "filename"]

    def fact(line: str, number: int) -> Fact | str | None:
        nonlocal columns
        if heading := _COLUMNS.match(line):
            columns = heading[1].split(",")
        if line.startswith(("%", "#")):
            return None
        cells = line.split(",", len(columns) - 1)  # the name comes last, and may hold commas
        if len(cells) < len(columns):
            return f"{len(cells)} parts where there should be {len(columns)}"
        row = dict(zip(columns, cells, strict=True))
        size = size_of(row.get("size", ""))
        if isinstance(size, str):
            return size
        hashes: dict[str, str] = {}
        for name in {"md5", "sha1", "sha256"} & row.keys():
            found = digest(row[name], name)
            if not found:
                return f"{row[name][:80]!r} is no {name}"
            hashes |= found
        return Fact(number, row["filename"].removeprefix("./").removeprefix(".\\"), size, hashes)

    yield from facts_of_lines(stream, fact)
