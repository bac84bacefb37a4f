"""Tuning: what a filter ties to, what is not proposed, what is refused, and that nothing is written unasked."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from nights import night, written

from stashlight.cli import Exit, main
from stashlight.errors import InputError
from stashlight.findings.lint import lint
from stashlight.findings.load import SHIPPED, load
from stashlight.findings.rule import RuleSet
from stashlight.findings.testing import failures
from stashlight.incidents.tuned import Tuned
from stashlight.simulation.acts import Act
from stashlight.simulation.procedure import attack_names, play, procedure_names
from stashlight.verbs.scan import scan
from stashlight.verbs.tune import Rehearsal, tune

JOB = {"place": r"D:\Stage\Out", "files": 300, "command": r"robocopy.exe \\fs-01\all D:\Stage\Out *.docx /E"}


def _tuned(folder: Path, acts: Sequence[Act], *benign: str) -> Tuned:
    return tune([written(folder, "log", acts)], date="2026-03-02", benign=benign)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    return _tuned(tmp_path_factory.mktemp("tune"), night(0, **JOB))  # pyright: ignore[reportArgumentType]


def test_some_procedures_are_attacks_and_some_are_not() -> None:
    assert set(attack_names()) >= {"archive_and_send", "mass_copy", "share_fan_in"}
    assert set(attack_names()) < set(procedure_names())


def test_a_filter_ties_to_more_than_a_name(tuned: Tuned) -> None:
    """Full path and place in each; account where it is known; parent and words of the command for commands."""
    ties: dict[str, list[dict[str, str]]] = {}
    for judged in tuned.judged:
        document = yaml.safe_load(judged.proposal.text)
        ties[document["logsource"]["category"]] = document["filter"]["selection"]
    assert ties["file_event"][0] == {
        "Image": r"c:\windows\system32\robocopy.exe",
        "TargetFilename|startswith": "d:\\stage\\out\\",
        "User|endswith": r"\tbrandt",
    }
    assert set(ties["process_creation"][0]) == {"Image", "ParentImage", "CommandLine|contains", "User|endswith"}


def test_what_a_filter_would_silence_is_shown(tuned: Tuned) -> None:
    assert {judged.events for judged in tuned.judged} == {300, 1}
    assert all(judged.examples and not judged.refused for judged in tuned.judged)
    assert (len(tuned.before), len(tuned.after)) == (1, 0)


def test_written_filters_are_good_rules_and_silence(tuned: Tuned, tmp_path: Path) -> None:
    """What tuning foretells is what a scan with the filters gives; lint and the filters' own cases hold."""
    folder = tmp_path / "filters"
    folder.mkdir()
    for judged in tuned.judged:
        (folder / judged.proposal.file).write_text(judged.proposal.text, "utf-8")
    rules = load([SHIPPED, folder], keep=False)
    mine = [rule for rule in rules.filters if str(folder) in rule.file]
    assert rules.errors == ()
    assert len(mine) == len(tuned.judged)
    assert [str(c) for c in lint(rules) if c.rule in mine] == []
    assert [str(f) for f in failures(RuleSet(filters=tuple(mine)))] == []
    log = written(tmp_path, "log", night(0, **JOB))  # pyright: ignore[reportArgumentType]
    assert len(scan([log]).incidents) == 1
    assert scan([log], rules=[folder]).incidents == ()


def test_the_same_by_another_account_still_shows(tuned: Tuned, tmp_path: Path) -> None:
    for judged in tuned.judged:
        (tmp_path / judged.proposal.file).write_text(judged.proposal.text, "utf-8")
    log = written(tmp_path / "log", "n", night(0, account=r"LINDEN\dkaya", **JOB))  # pyright: ignore[reportArgumentType]
    assert len(scan([log], rules=[tmp_path]).incidents) == 1


@pytest.mark.parametrize("attack", ["mass_copy"])
def test_a_filter_that_takes_a_shipped_attack_is_refused(tmp_path: Path, attack: str) -> None:
    tuned = _tuned(tmp_path, play(attack))
    refused = [judged for judged in tuned.judged if judged.refused]
    assert refused
    assert any(f"the attack {attack}" in each for judged in refused for each in judged.attacks)
    assert [i.id for i in tuned.after] == [i.id for i in tuned.before]


def test_a_filter_that_takes_a_rule_s_own_case_is_refused(tmp_path: Path) -> None:
    """A filter on the bare name of a copier: the rules' own match cases tell what would be lost."""
    name_only = {
        "title": "Robocopy is fine",
        "id": "8d0b6d5e-6f0e-4b4e-9a55-6d7a4f1c2b3d",
        "logsource": {"category": "process_creation", "product": "windows"},
        "filter": {"rules": "any", "selection": {"Image|endswith": r"\robocopy.exe"}, "condition": "not selection"},
    }
    (tmp_path / "f.yml").write_text(yaml.safe_dump(name_only), "utf-8")
    whole = load([SHIPPED, tmp_path], keep=False)
    with Rehearsal(load()) as rehearsal:
        assert any("match case" in each for each in rehearsal.silenced(whole[str(name_only["id"])]))


@pytest.mark.parametrize(
    ("acts", "reason"),
    [
        (play("share_fan_in"), "written over the network"),
        (play("archive_and_send"), "a renamed archiver, an odd name or a password"),
        (night(0, **(JOB | {"place": r"C:\PerfLogs\Out"})), "no filter may hide what is put there"),  # pyright: ignore[reportArgumentType]
        (night(0, image=r"C:\Users\Public\robocopy.exe", **JOB), "where users can write"),  # pyright: ignore[reportArgumentType]
    ],
    ids=["network", "renamed", "place", "image"],
)
def test_what_cannot_be_tied_is_not_proposed(tmp_path: Path, acts: list[Act], reason: str) -> None:
    tuned = _tuned(tmp_path, acts)
    assert any(reason in each.reason for each in tuned.unproposed)


def test_an_unknown_id_is_refused_with_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no incident SL-NONE in these logs; there are: SL-"):
        _tuned(tmp_path, night(0, **JOB), "SL-NONE")  # pyright: ignore[reportArgumentType]


def test_nothing_is_written_unless_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = written(tmp_path / "log", "n", night(0, **JOB))  # pyright: ignore[reportArgumentType]
    before = sorted(tmp_path.rglob("*"))
    assert main(["tune", log, "--quiet"]) == Exit.DONE
    assert sorted(tmp_path.rglob("*")) == before
    said = capsys.readouterr().out
    assert "would silence 300 events" in said
    assert main(["tune", log, "--quiet", "--write", str(tmp_path / "filters")]) == Exit.DONE
    assert len(list((tmp_path / "filters").glob("*.yml"))) == 2
