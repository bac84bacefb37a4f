"""
Jira Data Center, REST API v2: an issue whose description is wiki text.

Logs in with a personal access token
(https://developer.atlassian.com/server/jira/platform/jira-rest-api-example-create-issue-7897248/).
"""

import re
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from stashlight.incidents.document import Incident
from stashlight.tickets import jira_workflow
from stashlight.tickets.exchange import exchange
from stashlight.tickets.settings import Setting, Settings
from stashlight.tickets.target import Closure, Json, Request, Ticket
from stashlight.tickets.targets.jira_cloud import (
    confirm,
    confirmed,
    created,
    fields,
    found,
    is_closed,
    jql,
    relabel,
)
from stashlight.tickets.wording import changes, paragraphs

__all__ = ["RESEND", "SETTINGS", "confirm", "confirmed", "created", "found", "is_closed", "payload", "talk"]

SETTINGS: tuple[Setting, ...] = (
    Setting("url", "https://jira.example.org, with its context path if there is one"),
    Setting("project", "key of the project, such as SOC"),
    Setting("token", "personal access token", secret=True),
    Setting("type", "name of the issue type", "Task"),
    Setting("components", "names of components, divided by commas", ""),
    Setting("labels", "further labels, divided by commas", ""),
    Setting("priority", "priority instead of the one of the severity; - for none", ""),
    *jira_workflow.SETTINGS,
)
RESEND: bool = False
talk = exchange

_MARKUP = re.compile(r"([\\{}\[\]*_^~+|!#])")


def payload(incident: Incident, settings: Settings) -> Json:
    """Give the issue; the description's markup characters are escaped, so that a path stays a path."""
    parts = [
        f"h3. {heading}\n" + "\n".join(f"* {_plain(line)}" for line in lines) for heading, lines in paragraphs(incident)
    ]
    return {"fields": {**fields(incident, settings), "description": "\n\n".join(parts)}}


def headers(settings: Settings, body: bytes, now: float) -> dict[str, str]:  # noqa: ARG001 - nothing is signed
    """Log in with the token."""
    return {"Authorization": f"Bearer {settings['token']}"}


def search(incident: str, settings: Settings) -> Request | None:
    """Look for the label, oldest first."""
    query = {"jql": jql(incident, settings), "fields": "labels", "maxResults": "20"}
    return Request("GET", f"/rest/api/2/search?{urlencode(query)}", is_harmless=True)


def create(payload: Json, settings: Settings) -> Request:  # noqa: ARG001 - one path for all
    """Create the issue."""
    return Request("POST", "/rest/api/2/issue", payload)


def update(ticket: Ticket, incident: Incident, settings: Settings) -> tuple[Request, ...]:  # noqa: ARG001 - as all
    """Comment, then change the label of the revision."""
    path = f"/rest/api/2/issue/{quote(ticket.key)}"
    return comment(ticket, changes(incident)), Request("PUT", path, relabel(ticket, incident), is_harmless=True)


def comment(ticket: Ticket, lines: Sequence[str]) -> Request:
    """Write a comment."""
    body = "\n".join(_plain(line) for line in lines)
    return Request("POST", f"/rest/api/2/issue/{quote(ticket.key)}/comment", {"body": body})


def comments(ticket: Ticket, settings: Settings) -> Request | None:  # noqa: ARG001 - one path for all
    """Ask for the comments."""
    return Request("GET", f"/rest/api/2/issue/{quote(ticket.key)}/comment", is_harmless=True)


def state(ticket: Ticket) -> Request:
    """Ask for the status."""
    return jira_workflow.state("/rest/api/2", ticket)


def transitions(ticket: Ticket) -> Request:
    """Ask for what the issue can become."""
    return jira_workflow.transitions("/rest/api/2", ticket)


def closing(ticket: Ticket, answer: object, closure: Closure, settings: Settings) -> tuple[Request, str]:
    """Take the transition that closes, with the resolution of the verdict."""
    return jira_workflow.closing("/rest/api/2", ticket, answer, closure, settings)


def _plain(line: str) -> str:
    return _MARKUP.sub(r"\\\1", line)
