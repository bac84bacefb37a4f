"""
What was read, ready to be asked: the event table under the names that people know, and what it does not hold.

`events` has every column of docs/reference/events.md after `ts`, its time; `findings` and `correlations` are what the rules
match; the rest are the views of `tables/`. Nothing is matched before somebody asks for findings.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, cast

from stashlight.answers.tables import Table, prepared, tables
from stashlight.engines.duckdb import Engine
from stashlight.engines.quoting import quoted
from stashlight.events.reading import MAPPED
from stashlight.events.schema import Kind, names
from stashlight.events.tally import Tally
from stashlight.findings.match import match
from stashlight.findings.rule import RuleSet

__all__ = ["FINDINGS", "Logs"]

# A comparison with numbers, in KQL, in SQL and in a rule's compiled condition.
_EVENT_IDS: Final = re.compile(
    r"\b(?:EventID|event_id)\b[\"'\])]{0,3}\s*(?:==|=|in~?)\s*\(?\s*((?:[\"']?\d{1,6}[\"']?\s*,?\s*)+)", re.IGNORECASE
)

FINDINGS: Final = {
    "findings": (
        "what the rules match, a row for each rule and event",
        "ts rule_id rule level rung host account process_path command_line file_path script_text "
        "file record event_key".split(),
    ),
    "correlations": (
        "what rules on several events match, a row for each run of windows",
        "first_ts last_ts rule_id rule level group_key events value file record event_key".split(),
    ),
}


@dataclass(eq=False)
class Logs:
    """Events in an engine, what was counted while they were read, and the rules that `findings` are of."""

    engine: Engine
    tally: Tally
    rules: RuleSet

    def __post_init__(self) -> None:
        for statement in (
            *prepared(),
            "ALTER TABLE events RENAME TO stored_events",
            "CREATE VIEW events AS SELECT time_of(e.ts_us) AS ts, e.* FROM stored_events AS e",
            *(table.ddl() for table in tables().values()),
        ):
            self.engine.execute(statement)

    @cached_property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """Columns of every table, by name."""
        return {
            "events": ("ts", *names()),
            **{name: tuple(columns) for name, (_, columns) in FINDINGS.items()},
            **{name: table.names for name, table in tables().items()},
        }

    @property
    def meanings(self) -> dict[str, str]:
        """What each table holds, by name."""
        return {
            "events": "everything that was read, a row for each event",
            **{name: meaning for name, (meaning, _) in FINDINGS.items()},
            **{name: table.meaning for name, table in tables().items()},
        }

    def matched(self) -> None:
        """Make `findings` and `correlations`, once."""
        if "findings_made" in self.__dict__:
            return
        self.__dict__["findings_made"] = True
        match(self.engine, self.rules)
        told = [(r.id, r.title, r.level, r.note.rung) for r in self.rules.rules]
        rows = ", ".join(f"({', '.join(map(quoted, row))})" for row in told) or "(NULL, NULL, NULL, NULL)"
        for statement in (
            "ALTER TABLE findings RENAME TO stored_findings",
            "ALTER TABLE correlations RENAME TO stored_correlations",
            f"CREATE TABLE told_rules AS SELECT * FROM (VALUES {rows}) AS t(rule_id, title, level, rung)",
            _members(self.rules),
            _FINDINGS,
            _CORRELATIONS,
        ):
            self.engine.execute(statement)

    def searched(self) -> str:
        """Say how much was looked at."""
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(self.tally.kinds.items()) if count)
        files = "1 file" if self.tally.files == 1 else f"{self.tally.files:,} files"
        return f"{self.tally.events:,} events in {files}" + (f" ({kinds})" if kinds else "")

    def absent(self, asked: Iterable[str], *, answered: bool) -> list[str]:
        """Say which of the tables asked have no events here, and for want of what; of `events` only if nothing `answered`."""
        found: list[str] = []
        for name in sorted(asked):
            table = _named(name)
            if table is not None and not any(self.tally.kinds[kind] for kind in table.kinds):
                kinds = " or ".join(table.kinds)
                found.append(f"{table.name} is empty: these logs hold no {kinds} events")
        missing = [kind for kind in Kind if not self.tally.kinds[kind]]
        if "events" in asked and missing and not answered:
            found.append(f"these logs hold no {', '.join(missing)} events")
        return found

    @staticmethod
    def unread(text: str) -> list[str]:
        """Say which event ids a question names that no log is read for: no row can have them."""
        named = {int(n) for found in _EVENT_IDS.finditer(text) for n in re.findall(r"\d+", found[1])}
        unknown = sorted(named - (MAPPED.ids or frozenset()))
        return [f"events {', '.join(map(str, unknown))} are never read, so no row has them"] if unknown else []

    def empty(self, asked: Iterable[str], columns: Collection[str]) -> list[str]:
        """Say which of the columns asked are NULL in every row, and of those why."""
        found: list[str] = []
        for name in sorted(asked):
            table = _named(name)
            wanted = [c for c in (table.columns if table else ()) if c.lower() in columns]
            if table is None or not wanted or not any(self.tally.kinds[kind] for kind in table.kinds):
                continue
            never = [c for c in wanted if c in table.unfilled]
            if never:
                found.append(f"{table.name}: no log that is read has {', '.join(never)}; NULL in every row")
            asks = [c for c in wanted if c not in table.unfilled]
            if asks:
                counts = ", ".join(f'COUNT("{c}")' for c in asks)
                total, *known = cast(
                    "tuple[int, ...]", self.engine.rows(f'SELECT COUNT(*), {counts} FROM "{table.name}"')[0]
                )
                without = [c for c, count in zip(asks, known, strict=True) if not count]
                if total and without:
                    found.append(f"{table.name}: {', '.join(without)} NULL in all {total:,} rows: not in these logs")
        return found


def _named(name: str) -> Table | None:
    known: Mapping[str, Table] = {each.lower(): table for each, table in tables().items()}
    return known.get(name.lower())


_FINDINGS: Final = """
CREATE VIEW findings AS SELECT
  time_of(f.ts_us) AS ts, f.rule_id, r.title AS rule, r.level, r.rung, e.host, e.account, e.process_path, e.command_line, e.file_path,
  e.script_text, e.file, e.record, f.event_key
