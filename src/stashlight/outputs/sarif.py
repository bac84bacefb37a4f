"""
SARIF 2.1.0: incidents as results of one run, for tools that show findings of analyses.

A result points to the log records behind it; what could not be read is a notification of the invocation
(https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from stashlight.incidents.attack import technique
from stashlight.incidents.document import Document, Evidence, Incident, ProblemNote
from stashlight.incidents.document_json import to_json
from stashlight.incidents.severity_scale import SCALE
from stashlight.incidents.stable_ids import revision, uuid_of
from stashlight.terminal import Page

SUFFIX: str = ".sarif"

Json = dict[str, object]

_MOST_LOCATIONS: Final = 100


def render(document: Document, page: Page) -> Iterator[str]:  # noqa: ARG001 - JSON is the same on every page
    """Give one log with one run."""
    ids = sorted({_main(incident) for incident in document.incidents})
    run: Json = {
        "tool": {
            "driver": {
                "name": "Stashlight",
                "version": document.version,
                "rules": [_rule(each) for each in ids],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not document.partial,
                "toolExecutionNotifications": [_notification(each) for each in document.problems],
            }
        ],
        "results": [_result(each, ids) for each in document.incidents],
        "columnKind": "unicodeCodePoints",
    }
    log: Json = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    yield to_json(log, indent=True) + "\n"


def _main(incident: Incident) -> str:
    """Name the technique that the incident is reported under: the first, which is the staging."""
    return incident.techniques[0] if incident.techniques and incident.techniques[0] else "T1074"


def _rule(id: str) -> Json:  # noqa: A002 - the field's word
    known = technique(id)
    name = known.name or id
    return {"id": id, "name": name, "shortDescription": {"text": f"{id} {name}"}, "helpUri": quote(known.url, ":/")}


def _result(incident: Incident, ids: list[str]) -> Json:
    return {
        "ruleId": _main(incident),
        "ruleIndex": ids.index(_main(incident)),
        "guid": uuid_of("sarif", incident.id),
        "level": SCALE[incident.severity].sarif,
        "rank": float(max(0, min(100, incident.score))),
        "message": {"text": incident.title or incident.id or "incident"},
        "partialFingerprints": {"incident/v1": incident.id, "revision/v1": revision(incident)},
        "locations": [_location(each, incident) for each in incident.evidence[:_MOST_LOCATIONS]],
        "properties": {
            "tags": [*dict.fromkeys(incident.techniques)],
            "severity": incident.severity,
            "score": incident.score,
            "confidence": incident.confidence,
            "hosts": [*incident.hosts],
            "accounts": [*incident.accounts],
            "places": [*incident.places],
            "firstSeen": incident.first_seen,
            "lastSeen": incident.last_seen,
            "files": incident.files.count,
            "reasons": [f"{each.points:+d} {each.name}: {each.reason}" for each in incident.factors],
        },
    }


def _location(evidence: Evidence, incident: Incident) -> Json:
    """Point to a record: a number of the file's own, which is a line only in some formats, so no region is claimed."""
    place = " ".join((*incident.hosts[:1], *incident.places[:1]))
    location: Json = {
        "physicalLocation": {"artifactLocation": {"uri": _uri(evidence.file)}},
        "properties": {"record": evidence.record, "event": evidence.event},
    }
    if place:
        location["logicalLocations"] = [{"fullyQualifiedName": place, "kind": "resource"}]
    return location


def _uri(file: str) -> str:
    return quote(file.replace("\\", "/"), "/!", errors="backslashreplace")


def _notification(problem: ProblemNote) -> Json:
    where = f"{problem.file}, {problem.position}" if problem.position else problem.file
    return {"level": "warning", "message": {"text": f"{where}: {problem.reason} ({problem.count:,} records)"}}
