# The vendor is a server of conftest.py, which tests cannot import.
# ruff: noqa: ANN401, A002
"""Every target against a server that keeps to the vendor's schema and fails: one ticket, never two, never none."""

import json
import ssl
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from stashlight.errors import SettingError, TicketError
from stashlight.incidents.document import Incident
from stashlight.incidents.document_json import from_json
from stashlight.plugins import plugin, plugin_names
from stashlight.tickets.exchange import Silence, exchange
from stashlight.tickets.ledger import ledger_at
from stashlight.tickets.sending import Outcome, Pace, send
from stashlight.tickets.settings import Settings, read_settings
from stashlight.tickets.target import Target

TARGETS = "stashlight.tickets.targets"
RESULTS = Path(__file__).parents[1] / "outputs" / "results"
CASE = from_json((RESULTS / "case.json").read_bytes()).incidents[0]
NASTY = from_json((RESULTS / "nasty.json").read_bytes()).incidents[0]

SEARCHED = ["jira_cloud", "jira_server", "thehive", "iris", "servicenow", "slack"]
OVER_HTTP = [*SEARCHED, "teams", "webhook", "splunk_hec"]
SECRETS = {
    "email": "soc@example.org",
    "token": "splunk-token",
    "key": "hive-secret-key",
    "user": "snow-user",
    "password": "snow-secret-password",
    "secret": "webhook-secret",
}
GIVEN = {
    "project": "SOC",
    "channel": "C0123456789",
    "components": "Endpoint-Security,Data-Protection",
    "from": "a@x.org",
}

on_searched = pytest.mark.parametrize("vendor", SEARCHED, indirect=True)
on_http = pytest.mark.parametrize("vendor", OVER_HTTP, indirect=True)


class Sender:
    """A target, its settings and a ledger; waits are counted, not slept."""

    def __init__(self, name: str, url: str, ledger: Path) -> None:
        self.name, self.ledger = name, ledger
        module = plugin(TARGETS, name, Target)
        short = partial(exchange, timeout=0.15)
        if name == "slack":  # reads what a 200 means
            self.target = module
        else:
            self.target = cast("Target", SimpleNamespace(**{**vars(module), "talk": short}))
        names = {each.name for each in module.SETTINGS}
        environ = {f"STASHLIGHT_{name}_{key}".upper(): value for key, value in SECRETS.items() if key in names}
        environ |= {f"STASHLIGHT_{name}_{key}".upper(): value for key, value in GIVEN.items() if key in names}
        self.settings = read_settings(
            name, module.SETTINGS, (), None, {**environ, f"STASHLIGHT_{name}_URL".upper(): url}
        )
        self.waits: list[float] = []

    def send(self, incident: Incident, *, again: bool = False) -> Outcome:
        with ledger_at(str(self.ledger)) as ledger:
            pace = Pace(sleep=self.waits.append)
            return send(self.name, self.target, incident, self.settings, ledger, again=again, pace=pace)


@pytest.fixture
def sender(vendor: Any, tmp_path: Path) -> Sender:
    return Sender(vendor.name, vendor.url, tmp_path / "tickets.db")


@on_http
@pytest.mark.parametrize("incident", [CASE, NASTY], ids=["case", "nasty"])
def test_second_time_changes_nothing(vendor: Any, sender: Sender, incident: Incident) -> None:
    """The vendor's schema accepts the payload, whatever a stranger wrote into it."""
    assert sender.send(incident).action == "created"
    assert sender.send(incident).action == "unchanged"
    assert len(vendor.tickets) == 1
    assert vendor.comments == []


@on_searched
def test_another_machine_finds_the_ticket(vendor: Any, sender: Sender, tmp_path: Path) -> None:
    """Without our ledger, the search alone must do."""
    sender.send(CASE)
    other = Sender(vendor.name, vendor.url, tmp_path / "elsewhere.db")
    assert other.send(CASE).action == "unchanged"
    assert len(vendor.tickets) == 1


@on_searched
def test_grown_incident_updates_its_ticket_once(vendor: Any, sender: Sender) -> None:
    sender.send(CASE)
    grown = replace(CASE, files=replace(CASE.files, count=700))
    assert sender.send(grown).action == "updated"
    assert sender.send(grown).action == "unchanged"
    assert len(vendor.tickets) == 1
    assert len(vendor.comments) == (0 if vendor.name == "slack" else 1)


