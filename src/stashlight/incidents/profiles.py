"""
Benign profiles: what Sigma filters take off the writes that sessions are counted from.

A profile is a filter on a rule marked `session` (`rules/filters/`). The condition goes into the query that makes
`written`, so that the quiet majority of file events costs neither a finding nor a row.
"""

from typing import Final, cast

import pyarrow as pa

from stashlight.engines.connection import Connection
from stashlight.engines.duckdb import Engine
from stashlight.findings.rule import Rule, RuleSet
from stashlight.incidents.programs import Programs

__all__ = ["ask_writers", "kept", "profiles", "silenced", "silenced_by"]

# Programs are few: what profiles ask of them is asked here.
_CREATORS: Final = """
SELECT DISTINCT COALESCE(process_path_lc, ''), COALESCE(process_path, '') FROM events WHERE kind = 'file_create'
"""

# The same as in `sql/written.sql`: a write that cannot be placed is none.
_PLACED: Final = "NOT ts_us IS NULL AND NOT host_key IS NULL AND NOT file_dir IS NULL AND NOT file_name IS NULL"


def profiles(rules: RuleSet) -> tuple[Rule, ...]:
    """Give the filters on rules that sessions are counted from, each once, in the order of their files."""
    names = {name for rule in rules.events if rule.note.session for name in rule.filters}
    return tuple(rule for rule in rules.filters if rule.id in names)


def kept(rules: RuleSet) -> str:
    """Give the condition over `events` that no profile takes a write off."""
    return " AND ".join(f"({rule.condition})" for rule in profiles(rules)) or "TRUE"


def ask_writers(engine: Connection, rules: RuleSet) -> str:
    """
    Make the table `quiet_writers`; give the condition of `kept` over `events` joined with it as `q`.

    It has a row for each program that created files, and a column for each habit that one of these has: events are asked
    of no other, and only those of programs that have it.
    """
    rows = cast("list[tuple[str, str]]", engine.rows(_CREATORS))
    programs = Programs({"process_path_lc": [row[0] for row in rows], "process_path": [row[1] for row in rows]})
    having: dict[tuple[str, str], set[int]] = {}
    for habit in (habit for rule in profiles(rules) for habit in rule.habits if rows):
        if found := programs.having(habit):
            having.setdefault((habit.unless, habit.rest), set()).update(found)
    asked = {
        f"p{n}": pa.array([row in found for row in range(len(rows))], pa.bool_())
        for n, found in enumerate(having.values())
    }
    engine.register("quiet_writers", pa.table(programs.columns | asked))
    quiet: dict[str, list[str]] = {}
    for n, (unless, rest) in enumerate(having):
        quiet.setdefault(unless, []).append(f"(CASE WHEN q.p{n} THEN NOT ({rest}) ELSE TRUE END)")
    kept_by = [f"({' AND '.join(each)}{f' OR {unless}' if unless else ''})" for unless, each in quiet.items()]
    return " AND ".join(kept_by) or "TRUE"


def silenced(engine: Engine) -> int:
    """Give how many writes all profiles took off; needs the table `written`."""
    sql = (
        f"SELECT (SELECT COUNT(*) FROM events WHERE kind = 'file_create' AND {_PLACED})"
        " - (SELECT COUNT(*) FROM written WHERE kind = 'file_create')"
    )
    return cast("int", engine.rows(sql)[0][0])


def silenced_by(engine: Engine, rules: RuleSet) -> dict[str, int]:
    """Give how many writes each profile took off, by title, most first; a write counts for the first that fits."""
    chosen = profiles(rules)
    if not chosen:
        return {}
    first = " ".join(f"WHEN NOT ({rule.condition}) THEN {number}" for number, rule in enumerate(chosen))
    rows = engine.rows(
        f"SELECT profile, COUNT(*) FROM (SELECT CASE {first} END AS profile FROM events "
        f"WHERE kind = 'file_create' AND {_PLACED}) AS e WHERE NOT profile IS NULL "
        "GROUP BY profile ORDER BY COUNT(*) DESC NULLS LAST, profile NULLS FIRST"
    )
    return {chosen[number].title: count for number, count in cast("list[tuple[int, int]]", rows)}
