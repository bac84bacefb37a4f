"""
DFIR-IRIS: an alert, found again by its source reference.

The reference is searched as a part of text, so hits are compared exactly; severity and status are ids of the tables
that IRIS installs (https://docs.dfir-iris.org/operations/api/).
"""

from urllib.parse import quote, urlencode

from stashlight.incidents.document import Incident
from stashlight.incidents.document_json import to_json
from stashlight.incidents.severity_scale import SCALE
from stashlight.incidents.stable_ids import moment
from stashlight.tickets.exchange import exchange
from stashlight.tickets.settings import Setting, Settings
from stashlight.tickets.target import Json, Request, Ticket, entries, member
from stashlight.tickets.targets.jira_cloud import confirm, confirmed
from stashlight.tickets.wording import changes, labels, paragraphs, revision_label, summary

__all__ = ["RESEND", "SETTINGS", "confirm", "confirmed", "payload", "talk"]

SETTINGS: tuple[Setting, ...] = (
    Setting("url", "https://iris.example.org"),
    Setting("key", "API key of a service account with alerts_read and alerts_write", secret=True),
    Setting("customer", "id of the customer", "1"),
    Setting("status", "id of the status of a new alert", "2"),
)
RESEND: bool = False
talk = exchange

_SOURCE = "stashlight"
_REVISION = "stashlight-rev-"


def payload(incident: Incident, settings: Settings) -> Json:
    """Give the alert; `alert_source_content` keeps the incident as it is."""
    parts = [f"{heading}\n" + "\n".join(f"- {line}" for line in lines) for heading, lines in paragraphs(incident)]
    whole: Json = {
        "alert_title": summary(incident),
        "alert_description": "\n\n".join(parts),
        "alert_source": _SOURCE,
        "alert_source_ref": incident.id,
        "alert_source_content": {"incident": to_json(incident)},
        "alert_severity_id": SCALE[incident.severity].iris,
        "alert_status_id": int(settings["status"]),
        "alert_customer_id": int(settings["customer"]),
        "alert_tags": ",".join(each.replace(",", " ") for each in labels(incident)),
        "alert_context": {"hosts": [*incident.hosts], "accounts": [*incident.accounts], "places": [*incident.places]},
    }
    if time := moment(incident.last_seen):
        whole["alert_source_event_time"] = time.strftime("%Y-%m-%dT%H:%M:%S.%f")
    return whole


def headers(settings: Settings, body: bytes, now: float) -> dict[str, str]:  # noqa: ARG001 - nothing is signed
    """Log in with the key."""
    return {"Authorization": f"Bearer {settings['key']}"}


def search(incident: str, settings: Settings) -> Request | None:
    """Look for the reference, oldest first."""
    query = {
        "source_reference": incident,
        "alert_source": _SOURCE,
        "alert_customer_id": settings["customer"],
        "sort": "asc",
        "page": "1",
        "per_page": "50",
    }
    return Request("GET", f"/alerts/filter?{urlencode(query)}", is_harmless=True)


def found(answer: object, incident: str) -> list[Ticket]:
    """Keep the alerts whose reference is exactly this incident."""
    tickets: list[Ticket] = []
    for alert in entries(member(answer, "data", "alerts")):
        if member(alert, "alert_source_ref") == incident:
            tags = str(member(alert, "alert_tags") or "").split(",")
            told = [each.strip().removeprefix(_REVISION) for each in tags if each.strip().startswith(_REVISION)]
            tickets.append(Ticket(str(member(alert, "alert_id")), told[0] if len(told) == 1 else "", {"tags": tags}))
    return tickets


def create(payload: Json, settings: Settings) -> Request:  # noqa: ARG001 - one path for all
    """Create the alert."""
    return Request("POST", "/alerts/add", payload)


def created(answer: object) -> str:
    """Give its number."""
    return str(member(answer, "data", "alert_id") or "")


def update(ticket: Ticket, incident: Incident, settings: Settings) -> tuple[Request, ...]:  # noqa: ARG001 - as all
    """Comment, then change the tag of the revision."""
    kept = [str(each) for each in entries(ticket.state.get("tags")) if not str(each).strip().startswith(_REVISION)]
    tags = ",".join([*filter(None, kept), revision_label(incident)])
    return (
        Request("POST", f"/alerts/{quote(ticket.key)}/comments/add", {"comment_text": "\n".join(changes(incident))}),
        Request("POST", f"/alerts/update/{quote(ticket.key)}", {"alert_tags": tags}, is_harmless=True),
    )


def comments(ticket: Ticket, settings: Settings) -> Request | None:  # noqa: ARG001 - one path for all
    """Ask for the comments."""
    return Request("GET", f"/alerts/{quote(ticket.key)}/comments/list", is_harmless=True)
