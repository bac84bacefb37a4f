"""
Logs → the tables of the seed documents: a row for each event that the Sumo Logic or Defender queries would show.

For comparison with those queries and for people who know them; incidents are what `scan` gives.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import pyarrow as pa

from stashlight.engines.duckdb import Engine
from stashlight.events.loading import load
from stashlight.events.tally import Tally
from stashlight.findings.tables import sentinel_table, sumo_table
from stashlight.progress import Progress

__all__ = ["seed_table"]


def seed_table(
    name: Literal["sumo", "sentinel"],
    paths: Sequence[str],
    *,
    min_score: int = 1,
    literal: bool = False,
    since: timedelta | None = None,
    format: str | None = None,  # noqa: A002 - the option's name
    strict: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[pa.Table, Tally]:
    """
    Give the table, and what was read for it.

    `since` is counted back from the newest event and holds for `sentinel`, `min_score` for `sumo`; `literal` takes the
    documents' own expressions, defects included.

    Raises:
        InputError: a path does not exist or the forced format is unknown.
    """
    with Engine() as engine:
        tally = load(paths, engine, format=format or "", strict=strict, workers=workers, progress=progress)
        if name == "sumo":
            return sumo_table(engine, min_score, literal=literal), tally
        newest = tally.last if since is not None else None
        since_us = newest - int(since.total_seconds() * 1_000_000) if newest is not None and since is not None else None
        return sentinel_table(engine, since_us, literal=literal), tally
