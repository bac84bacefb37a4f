"""
A case as its entries tell it: the state is folded from them and stands nowhere else.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, cast

import orjson

from stashlight.cases.entry import Entry, Json
from stashlight.incidents.document import Incident
from stashlight.incidents.document_json import incident_from

__all__ = ["STATUSES", "VERDICTS", "Case", "fold"]

STATUSES: Final = ("new", "in_progress", "on_hold", "closed")
VERDICTS: Final = (
    "unknown",
    "malicious",
    "suspicious",
    "benign",
    "false_positive",
    "test",
    "duplicate",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A case now. `incidents` are all ids that it ever had, `incident` is the newest state."""

    id: str
    opened: str
    changed: str
    incident: Incident | None = None
    incidents: tuple[str, ...] = ()
    revision: str = ""
    status: str = "new"
    assignee: str = ""
    verdict: str = "unknown"
    rationale: str = ""
    notes: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    """SHA-256 of each sealed log file, "HASH FILE"."""


def fold(entries: Iterable[Entry]) -> dict[str, Case]:
    """Give every case by id, in the order in which they were opened."""
    cases: dict[str, Case] = {}
    for entry in entries:
        before = cases.get(entry.case) or Case(entry.case, entry.time, entry.time)
        cases[entry.case] = replace(_after(before, entry), changed=entry.time)
    return cases


def _after(case: Case, entry: Entry) -> Case:
    body = _body(entry)
    text = str(body.get("text") or "")
    match entry.kind:
        case "incident":
            incident = incident_from(body.get("incident"), f"entry {entry.number}")
            ids = tuple(dict.fromkeys((*case.incidents, incident.id)))
            return replace(case, incident=incident, incidents=ids, revision=str(body.get("revision") or ""))
        case "status":
            return replace(case, status=text, rationale=str(body.get("rationale") or case.rationale))
        case "assignee":
            return replace(case, assignee=text)
        case "verdict":
            return replace(case, verdict=text)
        case "note":
            return replace(case, notes=(*case.notes, f"{entry.time} {entry.author}: {text}"))
        case "related":
            return replace(case, related=tuple(dict.fromkeys((*case.related, text))))
        case "evidence":
            return replace(case, evidence=(*case.evidence, f"{body.get('sha256')} {body.get('file')}"))
        case _:  # "opened", and what a newer version may add
            return case


def _body(entry: Entry) -> Json:
    """Read a body; one that somebody damaged is empty here, and `verify` names it."""
    try:
        value: object = orjson.loads(entry.body)
    except orjson.JSONDecodeError:
        return {}
    return cast("Json", value) if isinstance(value, dict) else {}
