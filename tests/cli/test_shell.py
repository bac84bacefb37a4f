"""`stashlight shell` at a real pseudo-terminal, and through a pipe."""

import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

from stashlight.cli import Exit

if TYPE_CHECKING:
    Terminal = pexpect.spawn[str]
else:
    Terminal = pexpect.spawn
SAMPLES = str(Path(__file__).parents[2] / "samples")


def _piped(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stashlight", "shell", SAMPLES, "--quiet", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)


def test_queries_come_through_a_pipe() -> None:
    kql = "DeviceFileEvents\n| summarize n = count() by ActionType\n| sort by ActionType asc\n"
    run = _piped(f"{kql}\nselect 1 as one;\n", "--mode", "csv")
    assert (run.returncode, run.stdout) == (Exit.DONE, "ActionType,n\nFileCreated,962\nFileDeleted,4\none\n1\n")


def test_what_is_refused_is_told_with_its_line_and_the_rest_goes_on() -> None:
    run = _piped(
        "select 1 as a;\nselect nope\nfrom events;\ndrop table events;\n.frob\nselect 2 as b;\n", "--mode", "jsonl"
    )
    assert run.returncode == Exit.REFUSED
    assert run.stdout == '{"a":1}\n{"b":2}\n'
    assert "line 2: Binder Error" in run.stderr
    assert "line 4: only one SELECT" in run.stderr
    assert "line 5: no command .frob" in run.stderr


def test_standard_input_is_for_queries() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "stashlight", "shell", "-"], input="", capture_output=True, text=True, check=False
    )
    assert run.returncode == Exit.REFUSED
    assert "give the logs as files" in run.stderr


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    environment = {
        **os.environ,
        "XDG_STATE_HOME": str(tmp_path),
        "TERM": "xterm",
        "NO_COLOR": "1",
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }
    child: Terminal = pexpect.spawn(
        sys.executable,
        ["-m", "stashlight", "shell", SAMPLES, "--timeout", "30s"],
        env=environment,
        encoding="utf-8",
        timeout=30,
        dimensions=(40, 100),
    )
    child.expect("stashlight>")
    yield child
    child.close(force=True)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals of this kind")
def test_person_asks_completes_looks_back_and_leaves(terminal: Terminal, tmp_path: Path) -> None:
    terminal.send("DeviceFileEv\t")
    terminal.expect("ents")  # only what is new is drawn
    terminal.send(" | count;\r")
    terminal.expect("966")
    terminal.expect("stashlight>")
    terminal.send("select 40 + 2 as answer\r")  # no end yet: the next line goes on
    terminal.expect("…")
    terminal.send("\r")
    terminal.expect("42")
    terminal.expect("stashlight>")
    terminal.send("drop table events;\r")
    terminal.expect("only one SELECT")
    terminal.expect("stashlight>")
    terminal.send("\x1b[A\x1b[A\x1b[A\x1b[A")  # up to the first query, through the two lines of the second
    terminal.send("\r")
    terminal.expect("966")
    terminal.expect("stashlight>")
    terminal.send("\x04")
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.exitstatus == Exit.DONE
    history = tmp_path / "stashlight" / "history"
    assert re.findall(r"^\+(.*)", history.read_text("utf-8"), re.MULTILINE)[0] == "DeviceFileEvents | count;"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals of this kind")
def test_ctrl_c_stops_a_query_and_not_the_session(terminal: Terminal) -> None:
    terminal.send("select count(*) from events a, events b, events c, events d;\r")
    terminal.expect(r"\r\n")
    time.sleep(1.5)
    terminal.send("\x03")
    terminal.expect("interrupted")
    terminal.expect("stashlight>")
    terminal.send("select 7 * 6 as answer;\r")
    terminal.expect("42")
