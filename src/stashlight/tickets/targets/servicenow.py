"""
ServiceNow: a row of the `incident` table (or `sn_si_incident` of Security Incident Response), by the Table API.

`correlation_id` holds our id, `correlation_display` the revision; priority follows from urgency and impact there
(https://www.servicenow.com/docs/bundle/zurich-api-reference/page/integrate/inbound-rest/concept/c_TableAPI.html).
"""

from base64 import b64encode
from urllib.parse import quote, urlencode

from stashlight.incidents.document import Incident
from stashlight.incidents.severity_scale import SCALE
from stashlight.incidents.stable_ids import revision
from stashlight.tickets.exchange import exchange
from stashlight.tickets.settings import Setting, Settings
from stashlight.tickets.target import Json, Request, Ticket, entries, member
from stashlight.tickets.targets.jira_cloud import confirm, confirmed
from stashlight.tickets.wording import changes, paragraphs, summary

__all__ = ["RESEND", "SETTINGS", "confirm", "confirmed", "payload", "talk"]

SETTINGS: tuple[Setting, ...] = (
    Setting("url", "https://INSTANCE.service-now.com"),
    Setting("user", "name of the integration's user", secret=True),
    Setting("password", "its password", secret=True),
    Setting("table", "incident or sn_si_incident", "incident"),
    Setting("group", "assignment group", ""),
)
RESEND: bool = False
talk = exchange

_LONGEST_SHORT_DESCRIPTION = 160


def payload(incident: Incident, settings: Settings) -> Json:
    """Give the row."""
    level = SCALE[incident.severity]
    parts = [f"{heading}\n" + "\n".join(f"- {line}" for line in lines) for heading, lines in paragraphs(incident)]
    return {
        "short_description": summary(incident, _LONGEST_SHORT_DESCRIPTION),
        "description": "\n\n".join(parts),
        "urgency": str(level.urgency),
        "impact": str(level.impact),
        "category": "security",
        "correlation_id": incident.id,
        "correlation_display": f"Stashlight {revision(incident)}",
        **({"assignment_group": settings["group"]} if settings["group"] else {}),
    }


def headers(settings: Settings, body: bytes, now: float) -> dict[str, str]:  # noqa: ARG001 - nothing is signed
    """Log in with name and password."""
    login = b64encode(f"{settings['user']}:{settings['password']}".encode()).decode()
    return {"Authorization": f"Basic {login}"}


def search(incident: str, settings: Settings) -> Request | None:
    """Look for the correlation id, oldest first."""
    query = {
        "sysparm_query": f"correlation_id={incident.replace('^', '')}^ORDERBYsys_created_on",
        "sysparm_fields": "sys_id,number,correlation_id,correlation_display",
        "sysparm_limit": "20",
    }
    return Request("GET", f"{_table(settings)}?{urlencode(query)}", is_harmless=True)


def found(answer: object, incident: str) -> list[Ticket]:
    """Keep the rows of exactly this incident; a wrong query gives every row, not an error."""
    return [
        Ticket(str(member(row, "sys_id")), str(member(row, "correlation_display") or "").removeprefix("Stashlight "))
        for row in entries(member(answer, "result"))
        if member(row, "correlation_id") == incident
    ]


def create(payload: Json, settings: Settings) -> Request:
    """Create the row."""
    return Request("POST", _table(settings), payload)


def created(answer: object) -> str:
    """Give its sys_id."""
    return str(member(answer, "result", "sys_id") or "")


def update(ticket: Ticket, incident: Incident, settings: Settings) -> tuple[Request, ...]:
    """Write a work note and the revision, in one request."""
    row = {"work_notes": "\n".join(changes(incident)), "correlation_display": f"Stashlight {revision(incident)}"}
    return (Request("PATCH", f"{_table(settings)}/{quote(ticket.key)}", row),)


def comments(ticket: Ticket, settings: Settings) -> Request | None:  # noqa: ARG001 - the journal is one table for all
    """Ask for the work notes."""
    query = {"sysparm_query": f"element_id={ticket.key}^element=work_notes", "sysparm_fields": "value"}
    return Request("GET", f"/api/now/table/sys_journal_field?{urlencode(query)}", is_harmless=True)


def _table(settings: Settings) -> str:
    return f"/api/now/table/{quote(settings['table'], '')}"
