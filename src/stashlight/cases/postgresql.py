"""Cases in PostgreSQL, for several analysts: `stashlight[postgres]`. One writer at a time holds an advisory lock."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

from stashlight.cases.entry import Entry
from stashlight.errors import CaseError

if TYPE_CHECKING:  # an extra: the package must be importable without it
    import psycopg

__all__ = ["open_postgresql"]

Row = tuple[int, str, str, str, str, str, str, str]

_LOCK: Final = 0x5741_5348  # any number, the same for all writers of this table
_AT_ONCE: Final = 500
_TABLE: Final = (
    """
    CREATE TABLE IF NOT EXISTS stashlight_entries (
      number BIGINT PRIMARY KEY, case_id TEXT NOT NULL, time TEXT NOT NULL, author TEXT NOT NULL,
      kind TEXT NOT NULL, body TEXT NOT NULL, previous TEXT NOT NULL UNIQUE, hash TEXT NOT NULL UNIQUE
    )
    """,
    "CREATE INDEX IF NOT EXISTS stashlight_entries_of_case ON stashlight_entries (case_id, number)",
    """
    CREATE OR REPLACE FUNCTION stashlight_only_added() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'entries are only ever added'; END $$
    """,
    """
    CREATE OR REPLACE TRIGGER stashlight_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON stashlight_entries
    FOR EACH STATEMENT EXECUTE FUNCTION stashlight_only_added()
    """,
)


@dataclass(frozen=True, slots=True)
class PostgresqlStore:
    """An open connection, each statement committed by itself outside `writing`."""

    connection: "psycopg.Connection[Row]"

    def entries(self, case: str | None = None) -> Iterator[Entry]:
        one = " WHERE case_id = %s" if case is not None else ""
        query = f"SELECT * FROM stashlight_entries{one} ORDER BY number"
        with self.connection.cursor() as cursor:
            cursor.execute(query.encode(), (case,) if case is not None else None)
            while rows := cursor.fetchmany(_AT_ONCE):
                for row in rows:
                    yield Entry(*row)

    @contextmanager
    def writing(self) -> Generator[None]:
        with self.connection.transaction():
            self.connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            yield

    def last(self) -> Entry | None:
        row = self.connection.execute("SELECT * FROM stashlight_entries ORDER BY number DESC LIMIT 1").fetchone()
        return Entry(*row) if row else None

    def keep(self, entry: Entry) -> None:
        values = tuple(_storable(each) for each in cast("tuple[int | str, ...]", astuple(entry)))
        self.connection.execute("INSERT INTO stashlight_entries VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", values)


@contextmanager
def open_postgresql(url: str) -> Generator[PostgresqlStore]:
    """
    Connect, and make the table if there is none. The password belongs into PGPASSWORD or ~/.pgpass.

    Raises:
        CaseError: the library or the server is missing, or the server refuses; the URL's login is not shown.
    """
    try:
        import psycopg
    except ImportError as error:
        message = "cases in PostgreSQL need an extra: pip install 'stashlight[postgres]'"
        raise CaseError(message) from error
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=15) as connection:
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                for statement in _TABLE:
                    connection.execute(statement.encode())
            yield PostgresqlStore(connection)
    except psycopg.Error as error:
        shown = str(error).replace(urlsplit(url).password or "\0", "***").strip()
        message = f"the cases at {urlsplit(url).hostname or 'PostgreSQL'} cannot be used: {shown}"
        raise CaseError(message) from error


def _storable(value: int | str) -> int | str:
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value
