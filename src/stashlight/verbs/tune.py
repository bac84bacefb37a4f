"""
Logs and what a person judged benign in them → Sigma filters, each with what it would silence, checked against attacks.

Nothing is written here. A filter that takes one event of a shipped attack, or of a rule's own match cases, is refused.
"""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self, cast

from stashlight.engines.duckdb import Engine
from stashlight.errors import InputError
from stashlight.events.loading import load
from stashlight.findings.load import SHIPPED
from stashlight.findings.load import load as load_rules
from stashlight.findings.match import match
from stashlight.findings.rule import Rule, RuleSet
from stashlight.findings.testing import add_cases
from stashlight.incidents.cases import Case
from stashlight.incidents.correlate import cases, correlate
from stashlight.incidents.describe import case_id
from stashlight.incidents.proposals import propose
from stashlight.incidents.scoring import score, severity_of
from stashlight.incidents.tuned import Judged, Proposal, Tuned
from stashlight.incidents.tuning import DEFAULT, Tuning, read_tuning
from stashlight.progress import Progress
from stashlight.simulation.attacks import load_attacks

__all__ = ["Rehearsal", "tune", "with_filters"]

_EXAMPLES = 3
_MOST = 50


def tune(
    paths: Sequence[str],
    *,
    date: str,
    benign: Sequence[str] = (),
    rules: Sequence[str | Path] = (),
    settings: str | Path | None = None,
    format: str | None = None,  # noqa: A002 - the option's name
    strict: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Tuned:
    """
    Propose filters for the incidents `benign` (ids) in these logs; without ids, all of the logs are benign.

    Raises:
        InputError: a path does not exist, or an id is no incident in these logs.
        SettingError: the settings cannot be used.
    """
    tuning = read_tuning(Path(settings)) if settings else DEFAULT
    ruleset = load_rules([SHIPPED, *rules])
    with Engine() as engine:
        tally = load(paths, engine, format=format or "", strict=strict, workers=workers, progress=progress)
        match(engine, ruleset)
        chosen = _benign(cases(engine, ruleset, tuning=tuning), tuning, benign)
        before = correlate(engine, ruleset, tuning=tuning)
        proposals, unproposed = propose(chosen, date)
        beyond = max(0, len(proposals) - _MOST)
        filters = _compiled(proposals[:_MOST], rules)
        with Rehearsal(ruleset) as rehearsal:
            judged = [_judge(engine, rehearsal, p, f) for p, f in zip(proposals[:_MOST], filters, strict=True)]
        accepted = [f for j, f in zip(judged, filters, strict=True) if not j.refused]
        tuned = with_filters(ruleset, accepted)
        engine.execute("DELETE FROM findings")
        match(engine, tuned)
        after = correlate(engine, tuned, tuning=tuning)
    ids = tuple(case_id(case) for case in chosen)
    return Tuned(ids, tuple(judged), tuple(unproposed), tuple(before), tuple(after), beyond, tuple(tally.problems))


def _benign(found: Sequence[Case], tuning: Tuning, ids: Sequence[str]) -> list[Case]:
    loud = {
        case_id(c).lower(): c for c in found if severity_of(score(c)[0], tuning.severity_cuts) not in (None, "info")
    }
    if not ids:
        return list(loud.values())
    if unknown := [each for each in ids if each.lower() not in loud]:
        message = (
            f"no incident {unknown[0]} in these logs; there are: {', '.join(sorted(loud))[:400].upper() or 'none'}"
        )
        raise InputError(message)
    return [loud[each.lower()] for each in dict.fromkeys(ids)]


def _compiled(proposals: Sequence[Proposal], rules: Sequence[str | Path]) -> list[Rule]:
    """Give the proposals as the rule compiler reads them, in their order."""
    if not proposals:
        return []
    with tempfile.TemporaryDirectory(prefix="stashlight-") as folder:
        for each in proposals:
            (Path(folder) / each.file).write_text(each.text, "utf-8")
        whole = load_rules([SHIPPED, *rules, folder], keep=False)
    if mine := [e for e in whole.errors if e.file.startswith(folder)]:
        raise mine[0]
    return [whole[each.id] for each in proposals]


def _judge(engine: Engine, rehearsal: "Rehearsal", proposal: Proposal, rule: Rule) -> Judged:
    taken = f"{_scope(rehearsal.ruleset, rule)} AND NOT ({rule.condition})"
    rows = engine.rows(f"SELECT COUNT(*) FROM events WHERE {taken}")
    shown = engine.rows(
        f"SELECT DISTINCT COALESCE(command_line, file_path, '') AS what FROM events WHERE {taken} "
        f"ORDER BY what NULLS FIRST LIMIT {_EXAMPLES}"
    )
    return Judged(proposal, cast("int", rows[0][0]), tuple(str(w) for (w,) in shown), rehearsal.silenced(rule))


def _scope(ruleset: RuleSet, rule: Rule) -> str:
    """Give the condition that an event is found by a rule of the filter's logsource, or counted for a session."""
    found = [r.condition for r in covered(ruleset, rule)]
    return "(" + " OR ".join(f"({c})" for c in found) + ")" if found else "FALSE"


def covered(ruleset: RuleSet, rule: Rule) -> list[Rule]:
    """Give the rules on events that a filter of this logsource applies to."""
    return [r for r in ruleset.events if _source(r) == _source(rule)]


def _source(rule: Rule) -> tuple[str, str]:
    return rule.logsource.category, rule.logsource.product


def with_filters(ruleset: RuleSet, filters: Iterable[Rule]) -> RuleSet:
    """Give the rules as they are with these filters."""
    for rule in filters:
        names = {r.id for r in covered(ruleset, rule)}
        ruleset = replace(
            ruleset,
            rules=tuple(
                replace(
                    r, condition=f"(({r.condition}) AND ({rule.condition}))", asked="", filters=(*r.filters, rule.id)
                )
                if r.id in names
                else r
                for r in ruleset.rules
            ),
            filters=(*ruleset.filters, rule),
        )
    return ruleset


class Rehearsal:
    """The shipped attacks, and the rules' own match cases, as events to hold filters against; use it as a context."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset
        self._attacks, self._cases = Engine(threads=1), Engine(threads=1)
        self._owners: dict[str, Rule] = {}
        load_attacks(self._attacks)
        for rule in ruleset.events:
            for case in rule.match:
                self._owners |= dict.fromkeys(add_cases(self._cases, rule, [case]), rule)

    def silenced(self, rule: Rule) -> tuple[str, ...]:
        """Name the attacks and match cases that a filter would take an event of."""
        taken = f"{_scope(self.ruleset, rule)} AND NOT ({rule.condition})"
        files = self._attacks.rows(
            f"SELECT file, COUNT(*) FROM events WHERE {taken} GROUP BY file ORDER BY file NULLS LAST"
        )
        found = [f"{count:,} events of the attack {Path(str(file)).name.partition('.')[0]}" for file, count in files]
        names = {r.id for r in covered(self.ruleset, rule)}
        owners = [self._owners[str(k)] for (k,) in self._cases.rows(f"SELECT event_key FROM events WHERE {taken}")]
        return (*found, *sorted({f"a match case of the rule {o.title!r}" for o in owners if o.id in names}))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._attacks.close()
        self._cases.close()
