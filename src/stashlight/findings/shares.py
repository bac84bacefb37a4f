"""
Correlations of more findings than the engine's memory can sort: some of the groups at a time.

A group is told by a number, so that nothing has to hold the texts of all. Where so many events or values are asked for,
groups are left out that have fewer events in all, found or not: mostly nearly all of them, and no finding is looked up then.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from stashlight.engines.duckdb import Engine
from stashlight.engines.quoting import listed
from stashlight.findings.rule import Correlation

__all__ = ["shares"]

_HIT_BYTES: Final = 40
"""What a finding takes of the memory until its windows are judged: 14 million went through 260 MB at one go, 55 did not."""

_LEAST: Final = {"gt": ">", "gte": ">="}


def shares(engine: Engine, correlation: Correlation, kinds: Mapping[str, Sequence[str]]) -> Iterator[Sequence[str]]:
    """
    Give conditions on events `e`, one for each rule of the correlation; all groups that can hold are let through by one of them.

    No conditions, where all go at one go; `kinds` are those of the events that a rule is about, by its id; none are all.
    """
    fits = engine.most(_HIT_BYTES)
    found = 0 if fits is None else _found(engine, correlation)
    if fits is None or found <= fits or not correlation.group_by[0]:
        yield ()
        return
    numbers = [
        engine.number_of([f"TRY_CAST(e.{column} AS VARCHAR)" for column in columns]) for columns in correlation.group_by
    ]
    if correlation.operator not in _LEAST or correlation.type not in {"event_count", "value_count"}:
        count = -(-found // fits)
        for share in range(count):
            yield [f"{number} % {count} = {share}" for number in numbers]
        return
    one = "COALESCE(e.weight, 1)" if correlation.type == "event_count" else "1"
    every = " UNION ALL ".join(
        f"SELECT {number} AS g, {one} AS w FROM events AS e{_about(kinds.get(rule, ()))}"
        for rule, number in zip(correlation.rules, numbers, strict=True)
    )
    engine.execute(
        f"CREATE TEMP TABLE likely AS SELECT g, count(*) AS events FROM ({every}) AS e GROUP BY g "
        f"HAVING sum(w) {_LEAST[correlation.operator]} {correlation.count}"
    )
    try:
        ((events,),) = engine.rows("SELECT COALESCE(sum(events), 0) FROM likely")
        count = -(-int(str(events)) // fits)
        for share in range(count):
            yield [f"{number} IN (SELECT g FROM likely WHERE g % {count} = {share})" for number in numbers]
    finally:
        engine.execute("DROP TABLE likely")


def _found(engine: Engine, correlation: Correlation) -> int:
    where = f"WHERE rule_id IN ({listed(correlation.rules)})"
    tables = ("findings", "building_blocks")
    return sum(int(str(engine.rows(f"SELECT count(*) FROM {table} {where}")[0][0])) for table in tables)


def _about(kinds: Sequence[str]) -> str:
    return f" WHERE e.kind IN ({listed(kinds)})" if kinds else ""
