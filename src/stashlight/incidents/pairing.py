"""
Source → destination where reads are recorded: a file that was read here and written there, by name and time.

Only reads that the telemetry has (4663, 5145) are paired; where it has none, the roots that commands name are all there is,
and the document says so with the basis "command".
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, cast

import pyarrow as pa

from stashlight.engines.connection import Connection
from stashlight.frozen import frozen
from stashlight.incidents.cases import Case
from stashlight.incidents.queries import statement

__all__ = ["Read", "read_pairs"]

# A copy reads and writes a file within moments; two hosts' clocks may differ by minutes.
_NEAR_US: Final = 600_000_000

# A large archive takes this long to make.
_WORK_US: Final = 4 * 3_600_000_000

# More source directories than this are counted, not listed.
_MOST: Final = 30


@frozen
class Read:
    """Files of one directory that were read about when files of the same names were staged; times in µs UTC."""

    host: str
    directory: str
    files: int
    first_us: int
    last_us: int
    event: str


def read_pairs(engine: Connection, cases: Sequence[Case]) -> dict[int, tuple[Read, ...]]:
    """
    Give the recorded reads by case number; needs the tables `written` and `case_piles`.

    A copy keeps the names; an archiver does not, so reads below a directory that a packing command names count as well.
    """
    _register_roots(engine, cases)
    found: defaultdict[int, dict[tuple[str, str], Read]] = defaultdict(dict)
    for name in ("reads", "root_reads"):
        rows = engine.rows(statement(name).replace("{near}", str(_NEAR_US)))
        for number, host, directory, files, first, last, event in cast(
            "Iterable[tuple[int, str, str, int, int, int, str]]", rows
        ):
            if len(found[number]) < _MOST:
                found[number].setdefault((host, directory), Read(host, directory, files, first, last, event))
    return {number: tuple(reads.values()) for number, reads in found.items()}


def _register_roots(engine: Connection, cases: Sequence[Case]) -> None:
    rows: set[tuple[int, str, str, int, int]] = set()
    for number, case in enumerate(cases):
        for deed in case.acts("collect", "stage", "pack"):
            for source in deed.act.sources:
                path = re.sub(r"[\\/]?[^\\/]*\*[^\\/]*\Z", "", source)
                for host, root in case.context.network.spellings(deed.host, path):
                    if root.count("\\") > 1 and not root.startswith("\\\\"):
                        rows.add((number, host, root.rstrip("\\"), deed.ts_us - _NEAR_US // 10, deed.ts_us + _WORK_US))
    names = ("case_id", "host", "root", "first_us", "last_us")
    types = (pa.int64(), pa.string(), pa.string(), pa.int64(), pa.int64())
    ordered = sorted(rows)
    engine.register(
        "source_roots",
        pa.table({n: pa.array([r[k] for r in ordered], t) for k, (n, t) in enumerate(zip(names, types, strict=True))}),
    )
