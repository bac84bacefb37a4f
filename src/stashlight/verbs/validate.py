"""Rules held against procedures: played in every shape, or tried on machines whose logs are given."""

from collections.abc import Sequence
from pathlib import Path

from stashlight.engines.duckdb import Engine
from stashlight.errors import SettingError
from stashlight.events.loading import load
from stashlight.findings.load import SHIPPED
from stashlight.findings.load import load as load_rules
from stashlight.findings.match import match
from stashlight.findings.rule import RuleSet
from stashlight.incidents.correlate import correlate
from stashlight.incidents.readiness import readiness
from stashlight.simulation.commands import commands
from stashlight.simulation.procedure import PROCEDURES, Procedure, read_procedure
from stashlight.validation.checks import Check, check
from stashlight.validation.coverage import coverage
from stashlight.validation.expectation import Expectation, expectation, named
from stashlight.validation.observation import Observation, observe
from stashlight.validation.signals import FAMILIES, SENSORS, SIGNALS, Signal
from stashlight.validation.simulated import observed
from stashlight.validation.traces import own
from stashlight.validation.validation import Validation

__all__ = ["validate", "validate_logs"]


def validate(
    names: Sequence[str] = (),
    *,
    rules: Sequence[str | Path] = (),
    procedures: Sequence[str | Path] = (),
    shapes: Sequence[str] = (),
    without: Sequence[str] = (),
) -> Validation:
    """
    Play procedures in every shape, scan them, and check that each signal shows, each rule speaks, each incident comes.

    `names` are procedures (all, if none), `rules` folders beside the shipped rules, `procedures` folders of one's own
    beside the shipped ones, `without` rules to hold out: to see what depends on them.

    Raises:
        SettingError: no such procedure, shape or rule, or a procedure that cannot be played.
        InputError: a folder that does not exist.
    """
    ruleset = _rules(rules, without)
    chosen = _procedures(names, procedures)
    expected = {each.name: expectation(each) for each in chosen}
    seen: list[Observation] = []
    errors = [str(error) for error in ruleset.errors]
    for observation, problems in observed(chosen, ruleset, shapes):
        seen.append(observation)
        errors += [f"{p.file}: {p.position or 'whole file'}: {p.reason}" for p in problems]
    checks = check(expected, seen, ruleset)
    untold = () if names or without else _untold(ruleset, expected)
    systems = {each.name: each.system for each in chosen}
    return Validation(checks, coverage(ruleset, checks), systems, untold, errors=tuple(errors))


def validate_logs(logs: Sequence[str], names: Sequence[str] = (), *, rules: Sequence[str | Path] = ()) -> Validation:
    """
    Look in logs for what the commands of procedures left there, after they were run on machines of one's own.

    Each family of signals that a procedure's commands leave must show in at least one log that tells of it, a rule must
    have spoken, and an incident must have come of it. Procedures without any trace are untried; named ones are gaps.

    Raises:
        SettingError: no such procedure, or one without commands.
        InputError: logs that do not exist.
    """
    ruleset = _rules(rules, ())
    chosen = [each for each in _procedures(names, ()) if commands(each)]
    if missing := {Path(name).stem for name in names} - {each.name for each in chosen}:
        message = f"{min(missing)} has no commands to try: `stashlight simulate --commands` prints those there are"
        raise SettingError(message)
    with Engine() as engine:
        tally = load(logs, engine)
        match(engine, ruleset)
        incidents = correlate(engine, ruleset)
        own(engine, chosen)
        seen = observe(engine, ruleset, incidents, "logs", frozenset(signal.sensor for signal in SIGNALS))
        lacks = readiness(engine, tally.spared)
    tried = [each for each in chosen if any(procedure == each.name for procedure, _ in seen.seen)]
    checks = [each for procedure in tried for each in _traced(procedure, seen)]
    checks += [
        Check("logs", each.name, "signal", "", "", found=False, says="left no trace")
        for each in chosen
        if names and each not in tried
    ]
    untried = tuple(each.name for each in chosen if each not in tried)
    errors = [str(error) for error in ruleset.errors]
    if not tried and not names:
        errors.append(
            f"no trace of any procedure in {', '.join(logs)}: were the commands run, and these machines' logs collected?"
        )
    systems = {each.name: each.system for each in chosen}
    return Validation(tuple(checks), (), systems, (), untried, lacks, tuple(errors))


