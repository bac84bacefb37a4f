"""
The bodyfile of The Sleuth Kit, which `fls -m`, MFTECmd (`--body`) and many collectors write: eleven parts, divided by `|`.

Source: https://wiki.sleuthkit.org/index.php?title=Body_file: MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime
"""

import re
from collections.abc import Iterator

from stashlight.decoders.stream import Stream
from stashlight.listings.columns import digest, size_of
from stashlight.listings.fact import Fact, Page, Wanted
from stashlight.listings.lines import facts_of_lines, first_lines

COVERS: str = ""
UNIT: str = "line"

_DELETED = re.compile(r" \(deleted(?:-realloc)?\)\Z")
_PARTS = 11


def fits(head: bytes) -> int:
    """All of the first lines have eleven parts, and numbers where there should be."""
    rows = [line.split("|") for line in first_lines(head) if not line.startswith("#")]
    good = [len(row) >= _PARTS and all(re.fullmatch(r"-?\d+", each) for each in row[-4:]) for row in rows]
    return 85 if good and all(good) else 0


def pages(stream: Stream, wanted: Wanted) -> Iterator[Page]:  # noqa: ARG001 - names stand inside the line
    """Give every plain file with size and hash; times of the `$FILE_NAME` attribute repeat a row."""
    yield from facts_of_lines(stream, _fact)


def _fact(line: str, number: int) -> Fact | str | None:
    parts = line.split("|")
    if line.startswith("#"):
        return None
    if len(parts) < _PARTS:
        return f"{len(parts)} parts where there should be {_PARTS}"
    # A name may hold a bar itself: what stands behind it is counted from the end.
    name, mode, size = "|".join(parts[1 : len(parts) - 9]), parts[-8], size_of(parts[-5])
    if isinstance(size, str):
        return size
    if "$FILE_NAME" in name or mode.startswith(("d/d", "d")) or not name:
        return None
    is_present = not _DELETED.search(name)
    return Fact(number, _DELETED.sub("", name), size, digest(parts[0]), is_present)
