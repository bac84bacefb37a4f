"""
One's own logs after the commands of `simulate --commands` were run: what shows of them.

The commands leave names that occur nowhere else (the marker). An event is a procedure's if it names the marker, or if it
is of a process whose start names it.
"""

from collections.abc import Sequence

import pyarrow as pa

from stashlight.engines.duckdb import Engine
from stashlight.events.schema import fold
from stashlight.simulation.commands import marker
from stashlight.simulation.procedure import Procedure

__all__ = ["own"]

_NAMING = (
    "command_line_lc",
    "parent_command_line_lc",
    "file_path_lc",
    "script_text_lc",
    "share_name_lc",
    "relative_path_lc",
)


def own(engine: Engine, procedures: Sequence[Procedure]) -> None:
    """Write the table `owned` (event_key, procedure); of two markers that an event names, the longer counts."""
    markers = sorted(((fold(marker(each)), each.name) for each in procedures), key=lambda pair: -len(pair[0]))
    table = {"marker": [m for m, _ in markers], "procedure": [p for _, p in markers], "rank": [*range(len(markers))]}
    engine.register("markers", pa.table(table))
    names = " OR ".join(f"CONTAINS(COALESCE(e.{column}, ''), m.marker)" for column in _NAMING)
    engine.execute(
        "CREATE TEMP TABLE naming AS SELECT event_key, process_key, procedure FROM ("
        " SELECT e.event_key, e.process_key, m.procedure,"
        " ROW_NUMBER() OVER (PARTITION BY e.event_key ORDER BY m.rank) AS nth"
        f" FROM events AS e INNER JOIN markers AS m ON {names}) AS n WHERE nth = 1"
    )
    engine.execute(
        "CREATE TEMP TABLE owned AS SELECT event_key, procedure FROM naming UNION"
        " SELECT e.event_key, MIN(n.procedure) FROM events AS e"
        " INNER JOIN (SELECT DISTINCT n.process_key, n.procedure FROM naming AS n"
        " INNER JOIN events AS s ON s.event_key = n.event_key AND s.kind = 'process_start') AS n"
        " ON n.process_key = e.process_key"
        " WHERE e.event_key NOT IN (SELECT event_key FROM naming) GROUP BY e.event_key"
    )
