"""
Jira Data Center, REST API v2: an issue whose description is wiki text.

Logs in with a personal access token
(https://developer.atlassian.com/server/jira/platform/jira-rest-api-example-create-issue-7897248/).
"""

import re
from urllib.parse import quote, urlencode

from stashlight.incidents.document import Incident
from stashlight.tickets.exchange import exchange
from stashlight.tickets.settings import Setting, Settings
from stashlight.tickets.target import Json, Request, Ticket
from stashlight.tickets.targets.jira_cloud import confirm, confirmed, created, fields, found, jql, relabel
from stashlight.tickets.wording import changes, paragraphs

__all__ = ["RESEND", "SETTINGS", "confirm", "confirmed", "created", "found", "payload", "talk"]

SETTINGS: tuple[Setting, ...] = (
    Setting("url", "https://jira.example.org, with its context path if there is one"),
    Setting("project", "key of the project, such as SOC"),
    Setting("token", "personal access token", secret=True),
    Setting("type", "name of the issue type", "Task"),
    Setting("components", "names of components, divided by commas", ""),
    Setting("labels", "further labels, divided by commas", ""),
    Setting("priority", "priority instead of the one of the severity; - for none", ""),
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
    body = "\n".join(_plain(line) for line in changes(incident))
    return Request("POST", f"{path}/comment", {"body": body}), Request(
        "PUT", path, relabel(ticket, incident), is_harmless=True
    )


def comments(ticket: Ticket, settings: Settings) -> Request | None:  # noqa: ARG001 - one path for all
    """Ask for the comments."""
    return Request("GET", f"/rest/api/2/issue/{quote(ticket.key)}/comment", is_harmless=True)


def _plain(line: str) -> str:
    return _MARKUP.sub(r"\\\1", line)
