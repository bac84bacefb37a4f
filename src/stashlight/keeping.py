"""What is kept to save time at the next start: files that are whole or not there, and of each kind the newest only."""

import contextlib
import os
import tempfile
from pathlib import Path

__all__ = ["keep"]

_MOST = 32
"""Files of one kind; each change of a rule, or of what compiles them, makes another."""


def keep(at: Path, content: bytes) -> None:
    """
    Write the file for this user only, and remove the oldest of its kind; a kind is what its name says before the first dash.

    Whatever goes wrong only costs time at the next start, so nothing is raised for it.
    """
    with contextlib.suppress(OSError):
        at.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, draft = tempfile.mkstemp(dir=at.parent, prefix=f".{at.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(draft).replace(at)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        files = at.parent.glob(f"{at.name.partition('-')[0]}-*{at.suffix}")
        for old in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)[_MOST:]:
            old.unlink(missing_ok=True)
