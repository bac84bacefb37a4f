"""A case that does not add up is told so: the second seed document's figures, and our own incidents."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from stashlight.cli import Exit, main
from stashlight.errors import DocumentError
from stashlight.incidents.document import Archive, Evidence, Factor, Files, Incident, Rung, Source
from stashlight.incidents.document import Command as Ran
from stashlight.plugins import plugins
from stashlight.reports.case_file import read_case
from stashlight.reports.checks import Check, check
from stashlight.reports.claims import Claims, Moment, Origin, claims_of

RAN = r"for /r C:\Users\mwirth %i in (*.docx *.pdf) do copy %i C:\temp\out\ "
SOUND = Incident(
    id="SL-00",
    title="3 files staged",
    severity="high",
    score=70,
    confidence="high",
    techniques=("T1074.001",),
    hosts=("ws-1",),
    accounts=("mwirth",),
    places=(r"c:\temp\out",),
    first_seen="2026-03-02T10:00:00Z",
    last_seen="2026-03-02T10:10:00Z",
    files=Files(3, None, {"docx": 2, "pdf": 1}, minutes={"2026-03-02T10:00:00Z": 3}),
    factors=(Factor("volume", 70, "many", ("e1",)),),
    findings=(),
    evidence=(Evidence("a.evtx", 1, "e1"),),
    rungs=(Rung("stage", "2026-03-02T10:00:00Z", "2026-03-02T10:10:00Z", "3 files", ("e1",)),),
    sources=(Source(r"C:\Users\mwirth", "ws-1", "command", None, ("e1",)),),
    commands=(Ran("2026-03-02T10:00:00Z", "ws-1", "mwirth", "cmd.exe", 1, RAN, None, "stage", "e1"),),
)


def _said(incident: Incident) -> list[str]:
    return [defect.said for defect in check(claims_of(incident))]


def _seed(shared: Path) -> dict[str, object]:
    """Type the figures of the case in, as an analyst would: numbers are read from the document, not kept here."""
    text = next((shared / "seeds").glob("002_*.txt")).read_text("utf-8")

    def found(pattern: str) -> list[str]:
        return re.findall(pattern, text)

    folders = [line.strip() for line in re.findall(r"Source paths:\n((?:.*\*\n){4})", text)[0].splitlines()]
    counts = [int(n) for n in re.findall(r": (\d+) files? \(", text.split("Staged Files:")[1])]
    assert len(counts) == 5
    return {
        "total": int(found(r"Total: ([\d,]+) files")[0].replace(",", "")),
        "bytes": int(float(found(r"Total size: ([\d.]+) GB")[0]) * 10**9),
        "origins": [
            *({"path": path, "files": count} for path, count in zip(folders, counts[:4], strict=True)),
            {"path": "KeePass Database", "files": counts[4], "is_folder": False},
        ],
        "extensions": [each.strip(" .") for each in found(r"File types: (.*)")[0].split(",")],
        "commands": [found(r"Command: (for .*)")[0]],
        "telemetry": [f"Sysmon {n}" for n in sorted(set(found(r"Event ID (\d+)")))],
        "severity": found(r"Severity: (\w+)")[0].lower(),
        "score": int(found(r"\((\d+)/100\)")[0]),
        "priority": found(r"Priority: (P\d . \w+)")[0],
        "told": [
            {
                "time": f"2024-02-28T{time}:00-05:00",
                "what": what,
                "act": "delete" if "deleted" in what else "isolate" if "isolated" in what else "",
            }
            for time, what in re.findall(r"^(\d\d:\d\d) – (.+)$", text.split("Timeline:")[1], re.MULTILINE)
        ],
    }


@pytest.mark.parametrize(
    "defect",
    [
        r"456 \+ 234 \+ 123 \+ 434 \+ 1 = 1,248, not 1,247",
        r"\.kdbx: no command asks for it",
        r"source \\filesrv\\r&d\\projects\S* \(434 files\): no command and no recorded read touches it",
        r"size 2\.8 GB: none of .*Sysmon 11.* records file sizes",
        r"the table of 5 sources: none of .*Sysmon 11.* records where a file was copied from",
        r"severity HIGH \(85/100\) became priority “P2 – MEDIUM” and no reason is given",
        r"“Staged files deleted”.*hashed and preserved before",
    ],
)
def test_seed_case_does_not_add_up(shared: Path, defect: str) -> None:
    """The defects that the facts about the seed documents list."""
    found = [each.said for each in check(read_case(json.dumps(_seed(shared)))) if each.kind == "contradiction"]
    assert any(re.search(defect, said) for said in found), found


def test_seed_case_put_right_adds_up(shared: Path) -> None:
    """The checks do not complain of what is in order."""
    copied = r'robocopy "\\filesrv\r&d\projects" C:\temp\staging *.kdbx'
    kept = {"time": "2024-02-28T14:16:00-05:00", "what": "hashed and copied", "act": "preserve"}
    deleted = {"time": "2024-02-28T14:19:00-05:00", "what": "deleted", "act": "delete"}
    right = {
        "total": 1248,
        "telemetry": ["DeviceFileEvents", "Security 4663"],
        "priority": "P2 – HIGH",
        "told": [kept, deleted],
    }
    case = _seed(shared) | right
    case["commands"] = [*cast("list[str]", case["commands"]), copied]
    assert [each.said for each in check(read_case(json.dumps(case)))] == []


def test_sound_incident_adds_up() -> None:
    assert _said(SOUND) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(SOUND, files=replace(SOUND.files, count=4)), "extensions: 2 + 1 = 3, not 4 (-1)"),
        (replace(SOUND, files=replace(SOUND.files, minutes={"2026-03-02T10:00:00Z": 2})), "by minute add up to 2"),
        (replace(SOUND, files=replace(SOUND.files, sized=9)), "9 sizes are known of 3 files"),
        (replace(SOUND, files=replace(SOUND.files, bytes=10)), "10 bytes are claimed, yet no file's size is known"),
        (replace(SOUND, score=71), "the factors add up to 70, the score is 71"),
        (replace(SOUND, severity="low"), "a score of 70 means high, the severity is low"),
        (replace(SOUND, last_seen="2026-03-02T09:00:00Z"), "before it begins"),
        (
            replace(SOUND, last_seen="2026-03-02T10:05:00Z"),
            "rung stage ends at 2026-03-02 10:10:00, outside the window",
        ),
        (replace(SOUND, last_seen="yesterday"), "'yesterday' is not a time"),
        (replace(SOUND, factors=(Factor("volume", 70, "many"),)), "no event is cited for: factor volume +70"),
        (
            replace(SOUND, factors=(Factor("volume", 70, "many", ("e9",)),)),
            "1 of 2 cited events have no file and record",
        ),
        (
            replace(SOUND, sources=(Source(r"\\srv\x", None, "command", 3, ("e1",)),)),
            r"source \\srv\x (3 files): no command",
        ),
        (replace(SOUND, files=Files(3, None, {"docx": 2, "kdbx": 1})), "1 file of type .kdbx: no command asks for it"),
    ],
)
def test_defect_is_named(wrong: Incident, said: str) -> None:
    assert any(said in each for each in _said(wrong)), _said(wrong)


def test_what_cannot_be_known_is_not_called_a_contradiction() -> None:
    """A command that was not recorded may have touched anything."""
    unseen = replace(SOUND.commands[0], command=None)
    lone = replace(
        SOUND, sources=(Source(r"\\srv\x", None, "command", None, ("e1",)),), commands=(*SOUND.commands, unseen)
    )
    assert {each.kind for each in check(claims_of(lone))} == {"unproved"}
    assert _said(replace(lone, commands=(unseen,))) == []


def test_archive_of_the_incident_is_no_odd_file_type() -> None:
    packed = replace(
        SOUND,
        files=Files(3, None, {"docx": 2, "rar": 1}),
        archives=(Archive("c:\\x.rar", "rar", None, None, None, ("e1",)),),
    )
    assert _said(packed) == []


def test_command_without_a_type_may_take_any() -> None:
    anything = replace(SOUND.commands[0], command=r"xcopy C:\Users\mwirth C:\temp\out /s")
    assert _said(replace(SOUND, commands=(*SOUND.commands, anything), files=Files(1, None, {"kdbx": 1}))) == []


def test_told_order_and_preserved_evidence() -> None:
    told = (Moment("2026-01-01T10:00:00Z", "deleted", "delete"), Moment("2026-01-01T09:00:00Z", "isolated"))
    assert [each.check for each in check(Claims(told=told))] == ["conduct", "times"]
    first = Moment("2026-01-01T08:00:00Z", "copied to the evidence store", "preserve")
    assert [each.check for each in check(Claims(told=(first, told[0])))] == []


def test_nothing_claimed_is_nothing_wrong() -> None:
    assert check(Claims()) == ()


def test_every_check_says_what_it_checks() -> None:
    assert [name for name, each in plugins("stashlight.reports.checks", Check).items() if not each.__doc__] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "c.json: not JSON"),
        ("[]", "a case is an object"),
        ('{"totl": 1}', "a case has no 'totl'; there are total, "),
        ('{"total": "1"}', "total: should be a whole number"),
        ('{"origins": {}}', "origins: should be an array"),
        ('{"origins": [{"files": 1}]}', "origins: 'path'"),
        ('{"told": [1]}', "told: should be an object"),
    ],
)
def test_typed_case_with_a_slip_is_refused(text: str, said: str) -> None:
    with pytest.raises(DocumentError, match=re.escape(said)):
        read_case(text, "c.json")


def test_case_is_checked_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = tmp_path / "case.json"
    case.write_text('{"total": 3, "origins": [{"path": "C:\\\\a", "files": 1}, {"path": "C:\\\\b", "files": 1}]}')
    assert main(["report", "--check", str(case)]) == Exit.DONE
    assert "1 + 1 = 2, not 3" in capsys.readouterr().out


def test_origin_below_a_named_root_is_touched() -> None:
    claims = Claims(origins=(Origin(r"C:\Users\mwirth\Desktop*.*"),), commands=(RAN,))
    assert check(claims) == ()
    assert check(replace(claims, origins=(Origin(r"C:\Users\mwirth2"),))) != ()