def _rules(folders: Sequence[str | Path], without: Sequence[str]) -> RuleSet:
    """Load the shipped rules and one's own, but for those held out: as if their files were not there."""
    rules = load_rules([SHIPPED, *folders])
    if not without:
        return rules
    held: set[str] = set()
    for name in without:
        rule = named(rules, name)
        if rule is None:
            message = f"no rule {name!r} to hold out; `stashlight rules list` names them"
            raise SettingError(message)
        held.add(rule.file)
    files = [path for folder in (SHIPPED, *map(Path, folders)) for path in _rule_files(folder) if str(path) not in held]
    return load_rules(files, keep=False)


def _rule_files(path: Path) -> list[Path]:
    return sorted(p for p in path.rglob("*") if p.suffix in {".yml", ".yaml"}) if path.is_dir() else [path]


def _procedures(names: Sequence[str], folders: Sequence[str | Path]) -> list[Procedure]:
    paths = [path for folder in (PROCEDURES, *map(Path, folders)) for path in _rule_files(Path(folder))]
    own_names = {path.stem: str(path) for path in paths}
    if len(own_names) < len(paths):
        twice = sorted({path.stem for path in paths if own_names[path.stem] != str(path)})
        message = f"two procedures are called {twice[0]}: {own_names[twice[0]]} is one of them"
        raise SettingError(message)
    if unknown := [name for name in names if name not in own_names]:
        message = f"no procedure {unknown[0]!r}; `stashlight simulate --list` names them"
        raise SettingError(message)
    return [read_procedure(own_names[name]) for name in (names or sorted(own_names))]


def _untold(rules: RuleSet, expected: dict[str, Expectation]) -> tuple[str, ...]:
    """Give the rules that no procedure expects: nobody would notice if they fell silent."""
    told = {name for each in expected.values() for names in each.rules.values() for name in names}
    ids = {rule.id for name in told if (rule := named(rules, name))}
    return tuple(rule.title for rule in (*rules.rules, *rules.filters) if rule.id not in ids)


def _traced(procedure: Procedure, observed: Observation) -> list[Check]:
    known = commands(procedure)
    checks: list[Check] = []
    for family in known.leaves if known else ():
        counts = {each: observed.seen.get((procedure.name, each.name), 0) for each in _signals(family, procedure)}
        there = {each.sensor for each, count in counts.items() if count}
        seen = ", ".join(f"{each.name} ({count:,})" for each, count in counts.items() if count)
        # Of sensors that tell nothing at all here, nothing is asked while another one tells.
        lacking = [each for each, count in counts.items() if not count and (each.sensor in there or not there)]
        lacks = ", ".join(f"{each.name} ({each.switch})" for each in lacking)
        said = "; not ".join(part for part in (seen or "nothing", lacks) if part)
        checks.append(Check("logs", procedure.name, "signal", family, "", bool(seen), said))
    spoke = {rule for (name, _), ids in observed.spoke.items() if name == procedure.name for rule in ids}
    said = f"{len(spoke)} rules spoke" if spoke else "no rule spoke"
    checks.append(Check("logs", procedure.name, "rule", "", "any", bool(spoke), said))
    found = observed.incidents.get(procedure.name, ())
    said = f"{found[0].severity} {found[0].score}, {found[0].id}" if found else "no incident came of it"
    checks.append(Check("logs", procedure.name, "incident", "", "", bool(found), said))
    return checks


def _signals(family: str, procedure: Procedure) -> list[Signal]:
    return [each for each in SIGNALS if each.name in FAMILIES[family] and each.sensor in SENSORS[procedure.system]]
