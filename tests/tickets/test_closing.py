# The vendor is a server of conftest.py, which tests cannot import.
# ruff: noqa: ANN401
"""A closed case closes its Jira issue: once, with the resolution that the project knows, and never silently not."""

from pathlib import Path
from typing import Any

import pytest

from stashlight.cases.recording import add
from stashlight.cases.recording import close as close_case
from stashlight.cases.store import opened
from stashlight.cli import Exit, main
from stashlight.errors import TicketError
from stashlight.incidents.document_json import from_json
from stashlight.plugins import plugin
from stashlight.tickets.sending import Closed, Pace, close
from stashlight.tickets.settings import read_settings
from stashlight.tickets.target import Closure, Target

CASE = from_json((Path(__file__).parents[1] / "outputs" / "results" / "case.json").read_bytes()).incidents[0]
GUILTY = Closure("C-1", "malicious", "files removed; account secured\nhost cleaned")
SECRETS = {"EMAIL": "soc@example.org", "TOKEN": "secret-token"}


def step(name: str, category: str = "done", *resolutions: str, required: bool = False, number: str = "31") -> Any:
    """A transition as Jira lists it."""
    fields = {"resolution": {"required": required, "allowedValues": [{"name": each} for each in resolutions]}}
    to = {"name": f"{name}d", "statusCategory": {"key": category}}
    return {"id": number, "name": name, "to": to, "fields": fields if resolutions else {}}


START = step("Start", "indeterminate", number="11")
on_jira = pytest.mark.parametrize("vendor", ["jira_cloud", "jira_server"], indirect=True)


def ended(vendor: Any, closure: Closure = GUILTY, *given: str) -> Closed:
    """Close the ticket SOC-1 of a server that has one."""
    target = plugin("stashlight.tickets.targets", vendor.name, Target)
    names = {each.name.upper() for each in target.SETTINGS}
    environ = {f"STASHLIGHT_{vendor.name.upper()}_{k}": v for k, v in SECRETS.items() if k in names}
    settings = read_settings(
        vendor.name, target.SETTINGS, ["project=SOC", *given], None, {**environ, _url(vendor.name): vendor.url}
    )
    if not vendor.tickets:
        vendor.tickets.append({"key": "SOC-1", "labels": []})
    return close(vendor.name, target, "SOC-1", closure, settings, pace=Pace(sleep=lambda _: None))


def _url(name: str) -> str:
    return f"STASHLIGHT_{name}_URL".upper()


@on_jira
def test_issue_is_closed_once_with_reason_and_resolution(vendor: Any) -> None:
    vendor.steps = [START, step("Close", "done", "Duplicate", "Won't Do", "Done")]
    assert ended(vendor) == Closed("closed")
    assert vendor.tickets[0]["resolution"] == {"name": "Done"}
    assert ended(vendor) == Closed("unchanged")
    assert len(vendor.comments) == 1
    assert "Closed as malicious" in vendor.comments[0]
    assert "host cleaned" in vendor.comments[0]
    assert vendor.seen.count("transition") == 1


@on_jira
@pytest.mark.parametrize(
    ("verdict", "resolution"),
    [("benign", "Won't Do"), ("false_positive", "Not a Bug"), ("duplicate", "Duplicate"), ("test", "Done")],
)
def test_verdict_chooses_among_what_the_project_allows(vendor: Any, verdict: str, resolution: str) -> None:
    vendor.steps = [step("Close", "done", "Done", "Duplicate", "Won't Do", "Not a Bug")]
    ended(vendor, Closure("C-1", verdict, "because"))
    assert vendor.tickets[0]["resolution"] == {"name": resolution}


@on_jira
def test_resolution_that_cannot_be_set_is_said(vendor: Any) -> None:
    vendor.steps = [step("Close")]
    assert "no such field" in ended(vendor).said
    vendor.tickets.clear()
    vendor.steps = [step("Close", "done", "Gone away")]
    assert "allowed: Gone away" in ended(vendor).said
    assert "resolution" not in vendor.tickets[0]


