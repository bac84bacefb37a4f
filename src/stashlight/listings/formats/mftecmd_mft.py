r"""
MFTECmd's CSV of an `$MFT`: every file of a volume, deleted ones too while their record is not used again.

Columns as https://github.com/EricZimmerman/MFTECmd writes them. `ParentPath` is `.\Users\…`: the drive is not told.
"""

from collections.abc import Iterator

from stashlight.decoders.stream import Stream
from stashlight.listings.columns import size_of
from stashlight.listings.fact import Fact, Page, Wanted
from stashlight.listings.table import Row, header, table

COVERS: str = "volume"
UNIT: str = "line"

_COLUMNS = frozenset({"entrynumber", "inuse", "parentpath", "filename", "filesize", "isdirectory"})


def fits(head: bytes) -> int:
    """By its columns."""
    return 95 if set(header(head)[0]) >= _COLUMNS else 0


def pages(stream: Stream, wanted: Wanted) -> Iterator[Page]:
    """Give the wanted files; directories and named streams are left out."""
    yield from table(stream, _fact, wanted, "filename")


def _fact(row: Row, line: int) -> Fact | str | None:
    if row["isdirectory"] == "True" or row.get("isads") == "True":
        return None
    if row["inuse"] not in {"True", "False"}:
        return f"InUse is {row['inuse'][:40]!r}"
    size = size_of(row["filesize"])
    if isinstance(size, str):
        return size
    path = row["parentpath"].removeprefix(".").rstrip("\\") + "\\" + row["filename"]
    return Fact(line, path, size, is_present=row["inuse"] == "True")
