"""
One incident a row (RFC 4180, UTF-8, CRLF), for spreadsheets.

A cell that a spreadsheet would run as a formula gets a leading apostrophe, and characters that deceive are written
visibly (https://owasp.org/www-community/attacks/CSV_Injection); the JSON document has every value as it was.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence

from stashlight.incidents.document import Document, Incident
from stashlight.terminal import Page, printable

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
_FORMULA_STARTS = ("=", "+", "-", "@")
_BETWEEN = " | "


def render(document: Document, page: Page) -> Iterator[str]:  # noqa: ARG001 - a table has no page
    """Give a header, then one row an incident, highest score first."""
    yield _line(COLUMNS)
    for incident in document.incidents:
        yield _line(_row(incident))


def _row(incident: Incident) -> list[str | int]:
    extensions = [f"{name} {count}" for name, count in incident.files.extensions.items()]
    why = [f"{factor.name} {factor.points:+d}: {factor.reason}" for factor in incident.factors]
    return [
        _cell(incident.severity),
        incident.score,
        _cell(incident.confidence),
        _cell(incident.first_seen),
        _cell(incident.last_seen),
        _cells(incident.hosts),
        _cells(incident.accounts),
        _cells(incident.places),
        incident.files.count,
        "" if incident.files.bytes is None else incident.files.bytes,
        _cells(extensions),
        _cells(incident.techniques),
        _cell(incident.title),
        _cells(why),
        _cell(incident.id),
    ]


def _cells(values: Sequence[str]) -> str:
    """Join values that share a cell, each made harmless: some spreadsheets split a cell again."""
    return _BETWEEN.join(_cell(value) for value in values)


def _cell(value: str) -> str:
    # Spreadsheets take full-width signs for plain ones, which NFKC does too, and skip leading spaces.
    is_formula = unicodedata.normalize("NFKC", value[:64]).lstrip().startswith(_FORMULA_STARTS)
    return printable(f"'{value}" if is_formula else value)


def _line(values: Sequence[str | int]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()
