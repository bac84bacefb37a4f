"""What takes part in a comparison: a command, where its hits stand, and what must be said beside it."""

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["RULES", "Contender", "json_lines", "linked", "nothing", "printed"]

RULES = Path(__file__).parent / "rules"
"""Three rules on single events that every program gets alike."""

_ENDINGS = {"json": "json", "evtx": "evtx"}


def nothing(_: Path) -> None:
    """No hits to count: it only reads."""


def printed(output: Path) -> int:
    """The number that it printed."""
    return int(output.read_text().split()[-1])


def json_lines(output: Path) -> int:
    """The objects that it wrote, one a line or in one list."""
    text = output.read_text("utf-8").strip()
    if text.startswith("["):
        return sum(int(row.get("count", 1)) for row in json.loads(text))
    return sum(1 for line in text.splitlines() if line.startswith("{"))


@dataclass(frozen=True, slots=True)
class Contender:
    """
    One line of a table.

    Without a command it takes no part, and `remark` says why: it is named all the same. `hits` counts in `result`,
    the file that it writes, or in what it printed where that is None.
    """

    name: str
    command: Sequence[str] = ()
    hits: Callable[[Path], int | None] = nothing
    remark: str = ""
    version: str = ""
    result: Path | None = None
    cwd: Path | None = None


def linked(folder: Path, container: str, files: Sequence[str]) -> Path:
    """Give a folder of links to the files, with the ending of what is in them: other programs go by names."""
    target = folder / f"{container}-{len(list(folder.iterdir()))}"
    target.mkdir()
    for number, file in enumerate(files):
        source, link = Path(file).resolve(), target / f"{number:05}.{_ENDINGS[container]}"
        try:
            os.link(source, link)
        except OSError:  # another disk
            link.symlink_to(source)
    return target


def said(command: Sequence[str], cwd: Path | None = None) -> str:
    """What a command prints, errors and all; nothing where it does not run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=cwd, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr
