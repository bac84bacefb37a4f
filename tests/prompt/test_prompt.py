"""The prompt without a terminal: what a line means, what a session shows, what can follow."""

import json
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stashlight.answers.bounds import Bounds
from stashlight.answers.logs import Logs
from stashlight.errors import StashlightError
from stashlight.prompt.session import Leave, Session
from stashlight.prompt.statements import is_whole, language_of, statements
from stashlight.prompt.terminal import history_file
from stashlight.prompt.words import following
from stashlight.terminal import PIPE
from stashlight.verbs.hunt import opened

SAMPLES = str(Path(__file__).parents[2] / "samples")


@dataclass
class Said:
    """Remarks that were said."""

    lines: list[str] = field(default_factory=list[str])


@pytest.fixture(scope="module")
def logs() -> Iterator[Logs]:
    with opened([SAMPLES], workers=1) as logs:
        yield logs


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def session(logs: Logs, said: Said) -> Session:
    return Session(logs, said.lines.append, PIPE, Bounds(rows=100))


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (".help", True), ("select 1", False), ("select 1;", True), ("select 1\n", True), ("T\n| take 1", False),
        ("T\n| take 1\n", True), ("let x = 1;", False), ("let x = 1;\n", False), ("let x = 1;\nT | take 1;", True),
        ("let x = 1;\nlet y = 2;", False), ("", True), ("select ';'", False),
    ],
)  # fmt: skip
def test_end_of_a_statement(text: str, *, whole: bool) -> None:
    assert is_whole(text) is whole


def test_lines_of_a_pipe_are_cut_with_their_numbers() -> None:
    lines = ["\n", "T\n", "| take 1\n", "\n", ".help\n", "let x = 1;\n", "T;\n", "select 2"]
    assert list(statements(lines)) == [
        ("T\n| take 1", 2),
        (".help", 5),
        ("let x = 1;\nT;", 6),
        ("select 2", 8),
    ]


@given(st.lists(st.text("let ;.|\tx\n", max_size=12)))
def test_nothing_that_is_piped_in_is_lost(lines: list[str]) -> None:
    found = [word for statement in statements(lines) for word in statement.text.split()]
    assert found == [word for line in lines for word in line.rstrip("\r\n").split()]


@pytest.mark.parametrize(
    ("text", "language"),
    [("select 1", "sql"), ("WITH x AS", "sql"), ("(select 1)", "sql"), ("-- x\nselect 1", "sql"), ("// x\nT | take 1", "kql"),
     ("DeviceFileEvents", "kql"), ("let x = 1", "kql"), ("union A, B", "kql"), ("print 1", "kql")],
)  # fmt: skip
def test_language_is_told_by_the_first_word(text: str, language: str) -> None:
    assert language_of(text) == language


def test_both_languages_answer(session: Session) -> None:
    kql = "".join(session.run("DeviceFileEvents | count;"))
    sql = "".join(session.run('select count(*) as "Count" from DeviceFileEvents;'))
    assert kql == sql
    assert "966" in kql


def test_what_is_not_there_is_said(session: Session) -> None:
    shown = "".join(session.run("DeviceFileEvents | where FileName == 'nobody'"))
    assert shown.startswith("-- no rows; searched 1,019 events in 5 files")


def test_commands_show_what_there_is(session: Session) -> None:
    assert "DeviceFileEvents" in "".join(session.run(".tables"))
    assert "FolderPath" in "".join(session.run(".schema devicefileevents"))
    assert ".schema [TABLE]" in "".join(session.run(".help"))
    assert "renamed-archiver" in "".join(session.run(".hunt"))
    assert "perfsvc.exe" in "".join(session.run(".hunt renamed-archiver"))


def test_rows_for_programs_stand_alone(session: Session, said: Said) -> None:
    assert "".join(session.run(".mode jsonl")) == ""
    (row,) = map(json.loads, "".join(session.run("select 1 as n;")).splitlines())
    assert row == {"n": 1}
    assert said.lines == ["mode jsonl"]


def test_last_rows_are_saved(session: Session, tmp_path: Path) -> None:
    "".join(session.run("select host from events order by 1;"))
    target = tmp_path / "x.csv"
    assert "100 rows written" in "".join(session.run(f".save '{target}'"))
    assert target.read_bytes().startswith(b"host\r\n")


def test_limits_can_be_set(session: Session) -> None:
    "".join(session.run(".limit 3"))
    assert "the first 3 rows" in "".join(session.run("select 1 from events;"))
    assert "5 seconds" in "".join(session.run(".timeout 5s"))


@pytest.mark.parametrize(
    "text",
    [".nope", ".mode pdf", ".schema nope", ".limit x", ".timeout soon", ".save", ".save 'x", ".hunt nope", "select", "T | x",
     "drop table events;", ".save no/such/folder/x.csv"],
)  # fmt: skip
def test_what_is_refused_says_why(session: Session, text: str) -> None:
    with pytest.raises(StashlightError):
        "".join(session.run(text))


def test_quit_leaves(session: Session) -> None:
    with pytest.raises(Leave):
        "".join(session.run(".quit"))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (".sch", ".schema"), (".schema DeviceF", "DeviceFileEvents"), (".mode j", "jsonl"), (".hunt ren", "renamed-archiver"),
        ("Device", "DeviceProcessEvents"), ("DeviceFileEvents | where Fold", "FolderPath"), ("DeviceFileEvents | summ", "summarize"),
        ("sel", "SELECT"), ("select host from events wh", "WHERE"), ("select process_p", "process_path"),
    ],
)  # fmt: skip
def test_word_is_completed(logs: Logs, text: str, word: str) -> None:
    named = text if "process_p" not in text else "from events " + text
    assert word in [found for found, _ in following(named, logs.columns)]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no such permissions")
def test_history_is_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Said) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = history_file(said.lines.append)
    assert path is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    assert history_file(said.lines.append) == path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="Windows links need a privilege")
def test_history_follows_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Said) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "stashlight").mkdir()
    (tmp_path / "stashlight" / "history").symlink_to(tmp_path / "elsewhere")
    assert history_file(said.lines.append) is None
    assert "history is not kept" in said.lines[0]
