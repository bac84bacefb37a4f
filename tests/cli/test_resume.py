"""A scan that goes on where another ended gives what one scan would have given."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stashlight.cli import Exit, main
from stashlight.simulation.samples import write_samples


def _scan(logs: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, object]:
    assert main(["scan", str(logs), "--as", "json", "--quiet", *more]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    write_samples(folder)
    (folder / "bad.json").write_text('{"EventID": 11\n')
    return folder


def test_nothing_changes_but_what_is_read(logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = str(tmp_path / "state")
    plain = _scan(logs, capsys)
    first = _scan(logs, capsys, "--resume", state)
    kept = {each.name: each.stat().st_mtime_ns for each in Path(state).iterdir()}
    again = _scan(logs, capsys, "--resume", state)
    assert plain == first == again
    assert kept
    assert kept == {each.name: each.stat().st_mtime_ns for each in Path(state).iterdir()}


def test_what_is_kept_stands_for_the_log(logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The rows come from the folder: taking one file's rows out of it is seen as damage, and the log is read again."""
    state = tmp_path / "state"
    plain = _scan(logs, capsys, "--resume", str(state))
    for each in state.glob("*.arrow"):
        each.write_bytes(each.read_bytes()[:100])
    assert _scan(logs, capsys, "--resume", str(state)) == plain
    for each in state.glob("*.json"):
        each.write_text("{}")
    assert _scan(logs, capsys, "--resume", str(state)) == plain


def test_a_file_that_changed_is_read_again(logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = str(tmp_path / "state")
    _scan(logs, capsys, "--resume", state)
    log = next(each for each in sorted(logs.iterdir()) if each.suffix == ".ndjson")
    log.write_bytes(b"\n".join(log.read_bytes().splitlines()[:10]) + b"\n")
    (logs / "more.json").write_text('{"EventID": 4624, "SourceName": "Microsoft-Windows-Security-Auditing"}\n')
    assert _scan(logs, capsys, "--resume", state) == _scan(logs, capsys)


def test_other_rules_read_what_they_need(logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = str(tmp_path / "state")
    _scan(logs, capsys, "--resume", state)
    assert _scan(logs, capsys, "--resume", state, "--since", "10000d") == _scan(logs, capsys, "--since", "10000d")


def test_a_folder_that_cannot_be_made_is_refused(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(logs), "--resume", str(logs / "bad.json" / "x")]) == Exit.REFUSED
    assert "cannot keep" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="kills processes as POSIX does")
def test_a_scan_that_was_killed_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, state = tmp_path / "logs", tmp_path / "state"
    assert main(["simulate", "mass_copy", "--shape", "otrf", "--events", "40000", "--out", str(folder)]) == 0
    capsys.readouterr()
    command = [sys.executable, "-m", "stashlight", "scan", str(folder), "--resume", str(state), "--quiet"]
    with subprocess.Popen([*command, "--workers", "1"], stdout=subprocess.DEVNULL) as process:
        end = time.monotonic() + 60
        while not list(state.glob("*.json")) and time.monotonic() < end:
            time.sleep(0.01)
        process.kill()
    assert list(state.glob("*.json"))
    assert _scan(folder, capsys, "--resume", str(state)) == _scan(folder, capsys)
