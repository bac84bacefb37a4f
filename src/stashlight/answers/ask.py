"""The verb: a question asked of logs → rows, and what must be said beside them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa

from stashlight.answers.bounds import Bounds, bounded
from stashlight.answers.kql import Translated, translated
from stashlight.answers.logs import FINDINGS, Logs
from stashlight.answers.plain import plain
from stashlight.answers.query import Query
from stashlight.answers.statement import Used, line_of, used
from stashlight.engines.duckdb import Engine
from stashlight.engines.quoting import listed
from stashlight.errors import EngineError, QueryError, StashlightError
from stashlight.events.tally import Tally
from stashlight.findings.rule import RuleSet

__all__ = ["Answer", "ask", "ask_rules", "check"]


@dataclass(frozen=True, slots=True)
class Answer:
    """
    Rows in the order that the question asks for. `more` if there are more than the bound allows.

    `notes` say what the rows do not: columns that are NULL here, tables that are empty, the moment that `now()` is.
    """

    table: pa.Table
    more: bool = False
    notes: tuple[str, ...] = ()


def ask(logs: Logs, query: Query, bounds: Bounds, now_us: int | None = None) -> Answer:
    """
    Run a query in KQL or SQL over what was read; `now_us` is the moment of KQL's `now()`, None the newest event's.

    Raises:
        QueryError: it is refused, or went beyond its bounds; names file and line.
    """
    with bounded(logs.engine, bounds, query.file):
        return _ask(logs, query, bounds, now_us)


def check(query: Query, bounds: Bounds) -> None:
    """
    Find out without logs whether a query in KQL or SQL would be refused, so that nobody waits for them in vain.

    Raises:
        QueryError: it would be.
    """
    with Engine() as engine:
        empty = Logs(engine, Tally(), RuleSet())
        with bounded(engine, bounds, query.file):
            sql, values = _translated(empty, query, 0)
            if not _used(empty, sql, query).tables.isdisjoint(FINDINGS):
                empty.matched()
            try:
                engine.first(f"EXPLAIN {sql}", 1, values)
            except EngineError as error:
                raise _located(error, query) from error


def _translated(logs: Logs, query: Query, now_us: int | None) -> Translated:
    return translated(query, logs.columns, now_us) if query.language == "kql" else Translated(query.text, {})


def _ask(logs: Logs, query: Query, bounds: Bounds, now_us: int | None) -> Answer:
    notes: list[str] = []
    moment = now_us if now_us is not None else logs.tally.last
    sql, values = _translated(logs, query, moment)
    if values and now_us is None and moment is not None:
        told = datetime.fromtimestamp(moment / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        notes.append(f"now() is {told} UTC, the time of the newest event; --now sets another")
    asked = _used(logs, sql, query)
    if not asked.tables.isdisjoint(FINDINGS):
        logs.matched()
    try:
        table, more = logs.engine.first(sql, bounds.rows, values, most_bytes=bounds.memory)
    except EngineError as error:
        raise _located(error, query) from error
    notes += [*logs.absent(asked.tables, answered=table.num_rows > 0), *logs.unread(query.text)]
    # The SQL of KQL names columns that the question does not: of what is extended or joined, all.
    mine = asked.columns if query.language == "sql" else {c for c in asked.columns if line_of(query.text.lower(), c)}
    notes += logs.empty(asked.tables, mine)
    return Answer(plain(table), more, tuple(notes))


def _used(logs: Logs, sql: str, query: Query) -> Used:
    try:
        return used(logs.engine, sql, logs.columns)
    except QueryError as error:
        # The line is one of the SQL, which is the question's own only if that is SQL.
        line = error.line if query.language == "sql" else _line(error.reason, query)
        raise QueryError(error.reason, query.file, line) from error


def _located(error: EngineError, query: Query) -> StashlightError:
    """Say file and line of what the engine refuses; what is about its bounds is left to those."""
    said = str(error)
    if not re.match(r"[\w ]+ Error: |INTERRUPT", said) or said.startswith(("INTERRUPT", "Out of Memory")):
        return error
    found = re.search(r"^LINE (\d+):", said, re.MULTILINE)
    reason = said.split("\n\n", 1)[0].replace("\n", " ")
    # What KQL projects has its own name again, which the engine takes for a reference to itself.
    if unknown := re.search(r'Column ("\w+") referenced that exists in the SELECT clause', reason):
        reason = f"no column {unknown[1]} in what comes before"
    line = int(found[1]) if found and query.language == "sql" else _line(reason, query)
    return QueryError(reason, query.file, line)


def _line(reason: str, query: Query) -> int:
    """Find the line of the first name that a message quotes."""
    names = re.findall(r"[\"']([^\"']+)[\"']|(?:function|name) (\w+)", reason)
    return next((line for pair in names for name in pair if name and (line := line_of(query.text, name))), 0)


def ask_rules(logs: Logs, bounds: Bounds, file: str = "") -> Answer:
    """
    Give what the rules of `logs` match, oldest first: findings by event, correlations by run; of those in `file`, if it is given.

    Raises:
        QueryError: it went beyond its bounds.
    """
    with bounded(logs.engine, bounds, file):
        logs.matched()
        wanted = [rule for rule in logs.rules.rules if not file or rule.file == file]
        ids = listed(rule.id for rule in wanted)
        table, more = logs.engine.first(_MATCHED.replace("{ids}", ids), bounds.rows, most_bytes=bounds.memory)
        counted = {base for rule in wanted if rule.correlation for base in rule.correlation.rules}
        asked = [rule for rule in logs.rules.events if rule in wanted or rule.id in counted]
        kinds = {kind for rule in asked for kind in rule.kinds}
        missing = sorted(kind for kind in kinds if not logs.tally.kinds[kind])
        notes = [f"these logs hold no {', '.join(missing)} events, which the rule looks at"] if missing else []
        notes += [note for rule in asked for note in logs.unread(rule.condition)]
        return Answer(plain(table), more, tuple(dict.fromkeys(notes)))


_MATCHED: Final = """
SELECT * FROM (
  SELECT
    ts, ts AS last_ts, level, rule, host, account,
    COALESCE(command_line, file_path, script_text, process_path) AS what, 1 AS events, file, record, event_key
  FROM findings WHERE rule_id IN ({ids})
  UNION ALL
  SELECT first_ts, last_ts, level, rule, NULL, NULL, group_key, events, file, record, event_key
  FROM correlations WHERE rule_id IN ({ids})
) AS m
ORDER BY ts NULLS LAST, rule, event_key
"""
