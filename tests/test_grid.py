"""Tables on a terminal: 80 columns, everything visible, nothing deceptive."""

from hypothesis import given
from hypothesis import strategies as st

from stashlight.grid import grid
from stashlight.terminal import PIPE, Page, cells


def _shown(names: list[str], rows: list[list[object]], page: Page = PIPE) -> str:
    return "".join(grid(names, rows, page))


def test_narrow_columns_stand_beside_each_other() -> None:
    assert _shown(["host", "n"], [["ws1", 3], ["fs-02", 12]]) == "host   n\n-----  --\nws1    3\nfs-02  12\n"


def test_long_text_goes_on_below() -> None:
    shown = _shown(["host", "command"], [["ws1", "copy " * 30]])
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.count("copy") == 30


def test_more_than_four_lines_of_a_cell_are_listed_and_never_cut() -> None:
    shown = _shown(["host", "command"], [["ws1", "x" * 1000]])
    assert shown.startswith("  host")
    assert shown.count("x") == 1000


def test_many_columns_are_told_row_by_row() -> None:
    names = [f"column{i}" for i in range(12)]
    shown = _shown(names, [["some longer value"] * 12])
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.count("some longer value") == 12


def test_columns_without_values_are_named_once() -> None:
    assert _shown(["host", "size"], [["a", None], ["b", None]]).endswith("NULL in every row: size\n")


def test_no_rows_are_no_text() -> None:
    assert _shown(["host"], []) == ""


@given(
    st.lists(
        st.lists(st.text(max_size=200) | st.none() | st.integers() | st.floats(), min_size=3, max_size=3), max_size=5
    )
)
def test_nothing_escapes_the_page(rows: list[list[object]]) -> None:
    shown = _shown(["a\x1b[2J", "b", "c"], rows)
    for line in shown.splitlines():
        assert line.isprintable()
        assert cells(line) <= 80 or " " not in line
