"""The process ends early, but not before all who wanted to be called at its end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stashlight.cli import Exit

_TOLD = "import atexit, os, pathlib; atexit.register(pathlib.Path(os.environ['TOLD']).write_text, 'told')"


def _run(arguments: list[str], before: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "sitecustomize.py").write_text(before)
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(folder), "TOLD": str(folder / "told")},
    )


def test_all_of_the_result_is_written(tmp_path: Path) -> None:
    ended = _run(["-m", "stashlight", "rules", "list"], "", tmp_path)
    assert ended.returncode == Exit.DONE
    assert ended.stdout.count("\n") > 50
    assert not ended.stderr


@pytest.mark.parametrize(("arguments", "code"), [(["scan", "nowhere"], Exit.REFUSED), (["--version"], Exit.DONE)])
def test_the_exit_code_is_the_commands(arguments: list[str], code: Exit, tmp_path: Path) -> None:
    assert _run(["-m", "stashlight", *arguments], "", tmp_path).returncode == code


def test_who_came_before_is_called_at_the_end(tmp_path: Path) -> None:
    assert _run(["-m", "stashlight", "scan", "nowhere"], _TOLD, tmp_path).returncode == Exit.REFUSED
    assert (tmp_path / "told").read_text() == "told"


_LATER = f"""
import sys
import stashlight.cli as cli
sys.argv[1:] = ["scan", "nowhere"]
real = cli.main
def main():
    {_TOLD}
    return real()
cli.main = main
from stashlight.__main__ import run
run()
"""

_FULL = """
import stashlight.cli as cli
cli.main = lambda: print("x") or 0
from stashlight.__main__ import run
run()
"""


def test_who_came_later_is_called_at_the_end(tmp_path: Path) -> None:
    assert _run(["-c", _LATER], "", tmp_path).returncode == Exit.REFUSED
    assert (tmp_path / "told").read_text() == "told"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_disk_that_is_full_at_the_last_flush_is_told() -> None:
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-c", _FULL], stdout=full, stderr=subprocess.PIPE, check=False, env=buffered
        )
    assert ended.returncode == 120
    assert b"No space left" in ended.stderr
