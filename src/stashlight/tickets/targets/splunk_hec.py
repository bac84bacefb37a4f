"""
Splunk HTTP Event Collector, waiting until the indexer acknowledges.

Acknowledgement is for Splunk Enterprise with it switched on for the token; where an answer holds no `ackId`, being
taken is enough. A second delivery has the same `stashlight_revision`, so `dedup stashlight_revision` drops it.
"""

from urllib.parse import quote

from stashlight.incidents.document import Incident
from stashlight.incidents.stable_ids import uuid_of
from stashlight.outputs.splunk_hec import event
from stashlight.tickets.exchange import exchange
from stashlight.tickets.settings import Setting, Settings
from stashlight.tickets.target import Json, Request, member
from stashlight.tickets.targets.webhook import comments, found, search, update

__all__ = ["RESEND", "SETTINGS", "comments", "found", "payload", "search", "talk", "update"]

SETTINGS: tuple[Setting, ...] = (
    Setting("url", "https://splunk.example.org:8088"),
    Setting("token", "token of the collector", secret=True),
    Setting("index", "index instead of the token's own", ""),
)
RESEND: bool = True
talk = exchange


def payload(incident: Incident, settings: Settings) -> Json:
    """Give the event, as `--as splunk_hec` writes it."""
    return {**event(incident), **({"index": settings["index"]} if settings["index"] else {})}


def headers(settings: Settings, body: bytes, now: float) -> dict[str, str]:  # noqa: ARG001 - nothing is signed
    """Log in with the token; the channel belongs to it."""
    return {"Authorization": f"Splunk {settings['token']}", "X-Splunk-Request-Channel": _channel(settings)}


def create(payload: Json, settings: Settings) -> Request:  # noqa: ARG001 - one path for all
    """Send the event."""
    return Request("POST", "/services/collector/event", payload)


def created(answer: object) -> str:  # noqa: ARG001 - the collector gives none
    """The collector gives no id."""
    return ""


def confirm(answer: object, settings: Settings) -> Request | None:
    """Ask whether the event is indexed."""
    number = member(answer, "ackId")
    if not isinstance(number, int):
        return None
    path = f"/services/collector/ack?channel={quote(_channel(settings))}"
    return Request("POST", path, {"acks": [number]}, is_harmless=True)


def confirmed(answer: object) -> bool:
    """Whether every event asked for is."""
    acks = member(answer, "acks")
    return isinstance(acks, dict) and bool(acks) and all(each is True for each in list(acks.values()))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _channel(settings: Settings) -> str:
    return uuid_of("splunk channel", settings["url"], settings["token"])