@on_http
@pytest.mark.parametrize(
    "faults",
    [
        ["429 1"],
        ["429", "429"],
        ["503"],
        ["500 before"],
        ["500 after"],
        ["502 after", "500 before"],
        ["reset before"],
        ["reset after"],
        ["hang after"],
        ["hang after", "reset after"],
    ],
    ids=" then ".join,
)
def test_creation_that_goes_wrong_ends_with_one_ticket(vendor: Any, sender: Sender, faults: list[str]) -> None:
    """A silence after the server accepted is the trap: sending again at once would make a second ticket."""
    vendor.faults["create"] = list(faults)
    is_in_doubt = any(each.endswith(("after", "before")) for each in faults)
    if vendor.name == "teams" and is_in_doubt:  # nobody can be asked, so a person is
        for _ in range(2):
            with pytest.raises(TicketError, match="--again"):
                sender.send(CASE)
        vendor.faults.clear()
        if not vendor.tickets:
            sender.send(CASE, again=True)
    else:
        sender.send(CASE)
    assert len(vendor.tickets) == 1
    assert sum(sender.waits) < 60


@on_searched
def test_search_index_that_lags_behind_makes_no_second_ticket(vendor: Any, sender: Sender) -> None:
    vendor.faults["create"], vendor.lag = ["reset after"], 2
    assert sender.send(CASE).action == "created"
    assert len(vendor.tickets) == 1
    vendor.lag = 1
    sender.send(replace(CASE, score=86))  # the ledger remembers the key
    assert len(vendor.tickets) == 1


@on_searched
@pytest.mark.parametrize("fault", ["reset after", "hang after", "500 after", "429 1", "reset before"])
def test_comment_whose_arrival_is_in_doubt_is_not_repeated(vendor: Any, sender: Sender, fault: str) -> None:
    sender.send(CASE)
    vendor.faults["comment"] = vendor.faults["update"] = [fault]
    assert sender.send(replace(CASE, score=90)).action == "updated"
    assert len(vendor.comments) == (0 if vendor.name == "slack" else 1)
    assert sender.send(replace(CASE, score=90)).action == "unchanged"


@on_searched
def test_search_that_fails_creates_nothing(vendor: Any, sender: Sender) -> None:
    vendor.faults["search"] = ["500 before"] * 5
    with pytest.raises(TicketError, match="nothing was created: send again later"):
        sender.send(CASE)
    assert vendor.tickets == []
    vendor.faults["search"] = ["reset before", "429", "500 before"]
    assert sender.send(CASE).action == "created"


@on_searched
def test_of_two_tickets_the_oldest_is_kept_up_and_the_other_named(vendor: Any, sender: Sender) -> None:
    """Somebody copied a ticket by hand: no third one, and both are said."""
    sender.send(CASE)
    copy = dict(vendor.tickets[0])
    copy |= {name: f"{copy[name]}9" for name in ("key", "_id", "alert_id", "sys_id", "ts") if name in copy}
    vendor.tickets.append(copy)
    outcome = sender.send(CASE)
    assert outcome.action == "unchanged"
    assert len(outcome.others) == 1
    assert len(vendor.tickets) == 2


@pytest.mark.parametrize("vendor", ["iris"], indirect=True)
def test_hit_that_only_contains_the_id_is_another_incident(vendor: Any, sender: Sender) -> None:
    """DFIR-IRIS searches for parts of the reference."""
    sender.send(replace(CASE, id="SL-12"))
    assert sender.send(replace(CASE, id="SL-1")).action == "created"
    assert len(vendor.tickets) == 2


@on_http
def test_no_secret_is_told_when_the_login_is_refused(vendor: Any, sender: Sender) -> None:
    """The server echoes the login; a URL may itself be the secret."""
    vendor.faults["create"] = vendor.faults["search"] = ["401"]
    with pytest.raises(TicketError, match="answered 401") as refused:
        sender.send(CASE)
    for name, secret in SECRETS.items():
        assert secret not in str(refused.value), name
    assert vendor.tickets == []
    assert sender.send(CASE).action == "created"


@on_http
def test_wait_that_is_too_long_is_left_to_the_person(vendor: Any, sender: Sender) -> None:
    vendor.faults["create"] = ["429 9999"]
    with pytest.raises(TicketError, match="9,999 seconds"):
        sender.send(CASE)
    assert sender.waits == []


