"""
Removing any one rule of the pack turns validation red: each is told by a procedure that it must speak in.

What was seen is computed once; a rule is held out by taking it off what spoke. A sample shows that this is the same as
removing its file.
"""

import pytest

from stashlight.findings.load import load
from stashlight.findings.rule import Rule, RuleSet
from stashlight.simulation.procedure import procedure_names, read_procedure
from stashlight.validation.checks import Check, check
from stashlight.validation.expectation import Expectation, expectation, named
from stashlight.validation.observation import Observation
from stashlight.validation.simulated import observed
from stashlight.verbs.validate import validate

# One shape for each sensor; that all shapes show the same is checked by the whole matrix.
_SHAPES = ("nxlog", "defender", "syslog", "auditd")
RULES = load()
PACK = [*RULES.rules, *RULES.filters]
EXPECTED = {name: expectation(read_procedure(name)) for name in procedure_names()}


@pytest.fixture(scope="module")
def seen() -> list[Observation]:
    procedures = [read_procedure(name) for name in procedure_names()]
    found = list(observed(procedures, RULES, _SHAPES))
    assert [problem for _, problems in found for problem in problems] == []
    return [observation for observation, _ in found]


def _missing(seen: list[Observation], rules: RuleSet = RULES) -> set[Check]:
    return {each for each in check(EXPECTED, seen, rules) if not each.found}


def test_nothing_is_missing_while_all_rules_are_there(seen: list[Observation]) -> None:
    assert _missing(seen) == set()


@pytest.mark.parametrize("rule", PACK, ids=lambda rule: f"{rule.title}")
def test_a_rule_held_out_is_missed(rule: Rule, seen: list[Observation]) -> None:
    missing = _missing([each.without(rule.id) for each in seen])
    assert missing, f"{rule.file}: no procedure expects this rule; name it under `expect` of one that it must speak in"
    assert {told.id for each in missing if (told := named(RULES, each.rule))} == {rule.id}


@pytest.mark.parametrize(
    "name",
    [
        "windows/process_creation_archiver",
        "windows/ps_script_upload",
        "windows/file_event_written",
        "seeds/windows/file_event_mass_copy",
        "seeds/windows/process_creation_kql_shell_copy",
        "linux/process_creation_encryption_tool",
        "filters/file_event_print_spooler",
    ],
)
def test_holding_out_is_the_same_as_removing_the_file(name: str, seen: list[Observation]) -> None:
    """All documents of the file are gone; what refers to them cannot be used then, and is missed, too."""
    rule = named(RULES, name)
    assert rule is not None
    gone = [each for each in PACK if each.file == rule.file]
    held = seen
    for each in gone:
        held = [observation.without(each.id) for observation in held]
    foretold = {(c.shape, c.procedure, c.signal, c.rule) for c in _missing(held)}
    real = validate(without=[name], shapes=_SHAPES)
    assert not real.passed
    found = {(c.shape, c.procedure, c.signal, c.rule) for c in real.gaps if c.what == "rule"}
    assert found >= foretold
    assert found == foretold or real.errors


def test_every_expectation_names_rules_that_are_there() -> None:
    names = {name for each in EXPECTED.values() for asked in each.rules.values() for name in asked}
    assert sorted(name for name in names if named(RULES, name) is None) == []


def test_every_attack_expects_an_incident_and_every_look_alike_none() -> None:
    attacks = {name for name, each in EXPECTED.items() if not each.quiet}
    assert attacks == {name for name in procedure_names() if read_procedure(name).attack}
    assert all(isinstance(each, Expectation) and each.signals for each in EXPECTED.values())
