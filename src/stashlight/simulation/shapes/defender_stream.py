"""
What Microsoft Defender XDR's streaming export sends to storage or an Event Hub: all tables in one file.

https://learn.microsoft.com/defender-xdr/streaming-api
"""

from collections.abc import Sequence

import orjson

from stashlight.simulation.acts import Act
from stashlight.simulation.defender_rows import defender_tables

SENSOR: str = "defender"

_TENANT = "9d1f3b52-6c1e-4d8a-8a35-0e3f1f2f7a10"


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    messages = [
        {
            "time": row["Timestamp"],
            "tenantId": _TENANT,
            "operationName": "Publish",
            "category": f"AdvancedHunting-{table}",
            "properties": row,
        }
        for table, rows in defender_tables(acts).items()
        for row in rows
    ]
    return {".stream.ndjson": b"".join(orjson.dumps(each) + b"\n" for each in messages)} if messages else {}
