"""
Benign profiles: what Sigma filters take off the writes that sessions are counted from.

A profile is a filter on a rule marked `session` (`rules/filters/`). The condition goes into the query that makes
`written`, so that the quiet majority of file events costs neither a finding nor a row.
"""

from typing import Final, cast

from stashlight.engines.duckdb import Engine
from stashlight.findings.rule import Rule, RuleSet
from stashlight.incidents.queries import statement

__all__ = ["ask_writers", "kept", "profiles", "silenced", "silenced_by"]

# The same as in `sql/written.sql`: a write that cannot be placed is none.
_PLACED: Final = "NOT ts_us IS NULL AND NOT host_key IS NULL AND NOT file_dir IS NULL AND NOT file_name IS NULL"


def profiles(rules: RuleSet) -> tuple[Rule, ...]:
    """Give the filters on rules that sessions are counted from, each once, in the order of their files."""
    names = {name for rule in rules.events if rule.note.session for name in rule.filters}
    return tuple(rule for rule in rules.filters if rule.id in names)


def kept(rules: RuleSet) -> str:
    """Give the condition over `events` that no profile takes a write off."""
    return " AND ".join(f"({rule.condition})" for rule in profiles(rules)) or "TRUE"


def ask_writers(engine: Engine, rules: RuleSet) -> str:
    """
    Make the table `quiet_writers`; give the condition of `kept` over `events` joined with it as `q`.

    A profile is asked only of what those programs wrote that it can speak of; of none of them, not at all.
    """
    chosen = profiles(rules)
    # Planning it is a hundredth of a scan of a small log, which may hold no file at all.
    creates = engine.rows("SELECT 1 FROM events WHERE kind = 'file_create' LIMIT 1")
    asked = [f"CASE WHEN {_spoken_of(rule)} THEN 1 ELSE 0 END AS p{n}" for n, rule in enumerate(chosen) if creates]
    engine.execute(statement("quiet_writers").replace("{asked}", ",\n  ".join(asked) or "0 AS p0"))
    most = ", ".join(f"MAX(p{n})" for n in range(len(asked)))
    speaking = engine.rows(f"SELECT {most} FROM quiet_writers")[0] if most else ()
    conditions = [
        f"(CASE WHEN q.p{n} = 1 THEN {rule.asked or rule.condition} ELSE TRUE END)"
        for n, (rule, speaks) in enumerate(zip(chosen, speaking, strict=False))
        if speaks
    ]
    return " AND ".join(conditions) or "TRUE"


def _spoken_of(rule: Rule) -> str:
    tests = [f"REGEXP_MATCHES({column}, {_text(pattern)})" for column, pattern in rule.processes]
    return " OR ".join(tests) or "TRUE"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


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
