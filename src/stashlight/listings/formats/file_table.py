"""
CSV with a path a row: `Get-ChildItem … | Export-Csv`, `Get-FileHash … | Export-Csv`, KAPE's CopyLog, and tables like them.

Columns are those of `columns.py`; Export-Csv: https://learn.microsoft.com/powershell/module/microsoft.powershell.utility/export-csv
"""

from collections.abc import Iterator

from stashlight.decoders.stream import Stream
from stashlight.listings.columns import HASHES, PATHS, SIZES, fact_of
from stashlight.listings.fact import Fact, Page, Wanted
from stashlight.listings.table import Row, header, table

COVERS: str = ""
UNIT: str = "line"


def fits(head: bytes) -> int:
    """A column with a path, and one with a size or a hash."""
    names = set(header(head)[0])
    return 70 if names & set(PATHS) and names & {*SIZES, *HASHES, "hash"} else 0


def pages(stream: Stream, wanted: Wanted) -> Iterator[Page]:
    """Give every file; one that has a size but no hash was there when the table was written."""
    names = set(header(stream.head)[0])
    is_listing = {"fullname", "length"} <= names

    def fact(row: Row, line: int) -> Fact | str | None:
        return fact_of(row, line, is_present=True if is_listing else None)

    yield from table(stream, fact, wanted)