FROM stored_findings AS f
LEFT JOIN told_rules AS r ON r.rule_id = f.rule_id
LEFT JOIN stored_events AS e ON e.event_key = f.event_key
"""


def _members(rules: RuleSet) -> str:
    """Give the statement that makes `members`: which events each correlation groups, with the text of their group."""
    parts = [
        f"SELECT {quoted(rule.id)} AS rule_id, h.ts_us, {_group(rule.correlation.group_by[number])} AS group_key, h.event_key "
        f"FROM {table} AS h INNER JOIN stored_events AS e ON e.event_key = h.event_key WHERE h.rule_id = {quoted(base)}"
        for rule in rules.correlations
        if rule.correlation is not None
        for number, base in enumerate(rule.correlation.rules)
        for table in ("stored_findings", "building_blocks")
    ]
    none = "SELECT NULL::VARCHAR AS rule_id, NULL::BIGINT AS ts_us, NULL::VARCHAR AS group_key, NULL::VARCHAR AS event_key LIMIT 0"
    return f"CREATE VIEW members AS {' UNION ALL '.join(parts) or none}"


def _group(columns: Sequence[str]) -> str:
    """Give a group as findings/windows.py writes it."""
    return " || ' | ' || ".join(f"TRY_CAST(e.{column} AS VARCHAR)" for column in columns) or "''"


# Of a run, the event with which it begins says where to look.
_CORRELATIONS: Final = """
CREATE VIEW correlations AS SELECT
  time_of(c.first_us) AS first_ts, time_of(c.last_us) AS last_ts, c.rule_id, r.title AS rule, r.level, c.group_key, c.events,
  c.value, e.file, e.record, e.event_key
FROM stored_correlations AS c
LEFT JOIN told_rules AS r ON r.rule_id = c.rule_id
LEFT JOIN (
  SELECT rule_id, ts_us, group_key, MIN(event_key) AS event_key FROM members GROUP BY rule_id, ts_us, group_key
) AS m ON m.rule_id = c.rule_id AND m.ts_us = c.first_us AND m.group_key = c.group_key
LEFT JOIN stored_events AS e ON e.event_key = m.event_key
"""
