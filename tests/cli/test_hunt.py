"""`stashlight hunt`: rows in every form, and never an empty success."""

import csv
import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import stashlight
from stashlight.cli import Exit, main
from stashlight.plugins import plugin
from stashlight.simulation.procedure import play
from stashlight.simulation.shapes import Shape

SAMPLES = str(Path(__file__).parents[2] / "samples")

_RULE = r"""title: Copy by cmd
id: 7d1b9a10-0000-4000-8000-000000000001
name: cmd_copy
logsource: {category: file_event, product: windows}
detection:
  selection: {Image|endswith: '\cmd.exe'}
  condition: selection
level: low
---
title: Burst of copies
id: 7d1b9a10-0000-4000-8000-000000000002
correlation: {type: event_count, rules: [cmd_copy], group-by: [Computer], timespan: 10m, condition: {gte: 50}}
level: high
"""


@pytest.fixture
def query(tmp_path: Path) -> Path:
    path = tmp_path / "q.kql"
    path.write_text("DeviceFileEvents | summarize n = count() by DeviceName | sort by n desc", "utf-8")
    return path


def test_table_is_the_form_for_people(query: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hunt", str(query), SAMPLES]) == Exit.DONE
    said = capsys.readouterr()
    assert said.out.startswith("DeviceName")
    assert max(map(len, said.out.splitlines())) <= 80
    assert "rows of 1,019 events in 5 files" in said.err


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_rows_are_the_same_in_every_form(form: str, query: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hunt", str(query), SAMPLES, "--as", form, "--quiet"]) == Exit.DONE
    text = capsys.readouterr().out
    found: list[dict[str, int]]
    if form == "csv":
        found = [{"n": int(row["n"])} for row in csv.DictReader(io.StringIO(text))]
    else:
        found = json.loads(text) if form == "json" else [json.loads(line) for line in text.splitlines()]
    assert [row["n"] for row in found] == sorted((row["n"] for row in found), reverse=True)
    assert sum(row["n"] for row in found) == 966


def test_suffix_of_the_target_chooses_the_form(query: Path, tmp_path: Path) -> None:
    target = tmp_path / "found.jsonl"
    assert main(["hunt", str(query), SAMPLES, "--to", str(target), "--quiet"]) == Exit.DONE
    assert json.loads(target.read_text("utf-8").splitlines()[0])["n"] > 0


def test_what_a_spreadsheet_would_run_is_made_harmless(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "q.sql"
    path.write_text("SELECT '=cmd()' AS x, chr(27) || '[2J' AS y", "utf-8")
    assert main(["hunt", str(path), SAMPLES, "--as", "csv", "--quiet"]) == Exit.DONE
    assert capsys.readouterr().out == "x,y\r\n'=cmd(),<U+001B>[2J\r\n"
    assert main(["hunt", str(path), SAMPLES, "--quiet"]) == Exit.DONE
    assert "\x1b" not in capsys.readouterr().out


def test_no_rows_say_what_was_searched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "q.kql"
    path.write_text("DeviceFileEvents | where FileName == 'nobody.made.this'", "utf-8")
    assert main(["hunt", str(path), SAMPLES, "--quiet"]) == Exit.DONE
    said = capsys.readouterr()
    assert said.out == ""
    assert "no rows; searched 1,019 events in 5 files" in said.err


def test_absent_kinds_are_named_where_nothing_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "one.json"
    log.write_text(
        '{"Channel":"Security","EventID":4624,"Computer":"a","TargetUserName":"x","LogonType":3,'
        '"ProviderName":"Microsoft-Windows-Security-Auditing","@timestamp":"2026-03-02T09:00:00Z"}\n'
    )
    path = tmp_path / "q.kql"
    path.write_text("DeviceFileEvents | take 5", "utf-8")
    assert main(["hunt", str(path), str(log)]) == Exit.DONE
    assert "DeviceFileEvents is empty: these logs hold no file_create or file_rename" in capsys.readouterr().err


def test_rows_that_are_left_out_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "q.sql"
    path.write_text("SELECT file, record FROM events ORDER BY file, record", "utf-8")
    assert main(["hunt", str(path), SAMPLES, "--limit", "7", "--quiet", "--as", "jsonl"]) == Exit.DONE
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 7
    assert "only the first 7 rows are given; --limit 0 gives all" in said.err


def test_sigma_rules_and_correlations_are_questions_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rule.yml"
    path.write_text(_RULE, "utf-8")
    assert main(["hunt", str(path), SAMPLES, "--as", "json", "--quiet"]) == Exit.DONE
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["rule"], row["level"], row["events"]) == ("Burst of copies", "high", 640)
    assert (row["file"], row["host"]) == (f"{SAMPLES}/lab-ws-23.winlogbeat.ndjson.gz", None)
    # The run's first event: told by its record, it is one that the rule counts.
    line = gzip.decompress(Path(str(row["file"])).read_bytes()).decode().splitlines()[int(row["record"]) - 1]
    assert "cmd.exe" in line
    assert str(row["ts"])[:19].replace("T", " ") in line


def test_correlation_may_count_rules_of_other_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    single, burst = _RULE.split("---\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "single.yml").write_text(single, "utf-8")
    (tmp_path / "folder" / "other.yml").write_text(single.replace("cmd_copy", "o").replace("0001", "0009"), "utf-8")
    (tmp_path / "folder" / "broken.yml").write_text("title: [", "utf-8")
    path = tmp_path / "burst.yml"
    path.write_text(burst, "utf-8")
    assert main(["hunt", str(path), SAMPLES, "--as", "json"]) == Exit.REFUSED
    assert "no rule 'cmd_copy'" in capsys.readouterr().err
    assert main(["hunt", str(path), SAMPLES, "--rules", str(tmp_path / "folder"), "--as", "json"]) == Exit.DONE
    assert [row["rule"] for row in json.loads(capsys.readouterr().out)] == ["Burst of copies"]


def test_rule_on_events_that_are_never_read_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rule.yml"
    path.write_text(
        "title: x\nlogsource: {product: windows, service: security}\n"
        "detection: {selection: {EventID: 4720}, condition: selection}\nlevel: low\n",
        "utf-8",
    )
    assert main(["hunt", str(path), SAMPLES, "--quiet"]) == Exit.DONE
    assert "events 4720 are never read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.kql", "DeviceFileEvents\n| where frobnicate(x)", "a.kql:2: KQL function 'frobnicate'"),
        ("a.kql", "DeviceFileEvents\n| where FolderPath ==", "a.kql:2: KQL does not parse"),
        ("a.sql", "DROP TABLE events", "a.sql:1: only one SELECT"),
        ("a.sql", "SELECT *\nFROM read_csv('/etc/passwd')", "a.sql:2: the table function read_csv"),
        ("a.yml", "title: x\ndetection: [\n", "a.yml:"),
        ("a.yml", _RULE.replace("rules: [cmd_copy]", "rules: [nobody]"), "no rule 'nobody'"),
        ("a.txt", "x", "a file ends in .kql"),
    ],
)
def test_bad_question_is_refused_with_file_and_line(
    name: str, text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    assert main(["hunt", str(path), SAMPLES]) == Exit.REFUSED
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert "Traceback" not in printed.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["hunt"], "say what to ask"),
        (["hunt", "no-such-hunt", SAMPLES], "no hunt 'no-such-hunt'"),
        (["hunt", "many-files-one-process"], "say where the logs are"),
        (["hunt", "many-files-one-process", "no/logs"], "no/logs"),
        (["hunt", "many-files-one-process", SAMPLES, "--timeout", "soon"], "'soon' is not a length of time"),
        (["hunt", "many-files-one-process", SAMPLES, "--memory", "lots"], "'lots' is not a size"),
        (["hunt", "many-files-one-process", SAMPLES, "--now", "later"], "'later' is not a time"),
        (["hunt", "many-files-one-process", SAMPLES, "--limit", "-1"], "--limit -1"),
    ],
)
def test_wrong_use_is_refused(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == Exit.REFUSED
    assert said in capsys.readouterr().err


def test_shipped_hunts_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hunt", "--list"]) == Exit.DONE
    listed = capsys.readouterr().out
    assert "many-files-one-process" in listed
    assert "T1074.001" in listed
    assert main(["hunt", "many-files-one-process", "--show"]) == Exit.DONE
    assert "DeviceFileEvents" in capsys.readouterr().out


def test_question_that_does_not_look_up_ends_the_process(tmp_path: Path) -> None:
    """`lpad` allocates and fills without asking whether it was interrupted."""
    path = tmp_path / "q.sql"
    path.write_text("SELECT length(lpad('x', 600000000, 'y') || lpad('x', 600000000, 'y')) AS n", "utf-8")
    command = [
        sys.executable,
        "-m",
        "stashlight",
        "hunt",
        str(path),
        SAMPLES,
        "--timeout",
        "1s",
        "--memory",
        "3GB",
        "--quiet",
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == Exit.REFUSED
    assert "stopped after 1 seconds" in run.stderr or "ended" in run.stderr


def test_bad_question_is_refused_before_logs_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An hour of reading must not end with a misspelt column."""
    for name, text in (("a.sql", "SELECT nope FROM DeviceFileEvents"), ("a.kql", "DeviceFileEvents | where Nope == 1")):
        (tmp_path / name).write_text(text, "utf-8")
        assert main(["hunt", str(tmp_path / name), "no/such/logs"]) == Exit.REFUSED
        assert "ope" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "DeviceFileEvents | count",
        "DeviceEvents | where ActionType == 'PowerShellCommand' | count",
        "events | where ['kind'] == 'script_block' | count",
        "union withsource=T Device* | where ActionType == 'PowerShellCommand' | count",
    ],
)
def test_script_blocks_are_there_for_those_who_ask(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are counted for everybody, and loaded only where a question can look at them."""
    shape = plugin("stashlight.simulation.shapes", "nxlog", Shape)
    for suffix, content in shape.render(play("slow_and_low", audits=True)).items():
        (tmp_path / f"x{suffix}").write_bytes(content)
    path = tmp_path / "q.kql"
    path.write_text(text, "utf-8")
    logs = [str(p) for p in tmp_path.iterdir() if p != path]
    assert main(["hunt", str(path), *logs, "--as", "json"]) == Exit.DONE
    said = capsys.readouterr()
    assert "script_block" in said.err
    (row,) = json.loads(said.out)
    assert row["Count"] > 0


def test_library_asks_as_the_command_does() -> None:
    found = stashlight.hunt("renamed-archiver", [SAMPLES], workers=1)
    assert [row["Built"] for row in found.answer.table.to_pylist()] == ["rar.exe", "rclone.exe"]
    assert found.tally.events == 1019
