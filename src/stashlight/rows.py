"""A table of rows as text, CSV, JSON or JSON lines: for what is not a result document."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa

from stashlight import spreadsheet
from stashlight.incidents.document_json import to_json
from stashlight.terminal import Page, labelled

__all__ = ["FORMS", "rows"]

FORMS = ("csv", "json", "jsonl", "text")
_BATCH = 1000  # rows that are Python objects at a time


def rows(table: pa.Table, form: str, page: Page) -> Iterator[str]:
    """Give every row of `table` in one of FORMS; times are ISO 8601 in UTC."""
    if form == "csv":
        yield spreadsheet.line(table.column_names)
        yield from (spreadsheet.line(row.values()) for row in _each(table))
    elif form == "jsonl":
        yield from (to_json(row) + "\n" for row in _each(table))
    elif form == "json":
        for number, row in enumerate(_each(table)):
            yield (",\n " if number else "[\n ") + to_json(row)
        yield "\n]\n" if table.num_rows else "[]\n"
    else:
        margin = max((len(name) for name in table.column_names), default=0) + 4
        for row in _each(table):
            known = ((name, value) for name, value in row.items() if value is not None)
            yield from (f"{line}\n" for name, value in known for line in labelled(name, str(value), page, margin))
            yield "\n"


def _each(table: pa.Table) -> Iterator[dict[str, object]]:
    for batch in table.to_batches(max_chunksize=_BATCH):
        for row in batch.to_pylist():
            yield {name: _time(value) if isinstance(value, datetime) else value for name, value in row.items()}


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
