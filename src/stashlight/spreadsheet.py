"""
Lines of CSV (RFC 4180) that are safe to open in a spreadsheet.

A cell that a spreadsheet would run as a formula gets a leading apostrophe, and characters that deceive are written
visibly (https://owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import io
import unicodedata
from collections.abc import Iterable

from stashlight.terminal import printable

__all__ = ["cell", "line"]

_FORMULA_STARTS = ("=", "+", "-", "@")


def cell(value: str) -> str:
    """Make a text harmless: visible throughout, and no formula."""
    # Spreadsheets take full-width signs for plain ones, which NFKC does too, and skip leading spaces.
    is_formula = unicodedata.normalize("NFKC", value[:64]).lstrip().startswith(_FORMULA_STARTS)
    return printable(f"'{value}" if is_formula else value)


def line(values: Iterable[object]) -> str:
    """Give one line, CRLF included; texts are made harmless, None is an empty cell."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cell(value) if isinstance(value, str) else value for value in values)
    return buffer.getvalue()