@pytest.mark.parametrize("vendor", ["splunk_hec"], indirect=True)
def test_event_counts_as_sent_when_the_index_acknowledges(vendor: Any, sender: Sender) -> None:
    vendor.lag = 3
    assert sender.send(CASE).action == "created"
    assert vendor.seen.count("ack") == 3
    vendor.lag = 99
    with pytest.raises(TicketError, match="did not confirm"):
        sender.send(replace(CASE, score=1))
    vendor.lag = 0
    sender.send(replace(CASE, score=1))
    assert len(vendor.tickets) == 2


def test_nobody_listening_is_known_not_to_have_arrived() -> None:
    answer = exchange("POST", "http://127.0.0.1:9/", {}, b"{}", 0.0)
    assert isinstance(answer, Silence)
    assert not answer.may_have_arrived


def test_redirect_does_not_carry_the_login_away(tmp_path: Path) -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/stolen")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        answer = exchange("GET", f"http://127.0.0.1:{server.server_port}/", {"Authorization": "x"}, None, 0.0)
        thread.join()
    assert not isinstance(answer, Silence)
    assert answer.status == 302


def test_certificate_is_verified() -> None:
    """A default context, nothing switched off: a stranger's certificate ends the talk before the login is sent."""
    context = ssl.create_default_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    source = Path(str(exchange.__code__.co_filename)).read_text("utf-8")
    assert "CERT_NONE" not in source
    assert "check_hostname" not in source


@pytest.mark.parametrize("name", plugin_names(TARGETS))
def test_target_fits_the_protocol_and_its_payload_is_pure(name: str) -> None:
    target = plugin(TARGETS, name, Target)
    assert target.__doc__
    settings = Settings(
        {"from": "a@example.org", "to": "b@example.org", "tlp": "2", "pap": "2", "status": "2", "customer": "1"}
    )
    from stashlight.incidents.document_json import to_json

    assert to_json(target.payload(CASE, settings)) == to_json(target.payload(CASE, settings))
    assert CASE.id in to_json(target.payload(CASE, settings))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["token=x"], "token is a secret: set STASHLIGHT_JIRA_CLOUD_TOKEN"),
        (["nonsense=1"], "'nonsense' is no setting of jira_cloud"),
        (["url=http://jira.example.org"], "should be https://"),
        (["url=https://me:pw@jira.example.org"], "without a login in it"),
        (["url=https://jira.example.org"], "needs project"),
    ],
)
def test_setting_that_makes_no_sense_is_refused(given: list[str], said: str) -> None:
    asked = plugin(TARGETS, "jira_cloud", Target).SETTINGS
    with pytest.raises(SettingError, match=said):
        read_settings("jira_cloud", asked, given, None, {}, secrets=False)


def test_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-a-file\n")
    (tmp_path / "settings.toml").write_text(
        '[jira_server]\nproject = "SOC"\ncomponents = ["A", "B"]\nurl = "https://j.example.org"'
    )
    asked = plugin(TARGETS, "jira_server", Target).SETTINGS
    environ = {"STASHLIGHT_JIRA_SERVER_TOKEN_FILE": str(tmp_path / "token")}
    settings = read_settings("jira_server", asked, ["project=IR"], str(tmp_path / "settings.toml"), environ)
    assert settings["token"] == "from-a-file"
    assert settings["project"] == "IR"
    assert settings.several("components") == ["A", "B"]
    assert "from-a-file" not in repr(settings)


def test_jira_issue_is_modelled_on_the_seed_case() -> None:
    settings = Settings({"project": "SOC", "type": "Task", "components": "Endpoint-Security,Data-Protection"})
    fields = cast("Any", plugin(TARGETS, "jira_cloud", Target).payload(CASE, settings)["fields"])
    assert fields["summary"] == "T1074.001 – Data Staged for Exfiltration on LAB-WS-23.linden.example (i-3f9c2a71b04d)"
    assert fields["priority"] == {"name": "High"}
    assert [each["name"] for each in fields["components"]] == ["Endpoint-Security", "Data-Protection"]
    assert {"T1074.001", "data-staged"} <= set(fields["labels"])
    text = json.dumps(fields["description"], ensure_ascii=False)
    assert "size unknown" in text
    assert "639" in text
