"""Every form of every target, for a small pack of rules of its own: a change shows as a diff that a person reads."""

import os
from pathlib import Path

import pytest

from stashlight.exports.export import export
from stashlight.exports.target import target, target_names
from stashlight.findings.load import SHIPPED, load
from stashlight.findings.rule import RuleSet
from stashlight.incidents.tuning import DEFAULT

HERE = Path(__file__).parent
REFRESH = "REFRESH=1 just test tests/exports/test_golden.py"
FORMS = [(name, form) for name in target_names() for form in target(name).FORMS]


@pytest.fixture(scope="module")
def pack() -> RuleSet:
    rules = load([HERE / "pack"], keep=False)
    assert not rules.errors
    return rules


def _compared(golden: Path, text: str) -> None:
    if os.environ.get("REFRESH"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8"), f"if that is meant: {REFRESH}"


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_an_export_stays_as_it_is(pack: RuleSet, name: str, form: str) -> None:
    lines: list[str] = []
    for each in export(pack, name, DEFAULT, form=form):
        lines.append(f"==== {each.status}: {each.kind}: {each.name}{': ' + each.reason if each.reason else ''}\n")
        lines += [f"---- {file}\n{text}" for file, text in each.files.items()]
    _compared(HERE / "golden" / f"{name}.{form}.txt", "".join(lines).replace(str(HERE), "tests/exports"))


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("sumologic", "remote_data_staging_score"),
        ("sentinel", "remote_data_staging"),
        ("defender", "remote_data_staging"),
    ],
)
def test_the_seeds_queries_stay_as_they_are(name: str, rule: str) -> None:
    (each,) = export(load([SHIPPED / "seeds"], keep=False), name, DEFAULT, only=[rule])
    (text,) = each.files.values()
    _compared(HERE / "golden" / f"{name}.seed.txt", text)


def test_the_same_rules_give_the_same_files(pack: RuleSet) -> None:
    for name in target_names():
        assert list(export(pack, name, DEFAULT)) == list(export(pack, name, DEFAULT))
