"""
Microsoft Teams: an adaptive card, posted to a workflow ("When a Teams webhook request is received").

A workflow cannot be asked what it posted, so the ledger says it; its address is a secret, it holds the signature
(https://support.microsoft.com/office/create-incoming-webhooks-with-workflows-for-microsoft-teams-8ae491c7-0394-4861-ba59-055e33f75498).
"""

from stashlight.incidents.document import Incident
from stashlight.tickets.exchange import exchange
from stashlight.tickets.settings import Setting, Settings
from stashlight.tickets.target import Json, Request
from stashlight.tickets.targets.jira_cloud import confirm, confirmed
from stashlight.tickets.targets.webhook import comments, found, search, update
from stashlight.tickets.wording import paragraphs, summary

__all__ = ["RESEND", "SETTINGS", "comments", "confirm", "confirmed", "found", "payload", "search", "talk", "update"]

SETTINGS: tuple[Setting, ...] = (Setting("url", "address of the workflow", secret=True),)
RESEND: bool = False
talk = exchange

_COLOURS = {"critical": "attention", "high": "attention", "medium": "warning", "low": "accent", "info": "default"}
_LONGEST = 3_000
_MOST_PARTS = 5  # a message holds 28 KB


def payload(incident: Incident, settings: Settings) -> Json:  # noqa: ARG001 - the same for every workflow
    """Give a message with one card (https://adaptivecards.io/explorer/, version 1.4)."""
    body: list[Json] = [
        {
            "type": "TextBlock",
            "text": _plain(summary(incident)),
            "size": "large",
            "weight": "bolder",
            "wrap": True,
            "color": _COLOURS[incident.severity],
        }
    ]
    for heading, lines in paragraphs(incident)[:_MOST_PARTS]:
        text = "\n".join(f"- {_plain(line)}" for line in lines)
        body.append({"type": "TextBlock", "text": heading, "weight": "bolder", "wrap": True})
        body.append({"type": "TextBlock", "text": text[:_LONGEST], "wrap": True})
    card: Json = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    content: Json = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def headers(settings: Settings, body: bytes, now: float) -> dict[str, str]:  # noqa: ARG001 - the address is the login
    """Nothing more: the address itself is the login."""
    return {}


def create(payload: Json, settings: Settings) -> Request:  # noqa: ARG001 - the address is the settings'
    """Post the card."""
    return Request("POST", "", payload)


def created(answer: object) -> str:  # noqa: ARG001 - a workflow answers 202 and nothing else
    """A workflow gives no id."""
    return ""


def _plain(line: str) -> str:
    """Give a line in which nothing acts: neither link nor markup."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]()<>#!" else letter for letter in line)
