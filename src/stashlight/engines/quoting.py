"""Values as they stand in SQL."""

from collections.abc import Iterable

__all__ = ["listed", "quoted"]


def quoted(text: str) -> str:
    """Give a text as a literal."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: Iterable[str]) -> str:
    """Give texts as literals with commas between, as IN wants them."""
    return ", ".join(map(quoted, texts))
