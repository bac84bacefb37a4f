"""
Everything that Stashlight raises on purpose, as one tree.

StashlightError
├── InputError        a path that does not exist, a format that was forced and does not fit
├── RuleError         a rule, correlation or filter that cannot be run: names file and line
├── QueryError        a query that is refused, or went beyond its bounds: names file and line
├── SettingError      a command-line or file setting that makes no sense
├── EngineError       the query engine refused a query; names the rule's file if there is one
├── DocumentError     a result document that cannot be read back (schema, version)
├── TicketError       a ticket system refused, or did not answer
└── CaseError         a case that does not exist, or cannot be kept

A bad *record* is never an exception: it becomes a `Problem`, is counted and reported, and reading goes on.
"""

from stashlight.frozen import frozen

__all__ = [
    "CaseError",
    "DocumentError",
    "EngineError",
    "InputError",
    "Problem",
    "QueryError",
    "RuleError",
    "SettingError",
    "StashlightError",
    "TicketError",
]


@frozen
class Problem:
    """
    Something that could not be used, and where it stood.

    `position` is written for a person: "line 17", "record 4211", "byte 65536", "" for the whole file.
    `count` says how many records this one line stands for (a damaged chunk may lose dozens).
    """

    file: str
    position: str
    reason: str
    count: int = 1


class StashlightError(Exception):
    """What happened, where, and what to do next; shown to the user without a traceback."""


class InputError(StashlightError):
    """An input that cannot be opened at all, or does not fit the format that was forced."""


class RuleError(StashlightError):
    """A rule that cannot be run as written."""

    def __init__(self, reason: str, file: str = "", line: int = 0) -> None:
        self.reason = reason
        self.file = file
        self.line = line
        where = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(where + reason)


class QueryError(StashlightError):
    """A query that does not parse, asks for what there is not, would do more than read, or went beyond its bounds."""

    def __init__(self, reason: str, file: str = "", line: int = 0) -> None:
        self.reason = reason
        self.line = line
        where = f"{file}:{line}: " if file and line else f"{file}: " if file else f"line {line}: " if line else ""
        super().__init__(where + reason)


class SettingError(StashlightError):
    """A setting that makes no sense."""


class EngineError(StashlightError):
    """The engine refused a query."""


class DocumentError(StashlightError):
    """A result document that cannot be read back."""


class TicketError(StashlightError):
    """A ticket system refused, or did not answer; what was not sent can be sent again."""


class CaseError(StashlightError):
    """A case that does not exist, or cannot be kept."""
