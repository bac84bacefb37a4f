"""
JSON objects with a path: `Get-ChildItem -Recurse -File | ConvertTo-Json` and `Get-FileHash … | ConvertTo-Json`.

ConvertTo-Json: https://learn.microsoft.com/powershell/module/microsoft.powershell.utility/convertto-json
"""

import re
from collections.abc import Iterator

from stashlight.decoders.batch import ALL
from stashlight.decoders.formats import json
from stashlight.decoders.stream import Stream
from stashlight.errors import Problem
from stashlight.listings.columns import fact_of
from stashlight.listings.fact import Fact, Page, Wanted

COVERS: str = ""
UNIT: str = "object"

_KEYS = re.compile(rb'"(?:FullName|Length|Hash|Path|Algorithm)"\s*:', re.IGNORECASE)


def fits(head: bytes) -> int:
    """JSON in which at least two of the keys stand."""
    return 70 if json.fits(head) >= 80 and len({each.lower() for each in _KEYS.findall(head)}) >= 2 else 0


def pages(stream: Stream, wanted: Wanted) -> Iterator[Page]:  # noqa: ARG001 - such a listing is of one folder
    """Give every file; an object with a length was there when the list was written."""
    for batch in json.decode(stream, ALL, strict=True):
        page = Page(len(batch.records), problems=list(batch.problems))
        for record in batch.records:
            found = _fact(record.fields, record.position)
            if isinstance(found, str):
                page.problems.append(Problem(stream.name, f"object {record.position}", found))
            elif found is not None:
                page.facts.append(found)
        yield page


def _fact(fields: dict[str, object], line: int) -> Fact | str | None:
    row = {
        name.lower(): str(value)
        for name, value in fields.items()
        if isinstance(value, str | int) and not isinstance(value, dict)
    }
    if fields.get("FullName") and fields.get("Length") is None:
        return None  # a folder has no length
    return fact_of(row, line, is_present=True if "length" in row else None)
