"""
Any receiver of JSON: the incident, signed with HMAC-SHA256 over time and body.

`X-Stashlight-Signature: t=SECONDS,v1=HEX` is made of `SECONDS.BODY`: check it, and that the time is near, before you
trust the body. `Idempotency-Key` is the same whenever the same state of the same incident is sent again.
"""

import hashlib
import hmac
from collections.abc import Sequence

from stashlight.incidents.document import Incident
from stashlight.incidents.stable_ids import revision, uuid_of
from stashlight.tickets.exchange import exchange
from stashlight.tickets.settings import Setting, Settings
from stashlight.tickets.target import Json, Request, Ticket, member
from stashlight.tickets.targets.jira_cloud import confirm, confirmed
from stashlight.tickets.wording import summary

__all__ = ["RESEND", "SETTINGS", "confirm", "confirmed", "payload", "talk"]

SETTINGS: tuple[Setting, ...] = (
    Setting("url", "address of the receiver", secret=True),
    Setting("secret", "key of the signature", secret=True),
)
RESEND: bool = True
talk = exchange


def payload(incident: Incident, settings: Settings) -> Json:  # noqa: ARG001 - the same for every receiver
    """Give the message."""
    return {
        "type": "stashlight.incident",
        "key": uuid_of("webhook", incident.id, revision(incident)),
        "revision": revision(incident),
        "summary": summary(incident),
        "incident": incident,
    }


def headers(settings: Settings, body: bytes, now: float) -> dict[str, str]:
    """Sign the body and the time."""
    time = str(int(now))
    signature = hmac.new(settings["secret"].encode(), time.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Stashlight-Signature": f"t={time},v1={signature}"}


def search(incident: str, settings: Settings) -> Request | None:  # noqa: ARG001 - nobody to ask
    """A receiver cannot be asked."""
    return None


def found(answer: object, incident: str) -> list[Ticket]:  # noqa: ARG001 - nobody to ask
    """A receiver cannot be asked."""
    return []


def create(payload: Json, settings: Settings) -> Request:  # noqa: ARG001 - the address is the settings'
    """Send the message."""
    return Request("POST", "", payload, {"Idempotency-Key": str(payload["key"])})


def created(answer: object) -> str:
    """Give the id that the receiver answers with, if it does."""
    return str(member(answer, "id") or "")


def update(ticket: Ticket, incident: Incident, settings: Settings) -> Sequence[Request]:  # noqa: ARG001 - as `search`
    """A newer state is a new message."""
    return ()


def comments(ticket: Ticket, settings: Settings) -> Request | None:  # noqa: ARG001 - as `search`
    """There are none."""
    return None
