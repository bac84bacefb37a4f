"""
What was sent where: a small SQLite file beside the user's other state.

It stands in for a search where a target cannot be asked (cards, mails, webhooks), and remembers a ticket whose search
index lags behind. One sender at a time holds it, so that two of them cannot create the same ticket.
"""

import os
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from stashlight.errors import SettingError

__all__ = ["Ledger", "Sent", "default_ledger", "ledger_at"]

State = Literal["sending", "sent"]

_WAIT_SECONDS: Final = 60.0
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS sent (
  target TEXT NOT NULL, address TEXT NOT NULL, incident TEXT NOT NULL,
  revision TEXT NOT NULL, ticket TEXT NOT NULL, state TEXT NOT NULL, time REAL NOT NULL,
  PRIMARY KEY (target, address, incident)
)
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """The last delivery of an incident to a target. `sending` means that nobody knows whether it arrived."""

    revision: str
    ticket: str
    state: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """An open ledger; every note is on the disk before it returns."""

    connection: sqlite3.Connection

    def last(self, target: str, address: str, incident: str) -> Sent | None:
        """Give the last delivery, None if there was none."""
        row: tuple[str, str, str] | None = self.connection.execute(
            "SELECT revision, ticket, state FROM sent WHERE (target, address, incident) = (?, ?, ?)",
            (target, address, incident),
        ).fetchone()
        return Sent(*row) if row else None

    def note(self, target: str, address: str, incident: str, sent: Sent, now: float) -> None:
        """Write down a delivery, over the one before."""
        self.connection.execute(
            "INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?, ?, ?, ?)",
            (target, address, incident, sent.revision, sent.ticket, sent.state, now),
        )

    def forget(self, target: str, address: str, incident: str) -> None:
        """Take back a note of something that was certainly not delivered."""
        self.connection.execute(
            "DELETE FROM sent WHERE (target, address, incident) = (?, ?, ?)", (target, address, incident)
        )


def default_ledger(environ: Mapping[str, str] = os.environ) -> str:
    """Name the file in the user's state folder (XDG, or LOCALAPPDATA on Windows)."""
    state = environ.get("XDG_STATE_HOME") or environ.get("LOCALAPPDATA") or str(Path.home() / ".local" / "state")
    return str(Path(state) / "stashlight" / "tickets.db")


@contextmanager
def ledger_at(path: str) -> Generator[Ledger]:
    """
    Open the ledger, alone: another sender waits a minute, then is refused.

    Raises:
        SettingError: it cannot be opened, or somebody else holds it.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (
            closing(sqlite3.connect(f"{path}.lock", timeout=_WAIT_SECONDS, isolation_level=None)) as lock,
            closing(sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)) as connection,
        ):
            lock.execute("BEGIN EXCLUSIVE")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(_TABLE)
            yield Ledger(connection)
    except (sqlite3.Error, OSError) as error:
        message = f"the ledger {path} cannot be used: {error}; is another `stashlight ticket --send` running?"
        raise SettingError(message) from error
