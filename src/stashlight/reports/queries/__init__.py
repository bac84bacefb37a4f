"""
Questions of the investigation as queries to paste: one module a language, found by listing this folder.

Each function of a dialect gives one query for a subject, with every value quoted by `quoting`; None where the subject
lacks what it asks about. Index and category names are the reader's own to adapt.
"""

from typing import Protocol

from stashlight.plugins import plugins
from stashlight.reports.subject import Subject

__all__ = ["QUESTIONS", "Dialect", "ask", "dialects"]

QUESTIONS = ("pile", "processes", "logons", "network", "touched", "account_elsewhere", "place_elsewhere")


class Dialect(Protocol):
    """What a query language's module has."""

    LABEL: str
    """Name for a person."""
    LANGUAGE: str
    """Name for a code block."""

    def query(self, question: str, subject: Subject) -> str | None:
        """Give the query for one of QUESTIONS."""
        ...


def dialects() -> tuple[Dialect, ...]:
    """Give every language, Stashlight's own first."""
    found = plugins(__name__, Dialect)
    return tuple(found[name] for name in sorted(found, key=lambda name: (name != "sql", name)))


def ask(question: str, subject: Subject) -> tuple[tuple[str, str, str], ...]:
    """Give (label, language, query) in every language that can ask it."""
    found = ((each.LABEL, each.LANGUAGE, each.query(question, subject)) for each in dialects())
    return tuple((label, language, query) for label, language, query in found if query)
