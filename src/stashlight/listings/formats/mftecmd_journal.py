r"""
MFTECmd's CSV of the change journal, `$Extend\$UsnJrnl:$J`: what happened to files, deletions with their time.

Columns as https://github.com/EricZimmerman/MFTECmd writes them, reasons as
https://learn.microsoft.com/windows/win32/api/winioctl/ns-winioctl-usn_record_v2 names them. `ParentPath` is there only
if MFTECmd was given the `$MFT` too (`-m`); a bare name could be any file of the disk, and says nothing here.
"""

from collections.abc import Iterator

from stashlight.decoders.stream import Stream
from stashlight.events.times import parse
from stashlight.listings.fact import Fact, Page, Wanted
from stashlight.listings.table import Row, header, table

COVERS: str = ""
UNIT: str = "line"

_COLUMNS = frozenset({"name", "parentpath", "updatetimestamp", "updatereasons", "updatesequencenumber"})
_GONE = frozenset({"filedelete", "renameoldname"})
_THERE = frozenset({"filecreate", "renamenewname"})


def fits(head: bytes) -> int:
    """By its columns."""
    return 95 if set(header(head)[0]) >= _COLUMNS else 0


def pages(stream: Stream, wanted: Wanted) -> Iterator[Page]:
    """Give creations, deletions and renames of the wanted files."""
    yield from table(stream, _fact, wanted, "name")


def _fact(row: Row, line: int) -> Fact | str | None:
    if "Directory" in row.get("fileattributes", "").split("|"):
        return None
    reasons = {each.strip().lower() for each in row["updatereasons"].split("|")}
    if reasons.isdisjoint(_GONE | _THERE):
        return None
    if not row["parentpath"]:
        return "no ParentPath: run MFTECmd on the journal with the $MFT (-m)"
    time = parse(row["updatetimestamp"])
    if time is None:
        return f"{row['updatetimestamp'][:40]!r} is no time"
    path = row["parentpath"].removeprefix(".").rstrip("\\") + "\\" + row["name"]
    return Fact(line, path, is_present=reasons.isdisjoint(_GONE), ts_us=time)
