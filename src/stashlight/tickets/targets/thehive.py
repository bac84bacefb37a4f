"""
TheHive 5: an alert, which TheHive itself keeps one of per type, source and sourceRef.

https://docs.strangebee.com/thehive/api-docs/
"""

from collections.abc import Iterator
from urllib.parse import quote

from stashlight.incidents.document import Incident
from stashlight.incidents.severity_scale import SCALE
from stashlight.incidents.stable_ids import milliseconds, moment
from stashlight.tickets.exchange import exchange
from stashlight.tickets.settings import Setting, Settings
from stashlight.tickets.target import Json, Request, Ticket, entries, member
from stashlight.tickets.targets.jira_cloud import confirm, confirmed
from stashlight.tickets.wording import changes, labels, paragraphs, revision_label, summary

__all__ = ["RESEND", "SETTINGS", "confirm", "confirmed", "payload", "talk"]

SETTINGS: tuple[Setting, ...] = (
    Setting("url", "https://thehive.example.org"),
    Setting("key", "API key", secret=True),
    Setting("tlp", "0 white, 1 green, 2 amber, 3 red", "2"),
    Setting("pap", "0 white, 1 green, 2 amber, 3 red", "2"),
)
RESEND: bool = False
talk = exchange

_SOURCE = "stashlight"
_REVISION = "stashlight-rev-"
_MOST_FILES = 50


def payload(incident: Incident, settings: Settings) -> Json:
    """Give the alert; its observables are what was seen here, none is marked as an indicator."""
    parts = [
        f"### {heading}\n" + "\n".join(f"- {_code(line)}" for line in lines) for heading, lines in paragraphs(incident)
    ]
    whole: Json = {
        "type": "data-staged",
        "source": _SOURCE,
        "sourceRef": incident.id,
        "title": summary(incident),
        "description": "\n\n".join(parts),
        "severity": SCALE[incident.severity].thehive,
        "tags": labels(incident),
        "tlp": int(settings["tlp"]),
        "pap": int(settings["pap"]),
        "observables": [*_observables(incident)],
    }
    if time := moment(incident.last_seen):
        whole["date"] = milliseconds(time)
    return whole


def headers(settings: Settings, body: bytes, now: float) -> dict[str, str]:  # noqa: ARG001 - nothing is signed
    """Log in with the key."""
    return {"Authorization": f"Bearer {settings['key']}"}


def search(incident: str, settings: Settings) -> Request | None:  # noqa: ARG001 - one path for all
    """Look for source and sourceRef, oldest first."""
    conditions = [
        {"_eq": {"_field": name, "_value": value}} for name, value in (("source", _SOURCE), ("sourceRef", incident))
    ]
    steps: list[Json] = [
        {"_name": "listAlert"},
        {"_name": "filter", "_and": conditions},
        {"_name": "sort", "_fields": [{"_createdAt": "asc"}]},
        {"_name": "page", "from": 0, "to": 20},
    ]
    return Request("POST", "/api/v1/query?name=alerts", {"query": steps}, is_harmless=True)


def found(answer: object, incident: str) -> list[Ticket]:
    """Keep the alerts of exactly this incident."""
    tickets: list[Ticket] = []
    for alert in entries(answer):
        if (member(alert, "source"), member(alert, "sourceRef")) == (_SOURCE, incident):
            tags = [str(each) for each in entries(member(alert, "tags"))]
            told = [each.removeprefix(_REVISION) for each in tags if each.startswith(_REVISION)]
            tickets.append(Ticket(str(member(alert, "_id")), told[0] if len(told) == 1 else "", {"tags": tags}))
    return tickets


def create(payload: Json, settings: Settings) -> Request:  # noqa: ARG001 - one path for all
    """Create the alert."""
    return Request("POST", "/api/v1/alert", payload)


def created(answer: object) -> str:
    """Give its id, such as ~41128."""
    return str(member(answer, "_id") or "")


def update(ticket: Ticket, incident: Incident, settings: Settings) -> tuple[Request, ...]:  # noqa: ARG001 - as all
    """Comment, then change the tag of the revision."""
    path = f"/api/v1/alert/{quote(ticket.key, '~')}"
    message = "\n".join(f"- {_code(line)}" for line in changes(incident))
    old = [str(each) for each in entries(ticket.state.get("tags")) if str(each).startswith(_REVISION)]
    return (
        Request("POST", f"{path}/comment", {"message": message}),
        Request("PATCH", path, {"addTags": [revision_label(incident)], "removeTags": old}, is_harmless=True),
    )


def comments(ticket: Ticket, settings: Settings) -> Request | None:  # noqa: ARG001 - one path for all
    """Ask for the comments."""
    steps: list[Json] = [{"_name": "getAlert", "idOrName": ticket.key}, {"_name": "comments"}]
    return Request("POST", "/api/v1/query?name=alert-comments", {"query": steps}, is_harmless=True)


def _observables(incident: Incident) -> Iterator[Json]:
    told = (
        *(("hostname", each, "host") for each in incident.hosts),
        *(("other", each, "account") for each in incident.accounts),
        *(("other", each, "staging place") for each in incident.places),
        *(("filename", each.path, "archive") for each in incident.archives),
        *(("filename", each, "staged file") for each in incident.files.examples[:_MOST_FILES]),
    )
    for kind, data, tag in dict.fromkeys(told):  # TheHive refuses the same observable twice
        if data.strip():
            yield {"dataType": kind, "data": data, "tags": [tag], "ioc": False, "sighted": True}


def _code(line: str) -> str:
    """Give a line of Markdown in which nothing acts: neither link nor picture nor HTML."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()<>#+!|" else letter for letter in line)
