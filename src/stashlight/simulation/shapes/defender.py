"""Tables of Microsoft Defender XDR's Advanced Hunting, as CSV that the portal exports: one file a table."""

import csv
import io
from collections.abc import Iterable, Sequence

from stashlight.simulation.acts import Act
from stashlight.simulation.defender_rows import Row, defender_tables

SENSOR: str = "defender"


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    return {f".{table}.csv": _csv(rows) for table, rows in defender_tables(acts).items()}


def _csv(rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
