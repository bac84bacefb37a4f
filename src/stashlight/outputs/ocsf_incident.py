"""
OCSF 1.8.0 Incident Finding (class 2005), one incident a line: what a case system imports.

It names the Detection Finding of the same incident first, then every rule that matched
(https://schema.ocsf.io/1.8.0/classes/incident_finding). The standard wants an assignee: a new one says `unassigned`.
"""

from collections.abc import Iterator
from typing import Final

from stashlight.incidents.document import Document, FindingNote, Incident
from stashlight.incidents.document_json import to_json
from stashlight.incidents.severity_scale import SCALE
from stashlight.incidents.stable_ids import milliseconds, moment, uuid_of
from stashlight.outputs.ocsf_detection import attack, finding_info, metadata
from stashlight.terminal import Page

SUFFIX: str = ".incident.ocsf.jsonl"

Json = dict[str, object]

_CLASS: Final = 2005
_CREATE: Final = 1
_PRIORITY: Final = {"info": 1, "low": 1, "medium": 2, "high": 3, "critical": 4}
_CONFIDENCE: Final = {"low": 1, "medium": 2, "high": 3}


def render(document: Document, page: Page) -> Iterator[str]:  # noqa: ARG001 - JSON is the same on every page
    """Give one incident a line, highest score first."""
    for incident in document.incidents:
        yield to_json(_incident(incident, document)) + "\n"


def _incident(incident: Incident, document: Document) -> Json:
    first, last = moment(incident.first_seen), moment(incident.last_seen)
    whole: Json = {
        "activity_id": _CREATE,
        "category_uid": 2,
        "class_uid": _CLASS,
        "type_uid": _CLASS * 100 + _CREATE,
        "time": milliseconds(last) if last else 0,
        "severity_id": SCALE[incident.severity].ocsf,
        "status_id": 1,
        "message": incident.title,
        "desc": "; ".join(f"{each.points:+d} {each.name}: {each.reason}" for each in incident.factors),
        "metadata": {**metadata(incident, document), "uid": uuid_of("ocsf incident", incident.id)},
        "finding_info_list": [finding_info(incident), *(_rule(incident, each) for each in incident.findings)],
        "assignee_group": {"name": "unassigned"},
        "priority_id": _PRIORITY[incident.severity],
        "confidence_id": _CONFIDENCE.get(incident.confidence, 0),
        "verdict_id": 0,
        "attacks": [attack(each) for each in incident.techniques],
    }
    if first and last:
        whole |= {"start_time": milliseconds(first), "end_time": milliseconds(last)}
    if not last:
        whole["status_detail"] = f"the time of this finding is not known: {incident.last_seen!r}"
    return {name: value for name, value in whole.items() if value not in ([], "")}


def _rule(incident: Incident, note: FindingNote) -> Json:
    return {
        "uid": uuid_of("ocsf rule", incident.id, note.rule),
        "title": note.title,
        "analytic": {"name": note.title, "uid": note.rule, "type_id": 1},
        "related_events_count": note.count,
    }
