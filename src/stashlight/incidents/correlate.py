"""findings → incidents: the verb of this stage, on one page."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final, cast

import pyarrow as pa

from stashlight.engines.connection import Connection
from stashlight.engines.duckdb import Engine
from stashlight.findings.rule import RuleSet
from stashlight.incidents.baseline import Baseline
from stashlight.incidents.cases import Case, build, read_context
from stashlight.incidents.deeds import Deed, named_programs, read_deeds
from stashlight.incidents.describe import Scored, describe, instant
from stashlight.incidents.document import FindingNote, Incident
from stashlight.incidents.grouping import group
from stashlight.incidents.lineage import read_lineage
from stashlight.incidents.piles import Pile, read_piles, write_table
from stashlight.incidents.remote import read_network
from stashlight.incidents.scoring import score, severity_of
from stashlight.incidents.settling import read_targets, settled
from stashlight.incidents.staged import measured
from stashlight.incidents.tuning import DEFAULT, Tuning

__all__ = ["cases", "correlate", "noted"]

# Events that a rule with a rung found; of a script block that was logged in parts, all parts.
_ON_A_RUNG: Final = """
  AND (
    e.event_key IN (SELECT f.event_key FROM findings AS f INNER JOIN rung_rules AS r ON r.rule_id = f.rule_id)
    OR (
      e.script_parts > 1
      AND e.script_id IN (
        SELECT s.script_id FROM events AS s
        INNER JOIN findings AS f ON f.event_key = s.event_key
        INNER JOIN rung_rules AS r ON r.rule_id = f.rule_id
        WHERE s.script_parts > 1
      )
    )
  )
"""


def cases(engine: Engine, rules: RuleSet, baseline: Baseline | None = None, tuning: Tuning = DEFAULT) -> list[Case]:
    """
    Give every group of piles and deeds as a case, unscored.

    Deeds are read from what `rules` found on a rung; needs `match` to have run.
    """
    piles, deeds = engine.both(partial(_piles, rules=rules, tuning=tuning), partial(_deeds, rules=rules, tuning=tuning))
    deeds = settled(deeds, piles)
    if not piles and not deeds:
        return []
    keys = {p.process_key for p in piles if p.process_key} | {d.process_key for d in deeds if d.process_key}
    lineage = read_lineage(engine, keys)
    network = read_network(engine)
    groups = group(piles, deeds, lineage, network, read_targets(engine, deeds), tuning)
    return measured(
        engine, build(groups, replace(read_context(engine, lineage, network, groups), baseline=baseline, tuning=tuning))
    )


def _piles(engine: Connection, rules: RuleSet, tuning: Tuning) -> list[Pile]:
    write_table(engine, rules)
    return read_piles(engine, tuning.session_gap // timedelta(microseconds=1))


def _deeds(engine: Connection, rules: RuleSet, tuning: Tuning) -> list[Deed]:
    engine.register(
        "rung_rules", pa.table({"rule_id": pa.array([r.id for r in rules.events if r.note.rung], pa.string())})
    )
    return read_deeds(engine, named_programs(engine, _ON_A_RUNG, tuning), tuning)


def correlate(
    engine: Engine,
    rules: RuleSet,
    without: Collection[str] = (),
    baseline: Baseline | None = None,
    tuning: Tuning = DEFAULT,
) -> list[Incident]:
    """
    Give the incidents, highest score first.

    events × findings → incidents; needs `match` to have run. `without` leaves factors out, for ablation.
    """
    scored: list[Scored] = []
    for case in cases(engine, rules, baseline, tuning):
        points, factors = score(case, without)
        severity = severity_of(points, tuning.severity_cuts)
        if severity is not None and severity != "info":
            scored.append(Scored(case, points, severity, factors))
    return describe(engine, scored, partial(noted, rules=rules)) if scored else []


# Findings may be many; only those that an incident cites are shown.
_CITED_FINDINGS: Final = """
SELECT f.rule_id, f.event_key, f.ts_us FROM findings AS f INNER JOIN cited AS c ON c.event_key = f.event_key
"""


def noted(engine: Connection, rules: RuleSet) -> dict[str, tuple[FindingNote, ...]]:
    """Give the findings of rules that report, by event key, for the events in the table `cited`."""
    known = {r.id: r for r in rules.events if r.reports}
    found: defaultdict[str, list[FindingNote]] = defaultdict(list)
    for rule, key, ts in cast("list[tuple[str, str, int | None]]", engine.rows(_CITED_FINDINGS)):
        if rule in known:
            at = instant(ts) if ts is not None else ""
            found[key].append(FindingNote(rule, known[rule].title, known[rule].level, 1, at, at, (key,)))
    return {k: tuple(v) for k, v in found.items()}
