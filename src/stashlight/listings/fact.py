"""The noun of this stage: what one row of a listing says of one file."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from stashlight.errors import Problem
from stashlight.events.schema import fold

__all__ = ["ALGORITHMS", "Fact", "Page", "Wanted"]

# Hexadecimal digits of a digest → algorithm; nothing else of that length is in use for files.
ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256"}


@dataclass(frozen=True, slots=True)
class Fact:
    r"""
    One row: what it says of the file `path`.

    `path` is as written, in one of three forms: whole (`C:\x`, `\\server\share\x`, `/x`), from the root of a volume whose
    drive the row does not tell (`\x`), or relative to a folder that nobody named (`x`, `a/x`).
    `hashes` are in hexadecimal, by algorithm. `is_present` is False for a file that was deleted, at `ts_us` if that is
    known (microseconds UTC); None where the row does not say, as in a list of hashes.
    """

    line: int
    path: str
    bytes: int | None = None
    hashes: dict[str, str] = field(default_factory=dict[str, str])
    is_present: bool | None = None
    ts_us: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a listing: `rows` were read, `facts` are those of wanted names, `problems` those that are damaged."""

    rows: int = 0
    facts: list[Fact] = field(default_factory=list[Fact])
    problems: list[Problem] = field(default_factory=list[Problem])
    format: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The folded names that someone asks for; a disk has millions of others. None wants every row."""

    names: AbstractSet[str] | None = None

    def takes(self, name: str) -> bool:
        return self.names is None or fold(name) in self.names
