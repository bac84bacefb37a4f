"""What is spilled to disk is private, and gone when whoever spilled is, however that ended."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stashlight.engines.spill import PREFIX, Spill

_POSIX = pytest.mark.skipif(os.name != "posix", reason="processes and modes of POSIX")

_SPILLS = """
import sys, time
from stashlight.engines.spill import Spill
spill = Spill()
(spill.folder / "block").write_bytes(b"x" * 1000)
if sys.argv[1] == "guarded":
    spill.guard()
print(spill.folder, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction] - a fixture
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def _left(place: Path) -> list[str]:
    return [each.name for each in place.iterdir() if each.name.startswith(PREFIX)]


def _killed(how: str, place: Path) -> None:
    """Have a process spill, and kill it."""
    with subprocess.Popen([sys.executable, "-c", _SPILLS, how], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(str(place))
        process.send_signal(signal.SIGKILL)


@_POSIX
def test_a_spill_is_for_nobody_else_and_goes_with_its_owner(tmp_path: Path) -> None:
    spill = Spill()
    (spill.folder / "block").write_bytes(b"secret")
    assert stat.S_IMODE(spill.folder.stat().st_mode) == 0o700
    spill.remove()
    spill.remove()
    assert not _left(tmp_path)


@_POSIX
def test_a_guard_cleans_up_after_a_kill(tmp_path: Path) -> None:
    _killed("guarded", tmp_path)
    end = time.monotonic() + 10
    while _left(tmp_path) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _left(tmp_path)


@_POSIX
def test_whoever_spills_next_removes_what_is_left_and_nothing_in_use(tmp_path: Path) -> None:
    held = Spill()
    _killed("alone", tmp_path)
    assert len(_left(tmp_path)) == 2
    newer = Spill()
    assert set(_left(tmp_path)) == {held.folder.name, newer.folder.name}
    held.remove()
    newer.remove()


@_POSIX
def test_a_guard_that_is_not_needed_ends(tmp_path: Path) -> None:
    spill = Spill()
    spill.guard()
    spill.remove()
    assert not _left(tmp_path)


@_POSIX
def test_a_link_of_that_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / f"{PREFIX}x").symlink_to(tmp_path / "precious")
    Spill().remove()
    assert (tmp_path / "precious").is_dir()
