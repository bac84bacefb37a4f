"""
E-mail by SMTP, over TLS from the start (`smtps://`) or after STARTTLS (`smtp://`), to people or a ticket mailbox.

The Message-ID is made of the incident and its state, so a second delivery of the same can be told and dropped, and
later ones refer to the first: mail programs show them as one thread.
"""

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final
from urllib.parse import urlsplit

from stashlight.incidents.document import Incident
from stashlight.incidents.severity_scale import SCALE
from stashlight.incidents.stable_ids import moment, revision, uuid_of
from stashlight.tickets.exchange import Answer, Silence
from stashlight.tickets.settings import Setting, Settings
from stashlight.tickets.target import Json, Request
from stashlight.tickets.targets.jira_cloud import confirm, confirmed
from stashlight.tickets.targets.webhook import comments, found, search, update
from stashlight.tickets.wording import marker, paragraphs, summary

__all__ = ["RESEND", "SETTINGS", "comments", "confirm", "confirmed", "found", "payload", "search", "update"]

SETTINGS: tuple[Setting, ...] = (
    Setting("url", "smtps://HOST or smtp://HOST:587"),
    Setting("from", "address of the sender"),
    Setting("to", "addresses of the receivers, divided by commas"),
    Setting("user", "name to log in with; none if empty", "", secret=True),
    Setting("password", "its password", "", secret=True),
)
RESEND: bool = True

_SECONDS: Final = 30.0
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def payload(incident: Incident, settings: Settings) -> Json:
    """Give the mail's parts; every text is one line or plain, so that no header can be smuggled in."""
    parts = [f"{heading}\n" + "\n".join(f"- {line}" for line in lines) for heading, lines in paragraphs(incident)]
    domain = (
        "".join(each for each in settings["from"].rpartition("@")[2] if each.isalnum() or each in "-.") or "localhost"
    )
    time = moment(incident.last_seen)
    return {
        "from": settings["from"],
        "to": settings.several("to"),
        "subject": summary(incident),
        "message_id": f"<{uuid_of('mail', incident.id, revision(incident))}@{domain}>",
        "references": f"<{uuid_of('mail thread', incident.id)}@{domain}>",
        "importance": SCALE[incident.severity].mail,
        "seen": time.isoformat() if time else None,
        "text": "\n\n".join((*parts, marker(incident))) + "\n",
    }


def headers(settings: Settings, body: bytes, now: float) -> dict[str, str]:  # noqa: ARG001 - not HTTP
    """Hand the login to `talk`."""
    return {"user": settings["user"], "password": settings["password"]}


def create(payload: Json, settings: Settings) -> Request:  # noqa: ARG001 - all of it is in the payload
    """Write the mail."""
    mail = EmailMessage()
    mail["From"] = str(payload["from"])
    mail["To"] = ", ".join(map(str, payload["to"])) if isinstance(payload["to"], list) else ""  # pyright: ignore[reportUnknownArgumentType]
    mail["Subject"] = str(payload["subject"])
    mail["Message-ID"] = str(payload["message_id"])
    mail["References"] = mail["In-Reply-To"] = str(payload["references"])
    mail["Importance"] = str(payload["importance"])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(str(payload["text"]))
    return Request("SMTP", "", mail.as_bytes())


def created(answer: object) -> str:
    """Give the Message-ID."""
    return str(answer or "")


def talk(method: str, url: str, headers: Mapping[str, str], body: bytes | None, now: float) -> Answer | Silence:  # noqa: ARG001 - SMTP has no method
    """Hand the mail over; a silence after it was sent leaves open whether it arrived, one before does not."""
    from email import message_from_bytes, policy

    parts = urlsplit(url)
    host, context = parts.hostname or "", ssl.create_default_context()
    mail = message_from_bytes(body or b"", policy=policy.SMTP)
    mail["Date"] = formatdate(now)
    handed_over = False
    try:
        with _server(parts.scheme, host, parts.port, context) as server:
            if parts.scheme == "smtp" and (server.has_extn("starttls") or host not in _LOOPBACK):
                server.starttls(context=context)
                server.ehlo()
            if headers.get("user"):
                server.login(headers["user"], headers["password"])
            handed_over = True
            refused = server.send_message(mail)
        return Answer(200, str(mail["Message-ID"])) if not refused else Answer(503, f"refused: {', '.join(refused)}")
    except smtplib.SMTPRecipientsRefused as error:
        codes = {code for code, _ in error.recipients.values()}
        return Answer(503 if all(400 <= code < 500 for code in codes) else 400, f"every receiver refused: {codes}")
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return Answer(503 if 400 <= error.smtp_code < 500 else 400, f"{error.smtp_code} {said}")
    except smtplib.SMTPNotSupportedError as error:
        return Answer(400, f"{error}; the mail was not sent over an open line")
    except (OSError, smtplib.SMTPException) as error:
        return Silence(f"{type(error).__name__}: {error}", handed_over)


def _server(scheme: str, host: str, port: int | None, context: ssl.SSLContext) -> smtplib.SMTP:
    server: smtplib.SMTP = (
        smtplib.SMTP_SSL(host, port or 465, timeout=_SECONDS, context=context)
        if scheme == "smtps"
        else smtplib.SMTP(host, port or 587, timeout=_SECONDS)
    )
    server.ehlo()
    return server