@on_jira
@pytest.mark.parametrize(
    ("steps", "given", "said"),
    [
        ([START], [], "no transition closes SOC-1 from where it is .there are: Start."),
        ([step("Close"), step("Reject", number="41")], [], "2 transitions close SOC-1 .Close, Reject."),
        ([step("Close")], ["transition=Resolve"], "no transition 'Resolve'"),
        ([step("Close", "done", "Gone", required=True)], [], "allowed: Gone"),
        ([step("Close", "done", "Done")], ["resolution=Fixd"], "stands for 'Fixd'"),
    ],
)
def test_what_cannot_be_closed_is_said_and_left_alone(vendor: Any, steps: Any, given: list[str], said: str) -> None:
    vendor.steps = steps
    with pytest.raises(TicketError, match=said):
        ended(vendor, GUILTY, *given)
    assert "status" not in vendor.tickets[0]
    assert vendor.comments == []


@on_jira
def test_settings_choose_transition_and_resolution(vendor: Any) -> None:
    vendor.steps = [step("Close", "done", "Done"), step("Reject", "done", "Done", "Declined", number="41")]
    ended(vendor, GUILTY, "transition=reject", "resolution=declined")
    assert vendor.tickets[0]["status"] == "Rejectd"
    assert vendor.tickets[0]["resolution"] == {"name": "Declined"}


@on_jira
@pytest.mark.parametrize("fault", ["reset after", "500 after", "429 1", "reset before"])
@pytest.mark.parametrize("kind", ["transition", "comment"])
def test_step_whose_arrival_is_in_doubt_is_not_taken_twice(vendor: Any, kind: str, fault: str) -> None:
    vendor.steps = [step("Close", "done", "Done")]
    vendor.faults[kind] = [fault]
    assert ended(vendor) == Closed("closed")
    assert len(vendor.comments) == 1
    assert vendor.tickets[0]["status"] == "Closed"


@pytest.mark.parametrize("vendor", ["thehive"], indirect=True)
def test_target_that_cannot_close_says_so(vendor: Any) -> None:
    target = plugin("stashlight.tickets.targets", "thehive", Target)
    settings = read_settings("thehive", target.SETTINGS, (), None, {_url("thehive"): vendor.url}, secrets=False)
    with pytest.raises(TicketError, match="close ~1 there"):
        close("thehive", target, "~1", GUILTY, settings)


@pytest.mark.parametrize("vendor", ["jira_cloud"], indirect=True)
def test_closed_case_closes_its_ticket_from_the_command_line(
    vendor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    where = str(tmp_path / "cases.db")
    for name, value in SECRETS.items():
        monkeypatch.setenv(f"STASHLIGHT_JIRA_CLOUD_{name}", value)
    with opened(where, create=True) as store:
        add(store, [CASE], "ana", "2026-03-03T08:00:00Z")
    vendor.steps = [START, step("Close", "done", "Done")]
    given = ["--set", f"url={vendor.url}", "--set", "project=SOC", "--ledger", str(tmp_path / "tickets.db")]
    command = ["ticket", "jira_cloud", "--case", "C-1", "--db", where, *given]
    assert main([*command, "--send"]) == Exit.DONE
    assert capsys.readouterr().out == f"{CASE.id} created SOC-1\n"
    assert "status" not in vendor.tickets[0]
    with opened(where) as store:
        close_case(store, "C-1", "malicious", "account secured", "ana", "2026-03-03T09:00:00Z")
    assert main(command) == Exit.DONE
    assert "C-1 is closed as malicious" in capsys.readouterr().err
    assert "status" not in vendor.tickets[0]
    assert main([*command, "--send"]) == Exit.DONE
    assert capsys.readouterr().out == f"{CASE.id} unchanged SOC-1\n{CASE.id} closed SOC-1\n"
    assert main([*command, "--send"]) == Exit.DONE
    assert capsys.readouterr().out.endswith("was closed already SOC-1\n")
    assert len(vendor.comments) == 1
    assert main(["ticket", "jira_cloud", *given]) == Exit.REFUSED
    assert main([*command, "--from", "result.json"]) == Exit.REFUSED
