"""What is kept between starts is whole, is this user's, and does not grow without end."""

import os
import stat
import sys
from pathlib import Path

import pytest

from stashlight.keeping import keep


def test_the_newest_of_each_kind_are_kept(tmp_path: Path) -> None:
    """Whoever writes rules makes a new file with each change."""
    folder = tmp_path / "not" / "there"
    keep(folder / "other-1.json", b"x")
    for number in range(40):
        keep(folder / f"rules-{number}.json", b"%d" % number)
        os.utime(folder / f"rules-{number}.json", (number, number))
    keep(folder / "rules-new.json", b"new")
    names = {path.name for path in folder.iterdir()}
    assert names == {"other-1.json", "rules-new.json", *(f"rules-{n}.json" for n in range(9, 40))}
    assert (folder / "rules-39.json").read_bytes() == b"39"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_it_is_read_by_its_user_only(tmp_path: Path) -> None:
    """It was compiled from rules that may be secret."""
    keep(tmp_path / "rules-1.json", b"x")
    assert stat.S_IMODE((tmp_path / "rules-1.json").stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    """The next start takes as long as this one."""
    (tmp_path / "file").write_bytes(b"")
    keep(tmp_path / "file" / "rules-1.json", b"x")
    (tmp_path / "rules-1.json").mkdir()
    keep(tmp_path / "rules-1.json", b"x")
    assert {path.name for path in tmp_path.iterdir()} == {"file", "rules-1.json"}
