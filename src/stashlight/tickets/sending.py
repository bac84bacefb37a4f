"""
Sending: look for the incident, then create, or update and comment. Never a second ticket, never a lost one.

What can go wrong, and what is done:

- 429, 503 with Retry-After: wait as long as asked, up to five minutes.
- another 5xx, a timeout, a reset: nobody knows whether it arrived. Look again, more than once, for a search index may
  lag behind; only then create again. A target that cannot be asked is sent to again only if its receiver can tell a
  second delivery from the first; otherwise the person is told to look, and decides with `--again`.
- 400, 401, 403 …: the target's own words, with every secret blotted out.
"""

import hashlib
import time as clock
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from stashlight.errors import TicketError
from stashlight.incidents.document import Incident
from stashlight.incidents.document_json import to_json
from stashlight.incidents.stable_ids import revision
from stashlight.terminal import shorten
from stashlight.tickets.exchange import Answer, Silence
from stashlight.tickets.ledger import Ledger, Sent
from stashlight.tickets.settings import Settings
from stashlight.tickets.target import Closing, Closure, Request, Target, Ticket
from stashlight.tickets.wording import closure_lines, marker

__all__ = ["Closed", "Outcome", "Pace", "close", "send"]

_CONFLICT: Final = 409
_PLACES: Final = ("project", "channel", "table", "customer", "to")
_TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_NOT_TAKEN: Final = frozenset({429, 503})
"""The server says that it did not take the request; any other 5xx may have come after the work was done."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how patiently; seconds. The clock is passed in."""

    attempts: int = 5
    first_wait: float = 1.0
    most_wait: float = 300.0
    looks: int = 3
    """How often to look for a ticket after a silence before it is taken for not created."""
    sleep: Callable[[float], None] = clock.sleep
    now: Callable[[], float] = clock.time


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done. `unchanged`: the ticket tells this state already. `others` are further tickets of the incident."""

    action: Literal["created", "updated", "unchanged"]
    ticket: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    """What became of a ticket whose case is closed; `unchanged`: it was closed already. `said` is what could not be set."""

    action: Literal["closed", "unchanged"]
    said: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """A target with all that is needed to talk to it."""

    name: str
    target: Target
    settings: Settings
    pace: Pace

    @property
    def address(self) -> str:
        """The address as far as it may be shown: scheme and host."""
        return "/".join(self.settings["url"].split("/")[:3]).partition("?")[0]

    @property
    def place(self) -> str:
        """Where tickets go, told apart from other places at the same host without keeping the whole address."""
        whole = "\n".join((self.settings["url"], *(self.settings[each] for each in _PLACES)))
        return f"{self.address}#{hashlib.sha256(whole.encode()).hexdigest()[:12]}"


def send(
    name: str,
    target: Target,
    incident: Incident,
    settings: Settings,
    ledger: Ledger,
    *,
    again: bool = False,
    pace: Pace = Pace(),
) -> Outcome:
    """
    Bring the target to the state of the incident; a second time changes nothing.

    Raises:
        TicketError: it was refused, or it is not known whether it arrived; nothing is lost, send again.
    """
    line = _Line(name, target, settings, pace)
    if target.search(incident.id, settings) is None:
        return _deliver(line, incident, ledger, again=again)
    tickets = _look(line, incident.id)
    last = ledger.last(name, line.place, incident.id)
    if not tickets and last and last.ticket and not again:
        tickets = [Ticket(last.ticket, last.revision)]  # the index lags behind
    outcome = _update(line, incident, tickets) if tickets else _create(line, incident)
    ledger.note(name, line.place, incident.id, Sent(revision(incident), outcome.ticket, "sent"), pace.now())
    return outcome


def close(
    name: str, target: Target, ticket: str, closure: Closure, settings: Settings, *, pace: Pace = Pace()
) -> Closed:
    """
    Close a ticket as its case was closed: comment with the reason, then take the step that leads to the end.

    Raises:
        TicketError: the target cannot close tickets, no step closes this one, or nobody knows whether it arrived.
    """
    if not isinstance(target, Closing):
        message = f"{name} cannot close tickets from here: close {ticket} there"
        raise TicketError(message)
    line, known, ends = _Line(name, target, settings, pace), Ticket(ticket), target

    def is_closed() -> bool:
        return ends.is_closed(_answered(line, ends.state(known)))

    if is_closed():
        return Closed("unchanged")
    step, said = ends.closing(known, _answered(line, ends.transitions(known)), closure, settings)
    lines = closure_lines(closure)

    def is_commented() -> bool:
        request = target.comments(known, settings)
        return request is not None and lines[-1] in to_json(_answered(line, request))

    if not is_commented():
        _insist(line, ends.comment(known, lines), ticket, is_commented)
    _insist(line, step, ticket, is_closed)
    return Closed("closed", said)


def _create(line: _Line, incident: Incident) -> Outcome:
    """Create, and after every doubt look first."""
    request = line.target.create(line.target.payload(incident, line.settings), line.settings)
    said = ""
    for wait in _waits(line.pace):
        match _ask(line, request):
            case Answer() as answer if answer.is_done:
                return Outcome("created", line.target.created(answer.body))
            case Answer(status=status, retry_after=asked) as answer if status in _TRY_AGAIN or status == _CONFLICT:
                said, doubt = _told(line, answer), status not in _NOT_TAKEN
                _pause(line, asked if asked is not None else wait)
            case Answer() as answer:
                if tickets := _look(line, incident.id):  # "there is one already" is a 400 in places
                    return _update(line, incident, tickets)
                raise TicketError(_told(line, answer))
            case Silence(reason=reason, may_have_arrived=doubt):
                said = f"{line.name} at {line.address} did not answer: {line.settings.hidden(reason)}"
                _pause(line, wait)
        for look in range(line.pace.looks if doubt else 1):
            if tickets := _look(line, incident.id):
                return Outcome("created", tickets[0].key, tuple(each.key for each in tickets[1:]))
            if doubt and look + 1 < line.pace.looks:
                _pause(line, line.pace.first_wait * 2**look)
    message = f"{said}; no ticket was found afterwards: send again later"
    raise TicketError(message)


def _update(line: _Line, incident: Incident, tickets: Sequence[Ticket]) -> Outcome:
    """Bring the oldest ticket up to date; a comment whose arrival is in doubt is looked for before it is repeated."""
    first, *rest = tickets
    others = tuple(each.key for each in rest)
    if first.revision == revision(incident):
        return Outcome("unchanged", first.key, others)
    for request in line.target.update(first, incident, line.settings):
        _insist(line, request, first.key, lambda: _has_arrived(line, first, incident))
    return Outcome("updated", first.key, others)


def _insist(line: _Line, request: Request, ticket: str, has_arrived: Callable[[], bool]) -> None:
    said = ""
    for wait in _waits(line.pace):
        match _ask(line, request):
            case Answer() as answer if answer.is_done:
                return
            case Answer(status=status, retry_after=asked) as answer if status in _TRY_AGAIN:
                said, doubt = _told(line, answer), status not in _NOT_TAKEN
                _pause(line, asked if asked is not None else wait)
            case Answer() as answer:
                raise TicketError(_told(line, answer))
            case Silence(reason=reason, may_have_arrived=doubt):
                said = f"{line.name} at {line.address} did not answer: {line.settings.hidden(reason)}"
                _pause(line, wait)
        if doubt and not request.is_harmless and has_arrived():
            return
    message = f"{said}; ticket {ticket} is not up to date: send again later"
    raise TicketError(message)


def _has_arrived(line: _Line, ticket: Ticket, incident: Incident) -> bool:
    request = line.target.comments(ticket, line.settings)
    return request is not None and marker(incident) in to_json(_answered(line, request))


def _deliver(line: _Line, incident: Incident, ledger: Ledger, *, again: bool) -> Outcome:
    """Send to a target that cannot be asked: what the ledger says is all that is known."""
    key = (line.name, line.place, incident.id)
    last, state = ledger.last(*key), revision(incident)
    if last and last.state == "sent" and last.revision == state and not again:
        return Outcome("unchanged", last.ticket)
    if last and last.state == "sending" and not line.target.RESEND and not again:
        message = (
            f"an earlier message on {incident.id} to {line.name} got no answer, and may have arrived: "
            "look there, then send with --again if it is missing"
        )
        raise TicketError(message)
    request = line.target.create(line.target.payload(incident, line.settings), line.settings)
    ledger.note(*key, Sent(state, last.ticket if last else "", "sending"), line.pace.now())
    said, doubt = "", False
    for wait in _waits(line.pace):
        match _ask(line, request):
            case Answer() as answer if answer.is_done:
                _wait_until_kept(line, answer)
                ticket = line.target.created(answer.body) or incident.id
                ledger.note(*key, Sent(state, ticket, "sent"), line.pace.now())
                return Outcome("updated" if last and last.state == "sent" else "created", ticket)
            case Answer(status=status, retry_after=asked) as answer if status in _TRY_AGAIN:
                said, doubt = _told(line, answer), doubt or status not in _NOT_TAKEN
                pause = asked if asked is not None else wait
            case Answer() as answer:
                _take_back(ledger, key, last, line.pace.now())
                raise TicketError(_told(line, answer))
            case Silence(reason=reason, may_have_arrived=arrived):
                said = f"{line.name} at {line.address} did not answer: {line.settings.hidden(reason)}"
                doubt, pause = doubt or arrived, wait
        if doubt and not line.target.RESEND:
            message = f"{said}; it may have arrived: look there, then send with --again if it is missing"
            raise TicketError(message)
        _pause(line, pause)
    if not doubt:
        _take_back(ledger, key, last, line.pace.now())
    message = f"{said}; not delivered: send again later"
    raise TicketError(message)


def _wait_until_kept(line: _Line, answer: Answer) -> None:
    request = line.target.confirm(answer.body, line.settings)
    if request is None:
        return
    for wait in _waits(line.pace):
        if line.target.confirmed(_answered(line, request)):
            return
        _pause(line, wait)
    message = f"{line.name} at {line.address} took the event, but did not confirm that it is indexed: send again later"
    raise TicketError(message)


def _take_back(ledger: Ledger, key: tuple[str, str, str], last: Sent | None, now: float) -> None:
    if last:
        ledger.note(*key, last, now)
    else:
        ledger.forget(*key)


def _look(line: _Line, incident: str) -> list[Ticket]:
    request = line.target.search(incident, line.settings)
    return line.target.found(_answered(line, request), incident) if request else []


def _answered(line: _Line, request: Request) -> object:
    """Ask something that changes nothing, as often as it takes."""
    said = ""
    for wait in _waits(line.pace):
        match _ask(line, request):
            case Answer() as answer if answer.is_done:
                return answer.body
            case Answer(status=status, retry_after=asked) as answer if status in _TRY_AGAIN:
                said = _told(line, answer)
                _pause(line, asked if asked is not None else wait)
            case Answer() as answer:
                raise TicketError(_told(line, answer))
            case Silence(reason=reason):
                said = f"{line.name} at {line.address} did not answer: {line.settings.hidden(reason)}"
                _pause(line, wait)
    message = f"{said}; nothing was created: send again later"
    raise TicketError(message)


def _ask(line: _Line, request: Request) -> Answer | Silence:
    now = line.pace.now()
    body = None if request.body is None else request.body if isinstance(request.body, bytes) else _json(request.body)
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/json",
        **line.target.headers(line.settings, body or b"", now),
        **request.headers,
    }
    url = line.settings["url"].rstrip("/") + request.path
    return line.target.talk(request.method, url, headers, body, now)


def _json(body: object) -> bytes:
    return to_json(body).encode("utf-8", "backslashreplace")


def _waits(pace: Pace) -> Iterator[float]:
    """Give the pause after each attempt: 1, 2, 4, … seconds."""
    for attempt in range(pace.attempts):
        yield min(pace.first_wait * 2**attempt, pace.most_wait)


def _pause(line: _Line, seconds: float) -> None:
    if seconds > line.pace.most_wait:
        message = f"{line.name} at {line.address} asks to wait {seconds:,.0f} seconds: send again then"
        raise TicketError(message)
    line.pace.sleep(seconds)


def _told(line: _Line, answer: Answer) -> str:
    said = answer.body if isinstance(answer.body, str) else to_json(answer.body)
    return f"{line.name} at {line.address} answered {answer.status}: {shorten(line.settings.hidden(said), 500)}"
