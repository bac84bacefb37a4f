"""Cases in one SQLite file: WAL, so that readers never wait, and every entry is on the disk before it counts."""

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

from stashlight.cases.entry import Entry
from stashlight.errors import CaseError

__all__ = ["open_sqlite"]

_WAIT_SECONDS: Final = 30.0
_TABLE: Final = (
    """
    CREATE TABLE IF NOT EXISTS entries (
      number INTEGER PRIMARY KEY, case_id TEXT NOT NULL, time TEXT NOT NULL, author TEXT NOT NULL,
      kind TEXT NOT NULL, body TEXT NOT NULL, previous TEXT NOT NULL UNIQUE, hash TEXT NOT NULL UNIQUE
    ) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS entries_of_case ON entries (case_id, number)",
    """
    CREATE TRIGGER IF NOT EXISTS entries_are_not_changed BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'entries are only ever added'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS entries_are_not_removed BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'entries are only ever added'); END
    """,
)


@dataclass(frozen=True, slots=True)
class SqliteStore:
    """An open file."""

    connection: sqlite3.Connection

    def entries(self, case: str | None = None) -> Iterator[Entry]:
        where, values = (" WHERE case_id = ?", (case,)) if case is not None else ("", ())
        for row in self.connection.execute(f"SELECT * FROM entries{where} ORDER BY number", values):
            yield Entry(*row)

    @contextmanager
    def writing(self) -> Generator[None]:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def last(self) -> Entry | None:
        row = self.connection.execute("SELECT * FROM entries ORDER BY number DESC LIMIT 1").fetchone()
        return Entry(*row) if row else None

    def keep(self, entry: Entry) -> None:
        self.connection.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", astuple(entry))


@contextmanager
def open_sqlite(path: str, *, create: bool) -> Generator[SqliteStore]:
    """
    Open the file; a file that does not exist is made only if `create` says so.

    Raises:
        CaseError: there is none, or SQLite refuses it.
    """
    if not create and not Path(path).is_file():
        message = f"no cases at {path}; `stashlight case add` makes the file"
        raise CaseError(message)
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            for statement in _TABLE:
                connection.execute(statement)
            yield SqliteStore(connection)
    except sqlite3.Error as error:
        message = f"the cases at {path} cannot be used: {error}"
        raise CaseError(message) from error
