r"""
What `find … -printf` prints with a size and a path a line: `%s %p\n`, `%s\t%p\n`, `%p\t%s\n`, a time in front or not.

Which number is the size must be plain: a form with two whole numbers a line is not read. Source:
https://www.gnu.org/software/findutils/manual/html_node/find_html/Format-Directives.html
"""

import re
from collections.abc import Iterator

from stashlight.decoders.stream import Stream
from stashlight.listings.fact import Fact, Page, Wanted
from stashlight.listings.lines import facts_of_lines, first_lines

COVERS: str = ""
UNIT: str = "line"

_TIME = r"(?:\d{4}-\d\d-\d\d[ +T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?[ \t|,;])?"
_SIZE_FIRST = re.compile(_TIME + r"(?P<size>\d{1,18})[ \t|,;](?P<path>\.{0,2}/.*)\Z")
_PATH_FIRST = re.compile(_TIME + r"(?P<path>\.{0,2}/.*)[ \t|,;](?P<size>\d{1,18})\Z")


def fits(head: bytes) -> int:
    """All of the first lines have one of the two orders."""
    lines = first_lines(head)
    return 60 if lines and any(all(map(order.match, lines)) for order in (_SIZE_FIRST, _PATH_FIRST)) else 0


def pages(stream: Stream, wanted: Wanted) -> Iterator[Page]:  # noqa: ARG001 - it is of a few folders
    """Give every file with its size."""
    lines = first_lines(stream.head)
    order = _SIZE_FIRST if all(map(_SIZE_FIRST.match, lines)) else _PATH_FIRST

    def fact(line: str, number: int) -> Fact | str | None:
        row = order.match(line)
        if row is None:
            return "no size and path in it"
        return Fact(number, row["path"].removeprefix("./"), int(row["size"]), is_present=True)

    yield from facts_of_lines(stream, fact)
