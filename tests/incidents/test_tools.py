"""Every tool family against cases as data: `cases/tools/NAME.yml`, and what all of them owe the reader."""

import string
from pathlib import Path
from typing import NotRequired, TypedDict, cast

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stashlight.incidents.acts import RUNGS, Act, Image, Tool, read_statement
from stashlight.incidents.commands import Statement, statements
from stashlight.plugins import plugins

_FOLDER = Path(__file__).parent / "cases" / "tools"
_TOOLS = plugins("stashlight.incidents.tools", Tool)
_LEAST_POSITIVE = 6
_LEAST_NEGATIVE = 4


class Expected(TypedDict):
    """An act as a case writes it."""

    rung: str
    tool: str
    sources: NotRequired[list[str]]
    destination: NotRequired[str]
    is_file: NotRequired[bool]
    traits: NotRequired[list[str]]


class Case(TypedDict):
    """One command line and what the tool family has to read from it; `act` is null if nothing."""

    line: str
    act: Expected | None
    shell: NotRequired[str]
    directory: NotRequired[str]
    original: NotRequired[str]
    description: NotRequired[str]
    why: NotRequired[str]


def _cases() -> list[tuple[str, Case]]:
    return [
        (path.stem, case)
        for path in sorted(_FOLDER.glob("*.yml"))
        for case in cast("list[Case]", yaml.safe_load(path.read_text(encoding="utf-8")))
    ]


def _act(expected: Expected) -> Act:
    return Act(
        expected["rung"],
        expected["tool"],
        tuple(expected.get("sources", ())),
        expected.get("destination"),
        expected.get("is_file", False),
        frozenset(expected.get("traits", ())),
    )


@pytest.mark.parametrize(("tool", "case"), _cases(), ids=[f"{tool}: {case['line']}" for tool, case in _cases()])
def test_tool_reads_what_the_command_does(tool: str, case: Case) -> None:
    image = Image(None, case.get("original"), case.get("description"))
    read = [_TOOLS[tool].read(s, image) for s in statements(case["line"], case.get("shell", ""), case.get("directory"))]
    assert [act for act in read if act] == ([_act(case["act"])] if case["act"] else []), case.get("why")


@pytest.mark.parametrize("tool", _TOOLS)
def test_tool_has_cases_of_both_kinds(tool: str) -> None:
    """A family without look-alikes is not understood."""
    found = [case["act"] for name, case in _cases() if name == tool]
    assert sum(act is not None for act in found) >= _LEAST_POSITIVE
    assert sum(act is None for act in found) >= _LEAST_NEGATIVE


@pytest.mark.parametrize("tool", _TOOLS)
def test_tool_is_called_as_its_file(tool: str) -> None:
    assert tool == _TOOLS[tool].NAME


# Words that some family looks for, among words that none does.
_WORDS = st.one_of(
    st.sampled_from(sorted({word for _, case in _cases() for word in case["line"].split()})),
    st.text(max_size=12),
    st.text(alphabet=string.punctuation + " ", max_size=6),
)
_STATEMENT = st.builds(
    Statement,
    words=st.lists(_WORDS, max_size=8).map(tuple),
    shell=st.sampled_from(("", "cmd", "ps", "sh")),
    text=st.text(max_size=60),
    redirect=st.none() | st.text(max_size=10),
    upstream=st.lists(st.lists(_WORDS, max_size=3).map(tuple), max_size=2).map(tuple),
    directory=st.none() | st.sampled_from(("C:\\Temp", "/tmp", "\\\\fs1\\hr", "")),
    roots=st.lists(_WORDS, max_size=2).map(tuple),
    patterns=st.lists(_WORDS, max_size=2).map(tuple),
)
_IMAGE = st.builds(
    Image, path=st.none() | st.text(max_size=9), original=st.none() | _WORDS, description=st.none() | _WORDS
)


@settings(deadline=None)
@given(_STATEMENT, _IMAGE)
def test_any_statement_is_read_the_same_twice(statement: Statement, image: Image) -> None:
    """What an attacker writes never raises, and reading depends on nothing else."""
    for tool in _TOOLS.values():
        act = tool.read(statement, image)
        assert act == tool.read(statement, image)
        assert act is None or act.rung in (*RUNGS, "prepare")
    assert read_statement(statement, image) == read_statement(statement, image)


@settings(deadline=None)
@given(st.text(max_size=200), st.sampled_from(("", "cmd", "ps", "sh")))
def test_any_text_is_read(text: str, shell: str) -> None:
    for statement in statements(text, shell, "C:\\Temp"):
        read_statement(statement, Image("C:\\x.exe", "rar.exe", "x"))
