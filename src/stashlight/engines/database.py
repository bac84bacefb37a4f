"""
DuckDB, opened for one engine: in memory, with a folder of its own for what does not fit, and nothing else within reach.

Rules and logs come from strangers, so SQL that slipped through must find no other file and no network.
"""

import os
import weakref
from typing import Any

from stashlight.engines.compiled import compiled
from stashlight.engines.quoting import quoted
from stashlight.engines.spill import Spill
from stashlight.errors import EngineError

__all__ = ["Database"]

# A spill beyond this means a runaway query, not a large log: the event table of 100 million rows fits.
_SPILL_LIMIT = "50GB"

_THREAD_BYTES = 100_000_000
"""What a thread of DuckDB wants of the memory: more threads than that would fail where fewer spill."""

# What DuckDB says, and what a person should do about it.
_ADVICE = (
    (
        ("no space left", "disk full", "enospc"),
        "the disk is full while spilling to {place}: free some, or set TMPDIR to a larger one",
    ),
    (
        ("max_temp_directory_size", "failed to offload"),
        "more than {limit} would have to be spilled to {place}: give more with --memory",
    ),
    (
        ("out of memory", "could not allocate", "failed to allocate"),
        "it does not fit into {memory} of memory: give more with --memory",
    ),
)

# Settings that are locked: no files, no network, no code from elsewhere.
_LOCKS = (
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET python_enable_replacements = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


class Database:
    """
    What an engine's connections are to.

    `memory` is how many bytes DuckDB may hold before it spills (None leaves DuckDB's own default), `threads` the cores it
    uses, `tables` the statement that makes the tables there are from the beginning.
    """

    def __init__(self, memory: int | None, threads: int | None, tables: str) -> None:
        cores = os.cpu_count() or 1
        if memory is not None and threads is None:
            threads = max(1, min(cores, memory // _THREAD_BYTES))
        self.threads = threads or cores
        self.spill: Spill | None = None
        self._settings = (
            # Insertion order would cost memory on large loads; every query that needs an order states it.
            "SET preserve_insertion_order = false",
            # Text without an offset is UTC, whatever the machine's zone.
            "SET TimeZone = 'UTC'",
            *([f"SET memory_limit = '{memory:d}B'"] if memory is not None else []),
            *([f"SET threads = {threads:d}"] if threads is not None else []),
        )
        self._tables = tables
        self._memory = "its share" if memory is None else f"{memory / 1e6:,.0f} MB"
        self._finalizer = weakref.finalize(self, _nothing)

    def connect(self) -> Any:  # noqa: ANN401 - DuckDB's connection, whose module is imported late
        """
        Open it: the engine's threads start here, and processes are forked before threads.

        Raises:
            EngineError: it is closed, or cannot be opened.
        """
        duckdb = compiled()
        if not self._finalizer.alive:
            message = "the engine is closed"
            raise EngineError(message)
        self.spill = spill = Spill()
        connection = duckdb.connect(":memory:")
        self._finalizer.detach()
        self._finalizer = weakref.finalize(self, _close, connection, spill)
        first = (
            f"SET temp_directory = {quoted(str(spill.folder))}",
            f"SET max_temp_directory_size = '{_SPILL_LIMIT}'",
            f"SET allowed_directories = [{quoted(f'{spill.folder}/')}]",
        )
        try:
            for statement in (*first, *self._settings, *_LOCKS, self._tables):
                connection.execute(statement)
        except duckdb.Error as error:
            raise EngineError(str(error)) from error
        return connection

    def refused(self, error: Exception) -> EngineError:
        """Give what DuckDB said, and what to do where that is known."""
        said = str(error)
        place = self.spill.folder.parent if self.spill else ""
        for signs, advice in _ADVICE:
            if any(sign in said.lower() for sign in signs):
                return EngineError(advice.format(place=place, limit=_SPILL_LIMIT, memory=self._memory))
        return EngineError(said)

    def close(self) -> None:
        """Forget everything and remove the folder; closing twice is fine."""
        self._finalizer()


def _nothing() -> None:
    """Close what was never opened."""


def _close(connection: Any, spill: Spill) -> None:  # noqa: ANN401 - as above
    connection.close()
    spill.remove()
