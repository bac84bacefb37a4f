"""
The noun: a question as it stands in a file, in KQL, SQL or Sigma, with what its header says of it.

The header of a hunt is the comment at the top, a line a key, further lines indented:

    // title: Many files written by one process
    // attack: T1074.001, T1119
    // finds: …
    //   goes on
    // benign: what else looks like this
    // blind: what it cannot see
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from stashlight.errors import QueryError

__all__ = ["LANGUAGES", "LARGEST", "Language", "Query", "read_query"]

Language = Literal["kql", "sql", "sigma"]

LANGUAGES: Final[dict[str, Language]] = {
    ".kql": "kql", ".kusto": "kql", ".csl": "kql", ".sql": "sql", ".yml": "sigma", ".yaml": "sigma",
}  # fmt: skip

# Characters. Parsers of KQL take a millisecond for a hundred; the longest hunt of Azure-Sentinel has 20,000.
LARGEST: Final = 100_000

_COMMENT: Final = re.compile(r"(?://|--) ?(.*)")
_KEY: Final = re.compile(r"([a-z]+): *(.*)")


@dataclass(frozen=True, slots=True)
class Query:
    """`file` is where it stands, for messages; "" if it was typed. `header` has the keys named above."""

    language: Language
    text: str
    file: str = ""
    header: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def name(self) -> str:
        return Path(self.file).stem

    @property
    def title(self) -> str:
        return self.header.get("title", self.name)

    @property
    def body(self) -> str:
        """The text below the header."""
        lines = self.text.splitlines()
        first = next((i for i, line in enumerate(lines) if not _COMMENT.match(line.strip())), len(lines))
        return "\n".join(lines[first:]).strip("\n") + "\n"

    @property
    def techniques(self) -> tuple[str, ...]:
        """ATT&CK techniques that the header names."""
        return tuple(re.findall(r"T\d{4}(?:\.\d{3})?", self.header.get("attack", "")))


def read_query(path: str | Path) -> Query:
    """
    Give the question in a file; its suffix says the language.

    Raises:
        QueryError: it cannot be read, or is in no language that we know.
    """
    path = Path(path)
    language = LANGUAGES.get(path.suffix.lower())
    if language is None:
        reason = f"a query ends in {', '.join(LANGUAGES)}"
        raise QueryError(reason, str(path))
    try:
        with path.open("rb") as file:
            raw = file.read(4 * LARGEST + 1)
        text = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise QueryError(reason, str(path)) from error
    if len(text) > LARGEST:
        reason = f"longer than {LARGEST:,} characters"
        raise QueryError(reason, str(path))
    return Query(language, text, str(path), {} if language == "sigma" else _header(text))


def _header(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        comment = _COMMENT.match(line.strip())
        if comment is None:
            break
        said = comment[1]
        if match := _KEY.match(said):
            key = match[1]
            found[key] = match[2].strip()
        elif key and said.strip():
            found[key] = f"{found[key]} {said.strip()}"
    return found
