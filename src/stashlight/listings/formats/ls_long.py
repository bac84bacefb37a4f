"""
What `ls -lR` prints (with `-a`, `-n`, `--time-style`, whatever): a heading a folder, then a long row a file.

Source: https://www.gnu.org/software/coreutils/manual/html_node/What-information-is-listed.html
"""

import re
from collections.abc import Iterator

from stashlight.decoders.stream import Stream
from stashlight.listings.fact import Fact, Page, Wanted
from stashlight.listings.lines import facts_of_lines, first_lines

COVERS: str = "folder"
UNIT: str = "line"

_ROW = re.compile(
    r"(?:\d+ +)?(?P<kind>[-a-zA-Z])[-rwxsStTl]{9}[.+@]? +\d+ +\S+ +\S+ +(?P<size>\d+(?:[.,]\d)?[A-Za-z]?|\d+, +\d+) +"
    r"(?:\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: [+-]\d{4})?)?|\S{2,5} +\d{1,2} +[\d:]{4,5}|\d{1,2} +\S{2,5} +[\d:]{4,5}) (?P<name>.+)\Z"
)
_TOTAL = re.compile(r"\S{4,12} \d+(?:[.,]\d)?[A-Za-z]?\Z")


def fits(head: bytes) -> int:
    """A long row among the first lines."""
    return 80 if any(map(_ROW.match, first_lines(head))) else 0


def pages(stream: Stream, wanted: Wanted) -> Iterator[Page]:  # noqa: ARG001 - it is of a few folders
    """Give every plain file; a size that `-h` rounded is no size."""
    folder = ""

    def fact(line: str, number: int) -> Fact | str | None:
        nonlocal folder
        if row := _ROW.match(line):
            if row["kind"] != "-":
                return None
            size = int(row["size"]) if row["size"].isdecimal() else None
            return Fact(number, f"{folder}{row['name']}", size, is_present=True)
        if line.endswith(":"):
            folder = "" if line in {".:", "./:"} else line[:-1].removeprefix("./").rstrip("/") + "/"
            return None
        return None if _TOTAL.match(line) or line.startswith("ls: ") else "neither a file nor a heading"

    yield from facts_of_lines(stream, fact)
