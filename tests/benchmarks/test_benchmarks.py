"""The benchmark runs and counts; how fast anything is, is no test's business."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def from_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark is no part of the package: it runs where it lies."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])


def test_all_contenders_run_and_stand_in_the_table() -> None:
    from benchmarks.__main__ import figures
    from benchmarks.data import invented

    with invented(200_000) as data:
        text = figures(data, repeats=1, only=("json", "start"))
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ")]
    assert [row[1].strip().split(" 0")[0] for row in rows if row[1].strip()] == [
        "raw read",
        "plain loop",
        "DuckDB reads the columns",
        "stashlight scan",
        "Zircolite",
        "Tenzir",
        "Chainsaw",
        "Hayabusa",
        "connecting to DuckDB",
        "stashlight scan",
    ]
    assert all("failed" not in row[8] for row in rows)


def test_a_scan_has_not_become_much_slower_than_a_plain_loop() -> None:
    """Ratios only, and a bound that a busy machine keeps: 6 for so small a log, so 20 is a mistake and not the weather."""
    from benchmarks.data import invented
    from benchmarks.measure import run
    from benchmarks.sections import sections

    with invented(60_000_000) as data, TemporaryDirectory() as folder:
        (section,) = sections(data, ("json",), {}, (), Path(folder))
        commands = {each.name: each.command for each in section.contenders if each.command}
        best = {
            name: min(run(commands[name]).processor for _ in range(2)) for name in ("plain loop", "stashlight scan")
        }
    assert best["stashlight scan"] < 20 * best["plain loop"], best


def test_files_are_told_by_their_content(tmp_path: Path) -> None:
    from benchmarks.data import found

    (tmp_path / "a.evtx").write_bytes(b'{"EventID": 1}\n')
    (tmp_path / "b.json").write_bytes(b"ElfFile\0" + bytes(100))
    (tmp_path / "c.txt").write_bytes(b"hello\n")
    assert found(str(tmp_path)) == {"evtx": [str(tmp_path / "b.json")], "json": [str(tmp_path / "a.evtx")]}


def test_figures_replace_only_what_is_between_the_markers(tmp_path: Path) -> None:
    from benchmarks.table import BEGIN, END, put

    page = tmp_path / "p.md"
    page.write_text(f"a\n{BEGIN}\nold\n{END}\nb\n")
    put(page, "new")
    put(page, "newer")
    assert page.read_text() == f"a\n{BEGIN}\n\nnewer\n\n{END}\nb\n"


def test_a_run_says_time_and_code() -> None:
    from benchmarks.measure import run

    done = run([sys.executable, "-c", "import sys; sys.exit(3)"])
    assert done.code == 3
    assert 0 < done.processor <= done.wall * 64
