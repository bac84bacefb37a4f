"""
Slack: a message of an app with a bot token, changed in place when the incident changes.

The incident stands in the message's metadata, so it is found again in the channel's history; the token needs
`chat:write`, `channels:history` and `metadata.message:read` (https://docs.slack.dev/messaging/message-metadata/).
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from stashlight.incidents.document import Incident
from stashlight.incidents.stable_ids import revision
from stashlight.tickets.exchange import Answer, Silence, exchange
from stashlight.tickets.settings import Setting, Settings
from stashlight.tickets.target import Json, Request, Ticket, entries, member
from stashlight.tickets.targets.jira_cloud import confirm, confirmed
from stashlight.tickets.wording import paragraphs, summary

__all__ = ["RESEND", "SETTINGS", "confirm", "confirmed", "payload"]

SETTINGS: tuple[Setting, ...] = (
    Setting("url", "address of the API", "https://slack.com"),
    Setting("channel", "id of the channel, such as C0123456789"),
    Setting("token", "bot token", secret=True),
)
RESEND: bool = False

_TYPE = "stashlight_incident"
_MOST_PARTS = 6
_LONGEST = 2_900  # a section holds 3,000 characters
_LONGEST_HEADER = 150


def talk(method: str, url: str, headers: Mapping[str, str], body: bytes | None, now: float) -> Answer | Silence:
    """Make a request; Slack says 200 to errors, with `ok` false."""
    answer = exchange(method, url, headers, body, now)
    if isinstance(answer, Answer) and answer.is_done and member(answer.body, "ok") is not True:
        return Answer(503 if member(answer.body, "error") in _PASSING else 400, answer.body, answer.retry_after)
    return answer


_PASSING = frozenset({"ratelimited", "rate_limited", "service_unavailable"})


def payload(incident: Incident, settings: Settings) -> Json:
    """Give the message: a heading, and the parts of the description."""
    parts: list[Json] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": _section(heading, lines)}}
        for heading, lines in paragraphs(incident)[:_MOST_PARTS]
    ]
    heading = summary(incident, _LONGEST_HEADER)
    return {
        "channel": settings["channel"],
        "text": _plain(heading),
        "blocks": [{"type": "header", "text": {"type": "plain_text", "text": heading}}, *parts],
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {
            "event_type": _TYPE,
            "event_payload": {"incident": incident.id, "revision": revision(incident)},
        },
    }


def headers(settings: Settings, body: bytes, now: float) -> dict[str, str]:  # noqa: ARG001 - nothing is signed
    """Log in with the token."""
    return {"Authorization": f"Bearer {settings['token']}", "Content-Type": "application/json; charset=utf-8"}


def search(incident: str, settings: Settings) -> Request | None:  # noqa: ARG001 - metadata cannot be searched for
    """Read the channel's last 999 messages with their metadata."""
    query = {"channel": settings["channel"], "include_all_metadata": "true", "limit": "999"}
    return Request("GET", f"/api/conversations.history?{urlencode(query)}", is_harmless=True)


def found(answer: object, incident: str) -> list[Ticket]:
    """Keep the messages on this incident, the oldest first: history is told newest first."""
    tickets: list[Ticket] = []
    for message in entries(member(answer, "messages")):
        told = member(message, "metadata", "event_payload")
        if member(message, "metadata", "event_type") == _TYPE and member(told, "incident") == incident:
            tickets.append(Ticket(str(member(message, "ts")), str(member(told, "revision") or "")))
    return tickets[::-1]


def create(payload: Json, settings: Settings) -> Request:  # noqa: ARG001 - one path for all
    """Post the message."""
    return Request("POST", "/api/chat.postMessage", payload)


def created(answer: object) -> str:
    """Give its time stamp, which is its id in the channel."""
    return str(member(answer, "ts") or "")


def update(ticket: Ticket, incident: Incident, settings: Settings) -> tuple[Request, ...]:
    """Change the message in place."""
    return (Request("POST", "/api/chat.update", {**payload(incident, settings), "ts": ticket.key}, is_harmless=True),)


def comments(ticket: Ticket, settings: Settings) -> Request | None:  # noqa: ARG001 - the message itself changes
    """There are none."""
    return None


def _section(heading: str, lines: list[str]) -> str:
    text = f"*{heading}*\n" + "\n".join(f"• {_plain(line)}" for line in lines)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _plain(text: str) -> str:
    """Escape what would become a link, a mention or markup (https://docs.slack.dev/messaging/formatting-message-text/)."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"{letter}\u2060" if letter in "*_~`" else letter for letter in safe)
