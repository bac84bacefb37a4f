"""The SQL of this stage: one statement a file in `sql/`, read by name, written in the portable profile."""

from functools import cache
from pathlib import Path

__all__ = ["statement"]


@cache
def statement(name: str) -> str:
    """Give the text of `sql/<name>.sql`."""
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")
