"""
What a target is: a module of `targets/` that says, as pure functions, which requests to make and what answers mean.

The sender (`sending.py`) makes them. Targets that cannot be searched give `search` None; the ledger stands in for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast, runtime_checkable

from stashlight.incidents.document import Incident
from stashlight.tickets.exchange import Answer, Silence
from stashlight.tickets.settings import Setting, Settings

__all__ = ["Closing", "Closure", "Json", "Request", "Target", "Ticket", "entries", "member"]

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: path and query are put behind the target's address; `body` is JSON, or bytes as they are."""

    method: str
    path: str
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    is_harmless: bool = False
    """Whether a second time changes nothing: a search, or setting a field to the same value."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that exists at the target. `revision` is the incident's state that it tells, "" if it does not say."""

    key: str
    revision: str = ""
    state: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Closure:
    """How a case ended: its id, one of our verdicts, and the analyst's reason."""

    case: str
    verdict: str
    rationale: str


class Target(Protocol):
    """What a target module has. `headers` carry the login."""

    SETTINGS: tuple[Setting, ...]
    RESEND: bool
    """Whether the receiver can tell a second delivery from the first, so that a silence may be answered by sending."""

    def payload(self, incident: Incident, settings: Settings) -> Json:
        """Give what would be created; pure."""
        ...

    def headers(self, settings: Settings, body: bytes, now: float) -> dict[str, str]:
        """Give the headers of every request to the target; `now` is seconds since 1970."""
        ...

    def search(self, incident: str, settings: Settings) -> Request | None:
        """Ask for the tickets of an incident id; None if the target cannot be asked."""
        ...

    def found(self, answer: object, incident: str) -> list[Ticket]:
        """Read the answer to `search`: only tickets that are exactly of that incident, the oldest first."""
        ...

    def create(self, payload: Json, settings: Settings) -> Request:
        """Ask for a new ticket."""
        ...

    def created(self, answer: object) -> str:
        """Read the key of the new ticket from the answer."""
        ...

    def update(self, ticket: Ticket, incident: Incident, settings: Settings) -> Sequence[Request]:
        """Ask for what a newer state of the incident changes; what analysts changed by hand is left alone."""
        ...

    def confirm(self, answer: object, settings: Settings) -> Request | None:
        """Ask whether what was taken is kept; None where being taken is enough."""
        ...

    def confirmed(self, answer: object) -> bool:
        """Read the answer to `confirm`."""
        ...

    def talk(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, now: float
    ) -> Answer | Silence:
        """Make a request: `exchange` over HTTP, or something of the target's own."""
        ...

    def comments(self, ticket: Ticket, settings: Settings) -> Request | None:
        """Ask for the comments, to see whether one arrived; None if an update makes none."""
        ...


@runtime_checkable
class Closing(Protocol):
    """What a target module has besides if it can close a ticket whose case is closed; the others leave that to people."""

    def state(self, ticket: Ticket) -> Request:
        """Ask in which state the ticket is."""
        ...

    def is_closed(self, answer: object) -> bool:
        """Read the answer to `state`."""
        ...

    def transitions(self, ticket: Ticket) -> Request:
        """Ask which steps the ticket can take from where it is."""
        ...

    def closing(self, ticket: Ticket, answer: object, closure: Closure, settings: Settings) -> tuple[Request, str]:
        """
        Choose the step that closes from the answer to `transitions`; says besides what could not be set, "" if all was.

        Raises:
            TicketError: none of the steps closes, or it asks for what is not known.
        """
        ...

    def comment(self, ticket: Ticket, lines: Sequence[str]) -> Request:
        """Write a comment."""
        ...


def member(value: object, *names: str) -> object:
    """Give a member of nested JSON objects, None if any is missing."""
    for name in names:
        value = cast("Json", value).get(name) if isinstance(value, dict) else None
    return value


def entries(value: object) -> list[object]:
    """Give a JSON array, empty if it is none."""
    return cast("list[object]", value) if isinstance(value, list) else []
