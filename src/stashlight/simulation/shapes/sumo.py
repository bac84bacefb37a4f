"""Rows of a Sumo Logic search as its search job API gives them, one a line: extracted fields and legacy `_raw`."""

from collections.abc import Sequence

import orjson

from stashlight.simulation.acts import Act
from stashlight.simulation.sumo_rows import sumo_rows

SENSOR: str = "windows"


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    return {".sumo.ndjson": b"".join(orjson.dumps(row) + b"\n" for row in sumo_rows(acts))}
