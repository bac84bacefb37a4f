"""The SQL of this stage: one statement a file in `sql/`, read by name, written in the portable profile."""

from functools import cache
from importlib.resources import files

__all__ = ["statement"]


@cache
def statement(name: str) -> str:
    """Give the text of `sql/<name>.sql`."""
    return files("stashlight.incidents").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
