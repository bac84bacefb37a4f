"""
How a Jira issue is closed, in Cloud and Data Center alike: ask for its transitions, take one that leads to "done".

Workflows differ from project to project, so nothing is guessed: a resolution is only set if the transition's screen has
that field and allows the name (https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/).
"""

from typing import Final
from urllib.parse import quote

from stashlight.errors import TicketError
from stashlight.tickets.settings import Setting, Settings
from stashlight.tickets.target import Closure, Json, Request, Ticket, entries, member

__all__ = ["SETTINGS", "closing", "is_closed", "state", "transitions"]

SETTINGS: Final = (
    Setting("transition", "name of the transition that closes, where several do", ""),
    Setting("resolution", "resolution to close with, instead of the one of the verdict", ""),
)
_DONE: Final = "done"  # key of a status category; these are the same everywhere
_RESOLUTIONS: Final = {
    "malicious": ("Fixed", "Resolved", "Done"),
    "suspicious": ("Fixed", "Resolved", "Done"),
    "benign": ("Won't Do", "Won't Fix", "Declined", "Done"),
    "false_positive": ("False Positive", "Not a Bug", "Won't Do", "Won't Fix", "Done"),
    "test": ("Done", "Resolved"),
    "duplicate": ("Duplicate", "Done"),
}
"""What each verdict is called in the resolutions of the field; the first that the issue allows is taken."""


def state(api: str, ticket: Ticket) -> Request:
    """Ask for the status."""
    return Request("GET", f"{api}/issue/{quote(ticket.key)}?fields=status,resolution", is_harmless=True)


def is_closed(answer: object) -> bool:
    """Whether the status is one of those that end a workflow."""
    return member(answer, "fields", "status", "statusCategory", "key") == _DONE


def transitions(api: str, ticket: Ticket) -> Request:
    """Ask for the transitions from where the issue is, with the fields of their screens."""
    return Request("GET", f"{api}/issue/{quote(ticket.key)}/transitions?expand=transitions.fields", is_harmless=True)


def closing(api: str, ticket: Ticket, answer: object, closure: Closure, settings: Settings) -> tuple[Request, str]:
    """
    Give the request that closes, and what is to be said of it.

    Raises:
        TicketError: no transition closes, several do and none is chosen, or its screen asks for an unknown resolution.
    """
    step = _step(ticket, entries(member(answer, "transitions")), settings["transition"])
    body: Json = {"transition": {"id": str(member(step, "id"))}}
    resolution, said = _resolution(ticket, member(step, "fields", "resolution"), closure, settings["resolution"])
    if resolution:
        body["fields"] = {"resolution": {"name": resolution}}
    return Request("POST", f"{api}/issue/{quote(ticket.key)}/transitions", body), said


def _step(ticket: Ticket, steps: list[object], wanted: str) -> object:
    ends = [each for each in steps if member(each, "to", "statusCategory", "key") == _DONE]
    named = [each for each in ends if wanted and wanted.casefold() in _names(each)]
    if named or (len(ends) == 1 and not wanted):
        return (named or ends)[0]
    there = ", ".join(f"{member(each, 'name')!s}" for each in (ends or steps)) or "none"
    if wanted:
        message = f"{ticket.key} has no transition {wanted!r} that closes it from where it is; there are: {there}"
    elif ends:
        message = f"{len(ends)} transitions close {ticket.key} ({there}): choose one with --set transition=NAME"
    else:
        message = f"no transition closes {ticket.key} from where it is (there are: {there}): close it in Jira"
    raise TicketError(message)


def _names(step: object) -> set[str]:
    return {str(member(step, "name")).casefold(), str(member(step, "to", "name")).casefold()}


def _resolution(ticket: Ticket, field: object, closure: Closure, wanted: str) -> tuple[str, str]:
    """Choose a resolution that the screen allows; also says why there is none."""
    if field is None:
        return "", "no resolution was set: the transition has no such field"
    allowed = [str(member(each, "name")) for each in entries(member(field, "allowedValues"))]
    for name in (wanted,) if wanted else _RESOLUTIONS.get(closure.verdict, ()):
        for each in allowed:
            if each.casefold().replace("\u2019", "'") == name.casefold():
                return each, ""
    message = (
        f"no resolution of {ticket.key} stands for {wanted or closure.verdict!r} "
        f"(allowed: {', '.join(allowed) or 'none'}): choose one with --set resolution=NAME"
    )
    if member(field, "required") is True or wanted:
        raise TicketError(message)
    return "", message
