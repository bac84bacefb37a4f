"""Command text is taken apart as its shell would, and hostile text costs no more than its length."""

import time
from pathlib import Path
from typing import NotRequired, TypedDict, cast

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stashlight.incidents.acts import Image, read_statement
from stashlight.incidents.commands import program, resolve, statements


class Case(TypedDict):
    """A text and its statements; of each, the fields that the case names."""

    text: str
    read: list[dict[str, object]]
    shell: NotRequired[str]
    directory: NotRequired[str]
    why: NotRequired[str]


_CASES = cast("list[Case]", yaml.safe_load((Path(__file__).parent / "cases" / "statements.yml").read_text("utf-8")))


def _listed(value: object) -> object:
    """Give tuples as the lists that YAML has."""
    return [_listed(v) for v in cast("tuple[object, ...]", value)] if isinstance(value, tuple) else value


@pytest.mark.parametrize("case", _CASES, ids=[case["text"] for case in _CASES])
def test_text_is_taken_apart(case: Case) -> None:
    found = statements(case["text"], case.get("shell", ""), case.get("directory"))
    told = [{name: _listed(getattr(s, name)) for name in want} for s, want in zip(found, case["read"], strict=False)]
    assert told == case["read"], case.get("why")
    assert len(found) == len(case["read"]), case.get("why")


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ('"C:\\x y\\Rar.EXE"', "rar"),
        ("/usr/bin/tar", "tar"),
        ("cmd", "cmd"),
        ("run.bat", "run"),
        ("7z.exe", "7z"),
        ("archive.exe.zip", "archive.exe.zip"),
        ("", ""),
        ("\\", ""),
    ],
)
def test_program_is_the_folded_file_name(word: str, name: str) -> None:
    assert program(word) == name


@pytest.mark.parametrize(
    ("path", "directory", "whole"),
    [
        ("a", "C:\\b", "C:\\b\\a"),
        ("..\\a", "C:\\b\\c", "C:\\b\\a"),
        ("..\\..\\..\\a", "C:\\b", "C:\\a"),
        ("./a", "/b", "/b/a"),
        ("a", "\\\\fs1\\hr", "\\\\fs1\\hr\\a"),
        ("D:\\a", "C:\\b", "D:\\a"),
        ("\\\\fs1\\hr", "C:\\b", "\\\\fs1\\hr"),
        ("%TEMP%\\a", "C:\\b", "%TEMP%\\a"),
        ("$env:TEMP\\a", "C:\\b", "$env:TEMP\\a"),
        ("~/a", "/b", "~/a"),
        ("a", None, "a"),
        ("", "C:\\b", ""),
        ("a", "C:\\" + 5000 * "b\\", "a"),
    ],
)
def test_relative_path_is_resolved_only_against_a_known_directory(path: str, directory: str | None, whole: str) -> None:
    assert resolve(path, directory) == whole


@settings(deadline=None)
@given(st.text(max_size=300), st.sampled_from(("", "cmd", "ps", "sh")))
def test_reading_twice_gives_the_same(text: str, shell: str) -> None:
    assert statements(text, shell) == statements(text, shell)


# Programs whose words some expression looks into, and bits that make expressions go back and forth.
_HEADS = (
    " |cmd /c |powershell -c |sh -c |cat |copy |robocopy |rar a |tar |zip |find / -exec |forfiles /c |curl |scp |aws |"
    "rclone copy |sqlcmd |mysqldump |rundll32 comsvcs|ntdsutil |wbadmin start backup|copy-item |compress-archive |"
    "set-content |dir /s |reg save |esentutl "
).split("|")
_BITS = ["[io.file]::copy(", "createfromdirectory(", "| a ", "-a ", ": ", "\u202e ", "x.", *"\"'{>\\éx,="]
_MOST_SECONDS = 1.0  # linear reading takes hundredths; the quadratic ones that were here took many seconds


@pytest.mark.parametrize("head", _HEADS)
def test_no_expression_blows_up(head: str) -> None:
    for bit in _BITS:
        text = (head + bit * 8_192)[:8_192]
        start = time.process_time()
        for statement in statements(text, "", "C:\\Temp"):
            read_statement(statement, Image("c:\\x.exe", "x", "x"))
        assert time.process_time() - start < _MOST_SECONDS, (head, bit)


@pytest.mark.parametrize(
    "text",
    [
        '$a="' + "x" * 1000 + '";' + "$a=$a$a;" * 20 + "copy $a$a$a b;" * 400,
        "cd " + "a\\" * 30_000 + "&" + "cd b&copy x y&" * 500,
        "find -exec " * 6_000,
        "forfiles /c " * 6_000,
        "{ a " * 16_000,
        "a|" * 32_000,
        "start " * 12_000,
        "cat " + "x" * 65_000,
        "$x=a b c d e f g h|x;" + "y $x $x $x $x $x;" * 3_000,
        'sh -c "a;b";' * 5_000,
    ],
    ids=lambda text: cast("str", text)[:24],
)
def test_long_hostile_text_is_read_in_bounded_time(text: str) -> None:
    for shell in ("", "ps", "sh"):
        start = time.process_time()
        for statement in statements(text, shell, "C:\\Temp"):
            read_statement(statement, Image("c:\\x.exe", "x", "x"))
        assert time.process_time() - start < 4 * _MOST_SECONDS


def test_variables_that_double_add_no_more_than_the_text_may_hold() -> None:
    text = '$a="' + "x" * 1000 + '";' + "$a=$a$a;" * 60 + "copy $a b"
    assert sum(len(word) for s in statements(text, "ps") for word in s.words) < 70_000
