"""Rows of Microsoft Defender XDR's Advanced Hunting as its API gives them, one a line: one file a table."""

from collections.abc import Sequence

import orjson

from stashlight.simulation.acts import Act
from stashlight.simulation.defender_rows import defender_tables

SENSOR: str = "defender"


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    return {
        f".{table}.ndjson": b"".join(orjson.dumps(row) + b"\n" for row in rows)
        for table, rows in defender_tables(acts).items()
    }
