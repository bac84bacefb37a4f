"""Text of strangers on a terminal."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stashlight.terminal import PIPE, Page, cells, page_of, paint, printable, shorten, wrap


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain C:\\temp\\x", "plain C:\\temp\\x"),
        ("\x1b[2J", "<U+001B>[2J"),
        ("a\r\nb\tc", "a<U+000D><U+000A>b<U+0009>c"),
        ("\u202egnp.exe", "<U+202E>gnp.exe"),
        ("C:\\Windows\u00a0\\x", "C:\\Windows<U+00A0>\\x"),
        ("\udcff", "<U+DCFF>"),
        ("\x9b31m", "<U+009B>31m"),
        ("zero\u200bwidth", "zero<U+200B>width"),
        ("Überweisung 機密 \U0001f600", "Überweisung 機密 \U0001f600"),
    ],
)
def test_what_could_deceive_becomes_visible(written: str, shown: str) -> None:
    assert printable(written) == shown


@given(st.text(st.characters()), st.integers(2, 100))
def test_wrapping_keeps_every_letter_and_the_width(text: str, width: int) -> None:
    lines = list(wrap(printable(text), width))
    assert "".join(lines).replace(" ", "") == printable(text).replace(" ", "")
    assert all(cells(line) <= width for line in lines)


def test_wide_letters_take_two_cells_and_marks_none() -> None:
    assert (cells("abc"), cells("機密"), cells("e\u0301")) == (3, 4, 1)


def test_what_is_cut_off_is_said() -> None:
    assert shorten("abcdef", 6) == "abcdef"
    assert shorten("abcdefg", 6) == "abcdef… (+1 characters)"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "colour"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)]
)
def test_terminal_decides_about_colour(environ: dict[str, str], colour: bool) -> None:
    assert page_of(_Terminal(), environ).colour is colour


def test_pipe_has_eighty_columns_and_no_colour() -> None:
    assert page_of(io.StringIO(), {}) == PIPE == Page(80, colour=False)
    assert paint("x", "high", PIPE) == "x"
