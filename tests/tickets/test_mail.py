# Names are those of aiosmtpd.
# ruff: noqa: ARG002, N802
"""Mail against a real SMTP server on this machine: one message, whatever goes wrong."""

import socket
from asyncio import WriteTransport
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from stashlight.errors import TicketError
from stashlight.incidents.document import Incident
from stashlight.incidents.document_json import from_json
from stashlight.tickets.ledger import ledger_at
from stashlight.tickets.sending import Outcome, Pace, send
from stashlight.tickets.settings import Settings
from stashlight.tickets.targets import mail

RESULTS = Path(__file__).parents[1] / "outputs" / "results"
CASE = from_json((RESULTS / "case.json").read_bytes()).incidents[0]
NASTY = from_json((RESULTS / "nasty.json").read_bytes()).incidents[0]


class Mailbox:
    """Keeps what arrives, a second delivery of a Message-ID once; answers as `answers` says, one a mail."""

    def __init__(self) -> None:
        self.mails: dict[str, Any] = {}
        self.answers: list[str] = []
        self.deliveries = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250") or answer == "drop":
            read = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
            self.mails[str(read["Message-ID"])] = read
            self.deliveries += 1
        if answer == "drop":
            cast("WriteTransport", server.transport).abort()
        return answer


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


def _send(url: str, folder: Path, incident: Incident) -> Outcome:
    values = {"url": url, "from": "stashlight@example.org", "to": "soc@example.org, tickets@example.org"}
    with ledger_at(str(folder / "tickets.db")) as ledger:
        return send("mail", mail, incident, Settings(values), ledger, pace=Pace(sleep=lambda _: None))


@pytest.mark.parametrize("incident", [CASE, NASTY], ids=["case", "nasty"])
def test_mail_arrives_once_and_smuggles_no_header(
    mailbox: tuple[Mailbox, str], tmp_path: Path, incident: Incident
) -> None:
    box, url = mailbox
    assert _send(url, tmp_path, incident).action == "created"
    assert _send(url, tmp_path, incident).action == "unchanged"
    (read,) = box.mails.values()
    assert box.deliveries == 1
    assert read["To"] == "soc@example.org, tickets@example.org"
    assert read["X-Header"] is None
    assert incident.id in read["Subject"]
    assert "639" in read.get_content()
    assert read["Importance"] == "high"


@pytest.mark.parametrize("answers", [["451 later"], ["drop"], ["421 busy", "451 later", "drop"]], ids=" then ".join)
def test_mail_that_goes_wrong_arrives_as_one(mailbox: tuple[Mailbox, str], tmp_path: Path, answers: list[str]) -> None:
    """After a silence it is sent again under the same Message-ID, which a mailbox keeps once."""
    box, url = mailbox
    box.answers = list(answers)
    assert _send(url, tmp_path, CASE).action == "created"
    assert len(box.mails) == 1


def test_refused_mail_is_told_and_can_be_sent_again(mailbox: tuple[Mailbox, str], tmp_path: Path) -> None:
    box, url = mailbox
    box.answers = ["554 no such mailbox"]
    with pytest.raises(TicketError, match="no such mailbox"):
        _send(url, tmp_path, CASE)
    assert _send(url, tmp_path, CASE).action == "created"


def test_newer_state_is_a_mail_of_the_same_thread(mailbox: tuple[Mailbox, str], tmp_path: Path) -> None:
    box, url = mailbox
    _send(url, tmp_path, CASE)
    assert _send(url, tmp_path, replace(CASE, score=99)).action == "updated"
    first, second = box.mails.values()
    assert first["References"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]


def test_mail_is_not_sent_over_an_open_line() -> None:
    """A server elsewhere that offers no STARTTLS gets nothing; here only the name of the host is elsewhere."""
    source = Path(str(mail.__file__)).read_text("utf-8")
    assert 'server.has_extn("starttls") or host not in _LOOPBACK' in source
