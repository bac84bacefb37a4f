"""
Where entries are kept: one SQLite file, or PostgreSQL by URL. Both only ever add; their own triggers refuse the rest.
"""

import os
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol

from stashlight.cases.entry import FIRST, Entry, Json, Kind, sealed

__all__ = ["DEFAULT", "Store", "Writer", "opened", "where_cases_are"]

DEFAULT: Final = "stashlight-cases.db"


class Store(Protocol):
    """What keeps entries."""

    def entries(self, case: str | None = None) -> Iterator[Entry]:
        """Give the entries in order, of one case or of all."""
        ...

    def writing(self) -> AbstractContextManager[None]:
        """Hold the store alone; all that is added inside is kept together, or none of it."""
        ...

    def last(self) -> Entry | None:
        """Give the newest entry."""
        ...

    def keep(self, entry: Entry) -> None:
        """Add a sealed entry, inside `writing`."""
        ...


class Writer:
    """Adds entries one after the other, inside `writing`; author and time are the same for all of them."""

    def __init__(self, store: Store, author: str, time: str) -> None:
        last = store.last()
        self.number, self.head = (last.number, last.hash) if last else (0, FIRST)
        self.store, self.author, self.time = store, author, time

    def add(self, case: str, kind: Kind, body: Json) -> None:
        """Seal an entry and keep it."""
        entry = sealed(self.number + 1, case, self.time, self.author, kind, body, self.head)
        self.store.keep(entry)
        self.number, self.head = entry.number, entry.hash


def where_cases_are(given: str | None) -> str:
    """Give the store that the command line names, or the environment, or the usual file."""
    return given or os.environ.get("STASHLIGHT_CASES") or DEFAULT


@contextmanager
def opened(where: str, *, create: bool = False) -> Generator[Store]:
    """
    Open a store: `postgresql://…`, or the path of a SQLite file.

    Raises:
        CaseError: it does not exist (without `create`), or cannot be used.
    """
    if where.startswith(("postgresql://", "postgres://")):
        from stashlight.cases.postgresql import open_postgresql

        with open_postgresql(where) as store:
            yield store
    else:
        from stashlight.cases.sqlite import open_sqlite

        with open_sqlite(where, create=create) as store:
            yield store
