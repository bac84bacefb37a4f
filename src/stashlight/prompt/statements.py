"""Lines → statements: a query ends with `;` or an empty line, a command with a dot at the end of its line."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from stashlight.answers.query import Language

__all__ = ["Statement", "is_whole", "language_of", "statements"]

# What writes is SQL, too: it is refused as such.
_SQL: Final = frozenset(
    "select with from values table describe summarize explain show pragma insert update delete create drop alter copy attach "
    "install load call export".split()
)
# KQL's own statements end in `;`, and the query that uses them follows.
_BEFORE: Final = re.compile(r"(?:let|declare|set)\b", re.IGNORECASE)
_WORD: Final = re.compile(r"(?:\s|//[^\n]*\n|--[^\n]*\n|\()*(\w*)")


class Statement(NamedTuple):
    """A text and the number of its first line."""

    text: str
    line: int


def language_of(text: str) -> Language:
    """Tell SQL by its first word; everything else is KQL."""
    found = _WORD.match(text)
    return "sql" if found and found[1].lower() in _SQL else "kql"


def is_whole(text: str) -> bool:
    """True if nothing needs to follow: a command, or a query that ends with `;` or an empty line."""
    plain = text.strip()
    if not plain:
        return True
    if plain.startswith("."):
        return True
    if plain.endswith(";"):
        last = re.split(r";\s*", plain[:-1])[-1]
        return not _BEFORE.match(last.strip())
    ends = text.split("\n")
    return len(ends) > 1 and not ends[-1].strip() and not _only_begun(plain)


def _only_begun(plain: str) -> bool:
    return plain.endswith(";") or bool(_BEFORE.match(plain) and ";" not in plain)


def statements(lines: Iterable[str]) -> Iterator[Statement]:
    """Cut lines, as they come through a pipe, into statements."""
    held: list[str] = []
    first = 1
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip("\r\n")
        if not held:
            if not line.strip():
                continue
            first = number
        held.append(line)
        if is_whole("\n".join(held)):
            yield Statement("\n".join(held).strip(), first)
            held = []
    if any(line.strip() for line in held):
        yield Statement("\n".join(held).strip(), first)
