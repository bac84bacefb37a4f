"""Statements one after the other, typed or piped; what is refused is told, and the next one comes."""

from collections.abc import Iterable
from contextlib import suppress

from stashlight.errors import QueryError, StashlightError
from stashlight.outputs import deliver
from stashlight.prompt.session import Leave, Session
from stashlight.prompt.statements import statements
from stashlight.prompt.terminal import typed

__all__ = ["pipe", "talk"]


def talk(session: Session) -> None:
    """Answer what is typed until the person leaves; Ctrl-C stops a query, not the session."""
    with suppress(Leave):
        for text in typed(session.logs.columns, session.say):
            try:
                deliver(session.run(text))
            except KeyboardInterrupt:
                session.say("interrupted")
            except StashlightError as error:
                session.say(str(error))


def pipe(session: Session, lines: Iterable[str]) -> bool:
    """Answer what comes through a pipe; True if anything was refused, which is told with its line."""
    refused = False
    with suppress(Leave):
        for statement in statements(lines):
            try:
                deliver(session.run(statement.text))
            except QueryError as error:
                refused = True
                session.say(f"line {statement.line + max(0, error.line - 1)}: {error.reason}")
            except StashlightError as error:
                refused = True
                session.say(f"line {statement.line}: {error}")
    return refused
