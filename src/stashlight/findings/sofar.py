"""Logs that are still being read → how often the rules have spoken so far, for whoever waits at a terminal."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf
from time import monotonic

from stashlight.engines.duckdb import Engine
from stashlight.errors import EngineError
from stashlight.findings.match import asking, batches
from stashlight.findings.rule import Rule, RuleSet
from stashlight.progress import Progress, Sofar

__all__ = ["counting"]

_EVERY = 10.0
"""Seconds between two looks, at least: what is done sooner is shown sooner than it is counted."""

_SHARE = 20
"""After a look there is none for so many times as long as it took: all of them take a twentieth of the time at most."""

_ROWS = 4 * 122_880
"""Rows of one look, four row groups of DuckDB's: what comes faster is looked at in the next ones, or in none."""


def counting(progress: Progress, engine: Engine, ruleset: RuleSet, clock: Callable[[], float] = monotonic) -> Progress:
    """
    Pass progress on with the findings so far: what rules on single events say of the rows that the engine has.

    Each row is asked once, and nothing is kept: `match` finds the same again. What correlations say, and which rows are
    dropped as duplicates, is known at the end only.
    """
    rules = [rule for rule in ruleset.events if rule.reports and not rule.note.session]
    next_look, looked_at = clock() + _EVERY, 0
    found: int | None = None

    def report(sofar: Sofar) -> None:
        nonlocal next_look, looked_at, found
        began = clock()
        end = min(engine.rows_added, looked_at + _ROWS)
        if began >= next_look and end > looked_at:
            try:
                found = (found or 0) + _found(engine, rules, engine.part(looked_at, end))
            except EngineError:
                next_look = inf  # `match` comes upon the same, and says which rule it was
            else:
                now = clock()
                looked_at, next_look = end, now + max(_EVERY, _SHARE * (now - began))
        progress(replace(sofar, findings=found))

    return report


def _found(engine: Engine, rules: Sequence[Rule], events: str) -> int:
    found = 0
    for kinds, batch in batches(rules):
        ((count,),) = engine.rows(f"SELECT count(*) FROM ({asking(kinds, batch, events)}) AS f")
        found += int(str(count))
    return found
