"""What the cases hold, counted in SQL over the files themselves: each path once, whoever told of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import cast

import pyarrow as pa

from stashlight.engines.duckdb import Engine
from stashlight.incidents.cases import Case
from stashlight.incidents.queries import statement

__all__ = ["measured", "register_piles"]


def register_piles(engine: Engine, cases: Sequence[Case]) -> None:
    """Make the tables `case_piles` and `made_directories`; a case's id is its position."""
    rows = [
        (i, p.host, p.actor, p.directory, p.first_us, p.last_us) for i, case in enumerate(cases) for p in case.staged
    ]
    names = ("case_id", "host_key", "actor", "file_dir", "first_us", "last_us")
    types = (pa.int64(), pa.string(), pa.string(), pa.string(), pa.int64(), pa.int64())
    engine.register(
        "case_piles",
        pa.table({n: pa.array([r[k] for r in rows], t) for k, (n, t) in enumerate(zip(names, types, strict=True))}),
    )
    made = sorted({d for case in cases[:1] for _, d in case.context.made})
    engine.register("made_directories", pa.table({"path": pa.array(made, pa.string())}))


def measured(engine: Engine, cases: Sequence[Case]) -> list[Case]:
    """Give the cases with `held` filled in: distinct files by content class."""
    if not cases:
        return []
    register_piles(engine, cases)
    held: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for number, name, files in cast("Iterable[tuple[int, str, int]]", engine.rows(statement("held"))):
        held[number][name] = files
    return [replace(case, held=held[i]) for i, case in enumerate(cases)]
