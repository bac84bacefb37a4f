"""
Events × rules → findings.

events → findings, one row per (rule, event); → building_blocks, the same for rules that only correlations use;
→ correlations, one row per (rule, group, run of overlapping windows). Running it again adds nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from stashlight.engines.connection import Connection
from stashlight.engines.duckdb import Engine
from stashlight.engines.quoting import listed, quoted
from stashlight.errors import EngineError
from stashlight.findings.rule import Correlation, Rule, RuleSet
from stashlight.findings.shares import shares
from stashlight.findings.windows import windows

__all__ = ["MOST_RULES", "asking", "batches", "match", "prepare"]

# Beyond this, parsers and planners of some engines slow down or break (DESIGN.md, the profile).
MOST_RULES = 200

_TABLES = (
    "CREATE TABLE IF NOT EXISTS findings (rule_id VARCHAR, event_key VARCHAR, ts_us BIGINT)",
    "CREATE TABLE IF NOT EXISTS building_blocks (rule_id VARCHAR, event_key VARCHAR, ts_us BIGINT)",
    (
        "CREATE TABLE IF NOT EXISTS correlations "
        "(rule_id VARCHAR, group_key VARCHAR, first_us BIGINT, last_us BIGINT, events BIGINT, value BIGINT)"
    ),
)

_SPOKEN = "SELECT DISTINCT rule_id FROM {}"


def prepare(engine: Engine) -> None:
    """Create the tables that `match` fills, if they are not there."""
    for table in _TABLES:
        engine.execute(table)


def match(engine: Engine, rules: RuleSet) -> int:
    """
    Write what the rules find in events, each of which has a key of its own; give how many findings and correlations are new.

    Raises:
        EngineError: the engine refused a rule's query; carries the rule's file.
    """
    prepare(engine)
    before, known = _size(engine), _spoken(engine)
    present = engine.rows("SELECT DISTINCT kind, provider, event_id FROM events")
    asked = batches(r for r in rules.events if not r.note.session and _is_about(r, present))
    engine.side_by_side([partial(_match, kinds=kinds, rules=batch, known=known) for kinds, batch in asked])
    found, kinds = _spoken(engine), {rule.id: rule.kinds for rule in rules.events}
    for rule in rules.correlations:
        # Findings stay, so what none was found for has no runs from before either.
        if rule.correlation is not None and not found.isdisjoint(rule.correlation.rules):
            _correlate(engine, rule.correlation, rule, kinds)
    return _size(engine) - before


def _spoken(engine: Engine) -> frozenset[str]:
    """Give the rules that found something."""
    tables = ("findings", "building_blocks")
    return frozenset(str(rule_id) for table in tables for (rule_id,) in engine.rows(_SPOKEN.format(table)))


def _is_about(rule: Rule, present: Iterable[tuple[object, ...]]) -> bool:
    """Whether the rule can match events that are there: planning the others costs more than a log of a megabyte is worth."""
    return any(
        (not rule.kinds or kind in rule.kinds)
        and (not rule.providers or provider in rule.providers)
        and provider not in rule.without
        and (not rule.event_ids or event_id in rule.event_ids)
        for kind, provider, event_id in present
    )


def _size(engine: Engine) -> int:
    (row,) = engine.rows("SELECT (SELECT count(*) FROM findings) + (SELECT count(*) FROM correlations)")
    return int(str(row[0]))


def batches(rules: Iterable[Rule]) -> Iterator[tuple[tuple[str, ...], Sequence[Rule]]]:
    """Give the rules that are asked together, and the kinds of events that they are about; none are all."""
    groups: dict[tuple[str, ...], list[Rule]] = {}
    for rule in rules:
        groups.setdefault(rule.kinds, []).append(rule)
    for kinds, group in sorted(groups.items()):
        for start in range(0, len(group), MOST_RULES):
            yield kinds, group[start : start + MOST_RULES]


def asking(kinds: tuple[str, ...], rules: Sequence[Rule], events: str = "events") -> str:
    """
    Give the query for (event_key, ts_us, rule_id) that reads the events of these kinds once, asking every rule of each.

    CASE asks a condition as a filter is asked: the rest of an AND only of rows that its start let through, where a
    condition that is merely selected asks all of every row. Of a list nothing can be asked before it is made, so an
    optimizer cannot push the rules down to ask them twice. Both together took 0.68 s to 0.22 s on the recordings.
    """
    asked = ", ".join(f"CASE WHEN {rule.asked or rule.condition} THEN {quoted(rule.id)} END" for rule in rules)
    where = f"WHERE kind IN ({listed(kinds)})" if kinds else ""
    rows = f"SELECT event_key, ts_us, UNNEST([{asked}]) AS rule_id FROM {events} {where}"
    return f"SELECT * FROM ({rows}) AS e WHERE NOT rule_id IS NULL"


def _match(engine: Connection, kinds: tuple[str, ...], rules: Sequence[Rule], known: frozenset[str]) -> None:
    try:
        for reports, table in ((True, "findings"), (False, "building_blocks")):
            if chosen := [rule for rule in rules if rule.reports is reports]:
                _add(engine, table, asking(kinds, chosen), is_new=known.isdisjoint(rule.id for rule in chosen))
    except EngineError as error:
        if len(rules) > 1:
            for rule in rules:  # to name the one that was refused
                _match(engine, kinds, [rule], known)
        message = f"{rules[0].file}:{rules[0].line}: {error}"
        raise EngineError(message) from error


def _add(engine: Connection, table: str, asked: str, *, is_new: bool) -> None:
    if is_new:
        # Nothing to compare with, which would need all keys in memory.
        engine.execute(f"INSERT INTO {table} SELECT rule_id, event_key, ts_us FROM ({asked}) AS h")
        return
    engine.execute(
        f"INSERT INTO {table} SELECT DISTINCT h.rule_id, h.event_key, h.ts_us FROM ({asked}) AS h "
        f"LEFT JOIN {table} AS f ON f.rule_id = h.rule_id AND f.event_key = h.event_key WHERE f.event_key IS NULL"
    )


def _correlate(engine: Engine, correlation: Correlation, rule: Rule, kinds: Mapping[str, Sequence[str]]) -> None:
    try:
        # A later event may lengthen a run, so the runs of a rule are written anew; the same data gives the same rows.
        engine.execute(f"DELETE FROM correlations WHERE rule_id = {quoted(rule.id)}")
        for among in shares(engine, correlation, kinds):
            runs = windows(rule.id, correlation, among)
            engine.execute(
                f"INSERT INTO correlations SELECT rule_id, group_key, first_us, last_us, events, value FROM ({runs}) AS r"
            )
    except EngineError as error:
        message = f"{rule.file}:{rule.line}: {error}"
        raise EngineError(message) from error
