"""
Jira Cloud, REST API v3: an issue whose description is an Atlassian document.

The label `stashlight-SL-…` is what a search finds; the index may lag a few seconds behind, so the sender looks more
than once (https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/).
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from urllib.parse import quote, urlencode

from stashlight.incidents.document import Incident
from stashlight.incidents.severity_scale import SCALE
from stashlight.tickets import jira_workflow
from stashlight.tickets.exchange import exchange
from stashlight.tickets.settings import Setting, Settings
from stashlight.tickets.target import Closure, Json, Request, Ticket, entries, member
from stashlight.tickets.wording import changes, incident_label, labels, paragraphs, revision_label, summary

SETTINGS: tuple[Setting, ...] = (
    Setting("url", "https://SITE.atlassian.net"),
    Setting("project", "key of the project, such as SOC"),
    Setting("email", "account that the token belongs to", secret=True),
    Setting("token", "API token", secret=True),
    Setting("type", "name of the issue type", "Task"),
    Setting("components", "names of components, divided by commas", ""),
    Setting("labels", "further labels, divided by commas", ""),
    Setting("priority", "priority instead of the one of the severity; - for none", ""),
    *jira_workflow.SETTINGS,
)
RESEND: bool = False
talk = exchange

_REVISION = "stashlight-rev-"


def payload(incident: Incident, settings: Settings) -> Json:
    """Give the issue: summary, labels, components and priority as in the seed case."""
    return {"fields": {**fields(incident, settings), "description": _document(incident)}}


def fields(incident: Incident, settings: Settings) -> Json:
    """Give the fields that Cloud and Data Center share."""
    whole: Json = {
        "project": {"key": settings["project"]},
        "issuetype": {"name": settings["type"]},
        "summary": summary(incident),
        "labels": list(dict.fromkeys((*labels(incident), *settings.several("labels")))),
    }
    if components := settings.several("components"):
        whole["components"] = [{"name": name} for name in components]
    if settings["priority"] != "-":
        whole["priority"] = {"name": settings["priority"] or SCALE[incident.severity].jira}
    return whole


def headers(settings: Settings, body: bytes, now: float) -> dict[str, str]:  # noqa: ARG001 - nothing is signed
    """Log in with e-mail address and token."""
    login = b64encode(f"{settings['email']}:{settings['token']}".encode()).decode()
    return {"Authorization": f"Basic {login}"}


def search(incident: str, settings: Settings) -> Request | None:
    """Look for the label, oldest first."""
    query = {"jql": jql(incident, settings), "fields": "labels", "maxResults": "20"}
    return Request("GET", f"/rest/api/3/search/jql?{urlencode(query)}", is_harmless=True)


def jql(incident: str, settings: Settings) -> str:
    """Give the question, its values quoted."""
    project, label = (
        value.replace("\\", "").replace('"', "") for value in (settings["project"], incident_label(incident))
    )
    return f'project = "{project}" AND labels = "{label}" ORDER BY created ASC'


def found(answer: object, incident: str) -> list[Ticket]:
    """Keep the issues that carry the very label."""
    tickets: list[Ticket] = []
    for issue in entries(member(answer, "issues")):
        carried = [str(each) for each in entries(member(issue, "fields", "labels"))]
        if incident_label(incident) in carried:
            tickets.append(Ticket(str(member(issue, "key")), _newest(carried), {"labels": carried}))
    return tickets


def create(payload: Json, settings: Settings) -> Request:  # noqa: ARG001 - one path for all
    """Create the issue."""
    return Request("POST", "/rest/api/3/issue", payload)


def created(answer: object) -> str:
    """Give its key, such as SOC-142."""
    return str(member(answer, "key") or "")


def update(ticket: Ticket, incident: Incident, settings: Settings) -> tuple[Request, ...]:  # noqa: ARG001 - as all
    """Comment, then change the label of the revision; summary, priority and the rest belong to the analysts now."""
    path = f"/rest/api/3/issue/{quote(ticket.key)}"
    return comment(ticket, changes(incident)), Request("PUT", path, relabel(ticket, incident), is_harmless=True)


def comment(ticket: Ticket, lines: Sequence[str]) -> Request:
    """Write a comment, a paragraph a line."""
    body = {"type": "doc", "version": 1, "content": [_paragraph(line) for line in lines]}
    return Request("POST", f"/rest/api/3/issue/{quote(ticket.key)}/comment", {"body": body})


def relabel(ticket: Ticket, incident: Incident) -> Json:
    """Take the labels of older revisions off, put the new one on, leave all others."""
    carried = [str(each) for each in entries(ticket.state.get("labels"))]
    old: list[Json] = [{"remove": each} for each in carried if each.startswith(_REVISION)]
    return {"update": {"labels": [*old, {"add": revision_label(incident)}]}}


def comments(ticket: Ticket, settings: Settings) -> Request | None:  # noqa: ARG001 - one path for all
    """Ask for the comments, newest first."""
    path = f"/rest/api/3/issue/{quote(ticket.key)}/comment?orderBy=-created&maxResults=50"
    return Request("GET", path, is_harmless=True)


def confirm(answer: object, settings: Settings) -> Request | None:  # noqa: ARG001 - an answer is enough
    """An issue that was created is kept."""
    return None


def confirmed(answer: object) -> bool:  # noqa: ARG001 - an answer is enough
    """An issue that was created is kept."""
    return True


def state(ticket: Ticket) -> Request:
    """Ask for the status."""
    return jira_workflow.state("/rest/api/3", ticket)


def is_closed(answer: object) -> bool:
    """Whether the status ends the workflow."""
    return jira_workflow.is_closed(answer)


def transitions(ticket: Ticket) -> Request:
    """Ask for what the issue can become."""
    return jira_workflow.transitions("/rest/api/3", ticket)


def closing(ticket: Ticket, answer: object, closure: Closure, settings: Settings) -> tuple[Request, str]:
    """Take the transition that closes, with the resolution of the verdict."""
    return jira_workflow.closing("/rest/api/3", ticket, answer, closure, settings)


def _newest(carried: Iterable[str]) -> str:
    """Give the revision that an issue tells; two of them tell of an update that broke off, so neither counts."""
    told = [each.removeprefix(_REVISION) for each in carried if each.startswith(_REVISION)]
    return told[0] if len(told) == 1 else ""


def _document(incident: Incident) -> Json:
    content: list[Json] = []
    for heading, lines in paragraphs(incident):
        content.append({"type": "heading", "attrs": {"level": 3}, "content": [{"type": "text", "text": heading}]})
        items = [{"type": "listItem", "content": [_paragraph(line)]} for line in lines]
        content.append({"type": "bulletList", "content": items})
    return {"type": "doc", "version": 1, "content": content}


def _paragraph(line: str) -> Json:
    """Give a paragraph; an empty text node is refused."""
    return {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []}
