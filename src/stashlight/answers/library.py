"""The questions that are shipped: one a file in `hunts/`, known by the name of its file."""

from pathlib import Path
from typing import Final

from stashlight.answers.query import LANGUAGES, Query, read_query
from stashlight.errors import QueryError

__all__ = ["HUNTS", "hunt_names", "named"]

HUNTS: Final = Path(__file__).parent.parent / "hunts"


def hunt_names() -> list[str]:
    """Name every shipped hunt."""
    return sorted(path.stem for path in HUNTS.iterdir() if path.suffix in LANGUAGES)


def named(word: str) -> Query:
    """
    Give a question by the name of a shipped hunt, or by the path of a file.

    Raises:
        QueryError: there is neither, or it cannot be read.
    """
    shipped = {path.stem: path for path in HUNTS.iterdir() if path.suffix in LANGUAGES}
    path = shipped.get(word)
    if path is None and Path(word).suffix.lower() not in LANGUAGES:
        reason = f"no hunt {word!r}; `stashlight hunt --list` names them, a file ends in {', '.join(LANGUAGES)}"
        raise QueryError(reason)
    return read_query(path or word)
