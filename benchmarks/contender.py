"""What takes part in a comparison: a command, where its hits stand, and what must be said beside it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["RULES", "Contender", "json_lines", "nothing", "printed"]

RULES = Path(__file__).parent / "rules"
"""Three rules on single events that every program gets alike."""


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
