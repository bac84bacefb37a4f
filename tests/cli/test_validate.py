"""`stashlight validate` as a detection engineer uses it: green, red for a reason, in forms that CI reads, on own logs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from stashlight.cli import Exit, main
from stashlight.findings.load import SHIPPED
from stashlight.plugins import plugin_names
from stashlight.simulation.procedure import procedure_names

_SIGNALS = ("Sysmon 1", "Sysmon 3", "Sysmon 11", "Security 4688", "Security 5140", "Security 5145", "PowerShell 4104")


def test_everything_is_there_in_every_shape(capsys: pytest.CaptureFixture[str]) -> None:
    """The promise of the rule pack: all procedures, all shapes, no gap; and the matrix holds what the seed asked for."""
    assert main(["validate", "--as", "json"]) == Exit.DONE
    result = json.loads(capsys.readouterr().out)
    assert (result["passed"], result["gaps"], result["errors"], result["untold"]) == (True, 0, [], [])
    assert {check["shape"] for check in result["checks"]} == set(plugin_names("stashlight.simulation.shapes"))
    assert {check["procedure"] for check in result["checks"]} == set(procedure_names())
    assert {check["signal"] for check in result["checks"]} >= set(_SIGNALS)
    uncovered = {each["analytic"]["id"]: each["analytic"]["unread"] for each in result["coverage"] if not each["rules"]}
    assert set(uncovered) == {"AN0043", "AN0044", "AN0727", "AN0197", "AN0198"}
    assert all(uncovered.values())
    assert all(each["procedures"] for each in result["coverage"] if each["rules"])


def test_a_rule_held_out_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    held = "windows/process_creation_split_words"
    assert main(["validate", "masked_commands", "--shape", "otrf", "--without", held]) == Exit.FOUND
    assert f"masked_commands: Sysmon 1 {held}: is not installed (in otrf)" in capsys.readouterr().out


def test_a_rule_that_was_broken_is_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not only a missing rule is seen: one that no longer finds what it must is, too."""
    name = "process_creation_split_words.yml"
    broken = (
        (SHIPPED / "windows" / name)
        .read_text("utf-8")
        .replace("1 of selection_*", "all of selection_* and not selection_pair")
    )
    (tmp_path / "windows").mkdir()
    (tmp_path / "windows" / name).write_text(broken, "utf-8")
    held = "windows/process_creation_split_words"
    arguments = ["validate", "masked_commands", "--shape", "otrf", "--rules", str(tmp_path), "--without", held]
    assert main(arguments) == Exit.FOUND
    capsys.readouterr()
    # The same rule, whole, in another folder: nothing is missing.
    (tmp_path / "windows" / name).write_text((SHIPPED / "windows" / name).read_text("utf-8"), "utf-8")
    shipped_only = ["validate", "masked_commands", "--shape", "otrf"]
    assert main(shipped_only) == Exit.DONE


