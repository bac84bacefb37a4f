"""
One incident a row (RFC 4180, UTF-8, CRLF), for spreadsheets.

Cells are made harmless (see spreadsheet.py); the JSON document has every value as it was.
"""

from collections.abc import Iterator, Sequence

from stashlight.incidents.document import Document, Incident
from stashlight.spreadsheet import cell, line
from stashlight.terminal import Page

SUFFIX: str = ".csv"

COLUMNS = (
    "severity",
    "score",
    "confidence",
    "first_seen",
    "last_seen",
    "hosts",
    "accounts",
    "places",
    "files",
    "bytes",
    "extensions",
    "techniques",
    "title",
    "why",
    "id",
)
_BETWEEN = " | "


def render(document: Document, page: Page) -> Iterator[str]:  # noqa: ARG001 - a table has no page
    """Give a header, then one row an incident, highest score first."""
    yield line(COLUMNS)
    for incident in document.incidents:
        yield line(_row(incident))


def _row(incident: Incident) -> list[str | int | None]:
    extensions = [f"{name} {count}" for name, count in incident.files.extensions.items()]
    why = [f"{factor.name} {factor.points:+d}: {factor.reason}" for factor in incident.factors]
    return [
        incident.severity,
        incident.score,
        incident.confidence,
        incident.first_seen,
        incident.last_seen,
        _cells(incident.hosts),
        _cells(incident.accounts),
        _cells(incident.places),
        incident.files.count,
        incident.files.bytes,
        _cells(extensions),
        _cells(incident.techniques),
        incident.title,
        _cells(why),
        incident.id,
    ]


def _cells(values: Sequence[str]) -> str:
    """Join values that share a cell, each made harmless: some spreadsheets split a cell again."""
    return _BETWEEN.join(cell(value) for value in values)
