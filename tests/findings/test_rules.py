"""Every shipped rule keeps its own promises; a promise that is broken is told."""

from dataclasses import replace

import pytest
from sqlglot import parse_one

from stashlight.engines.profile import parse, render
from stashlight.findings.lint import LINTS, lint
from stashlight.findings.load import load
from stashlight.findings.rule import Logsource, Note, Rule, RuleSet
from stashlight.findings.testing import failures

SHIPPED = load(keep=False)


def test_every_shipped_rule_compiles() -> None:
    assert [str(e) for e in SHIPPED.errors] == []
    assert SHIPPED.rules


@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
def test_every_condition_stays_in_the_profile_on_each_engine(dialect: str) -> None:
    """What Spark is given reads back as the same tree."""
    for rule in SHIPPED.events:
        tree = parse(rule.condition)
        again = parse_one(render(tree, dialect), read=dialect)
        assert render(again) == render(tree)


def test_every_case_of_every_shipped_rule_comes_out() -> None:
    assert [str(f) for f in failures(SHIPPED)] == []


def test_no_lint_complains_about_a_shipped_rule() -> None:
    assert [str(c) for c in lint(SHIPPED)] == []


def _named(name: str) -> Rule:
    return next(r for r in SHIPPED.rules if r.name == name)


def test_cases_that_do_not_come_out_are_told() -> None:
    """Swapped cases of a rule fail, all of them; a case that is no event is told apart."""
    rule = _named("is_archive_file")
    swapped = replace(rule, match=rule.ignore, ignore=rule.match)
    told = [(f.expected, f.reason) for f in failures(RuleSet((swapped,)))]
    assert told == [("match", "did not match")] * len(rule.ignore) + [("ignore", "matched")] * len(rule.match)
    nothing = replace(rule, match=({"EventID": 99},), ignore=())
    assert ["no event" in f.reason for f in failures(RuleSet((nothing,)))] == [True]


def test_cases_of_a_correlation_that_do_not_come_out_are_told() -> None:
    rule = _named("mass_copy")
    swapped = replace(rule, match=rule.ignore[:1], ignore=rule.match[:1])
    told = [(f.expected, f.reason) for f in failures(RuleSet((swapped, _named("file_created"))))]
    assert told == [("match", "did not hold"), ("ignore", "held")]


def test_cases_of_a_filter_are_what_stays_and_what_it_silences() -> None:
    quiet = Rule(
        "f", "Not the backup", "filter", "windows/filters/f.yml", 1,
        logsource=Logsource("file_event", "windows"),
        condition=r"NOT COALESCE(ENDS_WITH(process_path_lc, '\backup.exe'), FALSE)",
        match=({"Image": r"C:\cmd.exe", "TargetFilename": "C:\\a"},),
        ignore=({"Image": r"C:\Backup.exe", "TargetFilename": "C:\\a"},),
    )  # fmt: skip
    assert list(failures(RuleSet(filters=(quiet,)))) == []


BAD: dict[str, Rule] = {
    "id": replace(_named("is_archive_file"), id="1"),
    "tags": replace(_named("is_archive_file"), tags=("attack.nonsense9",)),
    "technique": replace(_named("is_archive_file"), techniques=()),
    "level": replace(_named("is_archive_file"), level="urgent"),
    "status": replace(_named("is_archive_file"), status="new"),
    "date": replace(_named("is_archive_file"), date="2026/01/01"),
    "misses": replace(_named("is_archive_file"), description="Sees all.", note=Note(rung="pack")),
    "false-positives": replace(_named("is_archive_file"), falsepositives=()),
    "references": replace(_named("is_archive_file"), references=("http://x",)),
    "cases": replace(_named("is_archive_file"), ignore=()),
    "file-name": replace(_named("is_archive_file"), file="windows/archive.yml"),
    "rung": replace(_named("is_archive_file"), note=Note()),
    "filled": replace(_named("is_archive_file"), text="title: x\ndescription: Sees FILL IN."),
    "analytics": replace(_named("is_archive_file"), note=Note(rung="pack", analytics=("DET0071",))),
}


@pytest.mark.parametrize("name", [one.name for one in LINTS])
def test_each_lint_finds_its_flaw(name: str) -> None:
    assert name in {c.lint.name for c in lint(RuleSet((BAD[name],)))}
