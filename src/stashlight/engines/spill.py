"""
Where an engine puts what does not fit into memory: a private folder that is gone when its engine is.

An engine that ends removes its folder. One that is killed (`kill -9`, out of memory) cannot: where there is a shell, a
process that waits for the engine's end removes it then; and whoever spills next removes what nobody holds any more,
as after a power failure.
"""

import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

__all__ = ["PREFIX", "Spill"]

PREFIX = "stashlight-spill-"
"""How folders are called, in the system's place for temporary files (`TMPDIR`)."""

_LOCK = "in-use"

# Reading ends when the engine's process does, however it does.
_GUARD = 'read -r _; rm -rf -- "$1"'


class Spill:
    """
    A folder that only this user can read, made at once and held until `remove`.

    What others left behind is removed first.
    """

    def __init__(self) -> None:
        _remove_leftovers(Path(tempfile.gettempdir()))
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        # Held before it has its name: whoever sees it by its name finds it held.
        made = self.folder / f"{_LOCK}.new"
        self._lock: IO[bytes] | None = made.open("wb")
        _hold(self._lock)
        made = made.rename(self.folder / _LOCK) if os.name == "posix" else made
        self._guard: subprocess.Popen[bytes] | None = None

    def guard(self) -> None:
        """Have the folder removed even if this process is killed; costs a process, so do it when much may be spilled."""
        shell = shutil.which("sh") if self._guard is None and self._lock is not None else None
        if shell is None or os.name != "posix":
            return
        # Imported here: a small log spills nothing.
        import subprocess

        # A session of its own: what kills this process's group must not kill the guard before it has done its work.
        with suppress(OSError):
            self._guard = subprocess.Popen(  # noqa: S603 - a fixed command; the folder is an argument, never code
                [shell, "-c", _GUARD, "sh", str(self.folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def remove(self) -> None:
        """Remove the folder with all that is in it; twice is fine."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._guard is not None:
            if self._guard.stdin is not None:
                self._guard.stdin.close()
            self._guard.wait()
            self._guard = None


def _hold(file: IO[bytes]) -> None:
    """Mark the folder as in use. On Windows an open file says so: it cannot be removed."""
    if sys.platform != "win32":
        import fcntl

        with suppress(OSError):  # a file system without locks: leftovers stay, and nothing in use is ever removed
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remove_leftovers(place: Path) -> None:
    with suppress(OSError):
        for entry in os.scandir(place):
            if entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False):
                folder = Path(entry.path)
                if _is_left(folder):
                    shutil.rmtree(folder, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    """Whether the folder is this user's and nobody holds it. One without its lock is just being made."""
    if sys.platform == "win32":
        try:
            (folder / _LOCK).unlink()
        except OSError:
            return False
        return True
    import fcntl

    try:
        if folder.stat().st_uid != os.getuid():
            return False
        with (folder / _LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