def test_a_look_alike_that_is_loud_is_a_gap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An own procedure, said to be harmless, that is an attack: its incident is what is wrong."""
    shipped = (SHIPPED.parent / "simulation" / "procedures" / "typed_in_powershell.yml").read_text("utf-8")
    own = yaml.safe_load(shipped.replace("attack: true", ""))
    own["expect"] = {"quiet": True, "seen": ["file"]}
    (tmp_path / "own.yml").write_text(yaml.safe_dump(own), "utf-8")
    assert main(["validate", "own", "--procedures", str(tmp_path), "--shape", "xml"]) == Exit.FOUND
    assert "own: quiet: an incident of severity critical" in capsys.readouterr().out


def test_rules_that_cannot_be_used_are_gaps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.yml").write_text("title: Bad\nlogsource: {category: file_event}\ndetection: {condition: x}\n")
    assert main(["validate", "office_work", "--shape", "otrf", "--rules", str(tmp_path)]) == Exit.FOUND
    assert "bad.yml:3: condition: no detection 'x'" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["junit", "markdown", "text"])
def test_forms_tell_passes_and_gaps(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to = tmp_path / "out"
    arguments = ["validate", "web", "--shape", "nxlog", "--shape", "xml", "--as", form, "--to", str(to)]
    arguments[1] = "archive_in_web_root"
    assert main(arguments) == Exit.DONE
    green = to.read_text("utf-8")
    assert main([*arguments, "--without", "windows/process_creation_archiver"]) == Exit.FOUND
    red = to.read_text("utf-8")
    assert "missing" in capsys.readouterr().err
    if form == "junit":
        before, after = ET.fromstring(green), ET.fromstring(red)
        assert (before.get("failures"), after.get("failures")) == ("0", "4")
        assert {suite.get("name") for suite in after} == {"nxlog", "xml"}
        assert len(after.findall(".//testcase")) == int(str(after.get("tests")))
        assert {case.get("classname") for case in after.findall(".//testcase[failure]")} == {
            "nxlog.archive_in_web_root",
            "xml.archive_in_web_root",
        }
    else:
        assert "all there" in green
        assert "all there" not in red
        assert "is not installed" in red
        assert "AN0724" in green


_SHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
_PACK = r"Compress-Archive -Path $env:TEMP\slt_archive_in_public\* -DestinationPath C:\Users\Public\slt_archive_in_public.zip"
_TRIED: dict[str, object] = {
    "title": "What the printed commands leave",
    "start": "2026-04-01 10:00:00",
    "host": {"name": "TEST-01", "domain": "example.org", "address": "10.0.0.9"},
    "steps": [
        {"at": 0, "process": "top", "runs": True, "image": r"C:\Windows\explorer.exe", "account": r"TEST\me"},
        {"at": 1, "process": "shell", "runs": True, "parent": "top", "image": _SHELL, "name": "PowerShell.EXE"},
        {
            "at": 5,
            "over": 9,
            "writes": r"C:\Users\me\AppData\Local\Temp\slt_archive_in_public",
            "by": "shell",
            "extensions": {"docx": 40},
        },
        {
            "at": 20,
            "process": "pack",
            "parent": "shell",
            "image": _SHELL,
            "name": "PowerShell.EXE",
            "command": f'powershell.exe -NoProfile -Command "{_PACK} -Force"',
        },
        {"at": 21, "scripts": f"{_PACK} -Force", "by": "pack"},
        {"at": 24, "writes": r"C:\Users\Public", "names": ["slt_archive_in_public.zip"], "by": "pack", "size": 4000},
    ],
}


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    """Logs of a machine on which somebody ran what `simulate archive_in_public --commands` printed."""
    (tmp_path / "tried.yml").write_text(yaml.safe_dump(_TRIED, width=1000), "utf-8")
    assert main(["simulate", str(tmp_path / "tried.yml"), "--shape", "xml", "--out", str(tmp_path / "logs")]) == 0
    return tmp_path / "logs"


def _validated(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(["validate", *arguments, "--as", "json"])
    return code, json.loads(capsys.readouterr().out)


def test_own_logs_show_what_was_tried(collected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, result = _validated(["--logs", str(collected)], capsys)
    assert code == Exit.DONE, result
    checks = result["checks"]
    assert {(c["procedure"], c["what"], c["signal"]) for c in checks} == {
        ("archive_in_public", "signal", "process"),
        ("archive_in_public", "signal", "file"),
        ("archive_in_public", "signal", "script"),
        ("archive_in_public", "rule", ""),
        ("archive_in_public", "incident", ""),
    }
    assert any("Sysmon 1 (" in c["says"] and "Security 4688 (" in c["says"] for c in checks)
    assert "xcopy_to_share" in result["untried"]
    assert "absent" in {each["status"] for each in result["readiness"]}


def test_own_logs_without_a_source_are_a_gap(collected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = collected / "tried.events.xml"
    kept = [line for line in log.read_text("utf-8").splitlines() if "PowerShell/Operational" not in line]
    log.write_text("\n".join(kept), "utf-8")
    code, result = _validated(["--logs", str(collected)], capsys)
    assert code == Exit.FOUND
    checks = result["checks"]
    assert [(c["signal"], c["says"]) for c in checks if not c["found"]] == [
        ("script", "nothing; not PowerShell 4104 (policy Turn on PowerShell Script Block Logging)")
    ]


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_own_logs_are_told_with_what_to_switch_on(
    form: str, collected: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A start that only one of two logs tells is no gap, and how to have the other is said."""
    log = collected / "tried.events.xml"
    kept = [line for line in log.read_text("utf-8").splitlines() if "<EventID>4688<" not in line]
    log.write_text("\n".join(kept), "utf-8")
    capsys.readouterr()
    assert main(["validate", "archive_in_public", "--logs", str(collected), "--as", form]) == Exit.DONE
    said = capsys.readouterr().out
    assert "Sysmon 1 (1); not Security 4688 (audit policy Detailed Tracking" in said


def test_nothing_tried_is_no_success(collected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, result = _validated(["xcopy_to_share", "--logs", str(collected)], capsys)
    assert (code, result["passed"]) == (Exit.FOUND, False)
    (collected / "tried.events.xml").write_text("", "utf-8")
    code, result = _validated(["--logs", str(collected)], capsys)
    assert (code, result["passed"]) == (Exit.FOUND, False)
    assert "no trace of any procedure" in result["errors"][-1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nosuch"], "no procedure 'nosuch'"),
        (["--without", "nosuch"], "no rule 'nosuch' to hold out"),
        (["--logs", "samples", "--shape", "xml"], "do not go with it"),
        (["credential_stores", "--logs", "samples"], "credential_stores has no commands"),
        (["--logs", "nosuch"], "nosuch"),
        (["bad", "--procedures", "{tmp}"], "bad.yml:5: no signal 'sysmon 99'"),
        (["none", "--procedures", "{tmp}"], "none.yml:1: 'expect' must say quiet: true, or incident"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "title: Own\nstart: 2026-01-01 00:00:00\nhost: {name: A, domain: b.example, address: 10.0.0.1}\nsteps: []\n"
    (tmp_path / "bad.yml").write_text(f"{head}expect: {{quiet: true, seen: [sysmon 99]}}\n")
    (tmp_path / "none.yml").write_text(head)
    given = ["validate", *(each.replace("{tmp}", str(tmp_path)) for each in arguments)]
    assert main(given) == Exit.REFUSED
    assert said in capsys.readouterr().err
