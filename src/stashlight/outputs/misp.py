"""
MISP events, one an incident, for *Import from… MISP JSON* or `POST /events/add`.

Nothing is shared by itself: `distribution` 0 is "your organisation only", `to_ids` is off, for names of your own hosts
and people are no indicators for others (https://www.misp-project.org/datamodels/).
"""

from collections.abc import Iterator
from typing import Final

from stashlight.incidents.attack import technique
from stashlight.incidents.document import Document, Incident
from stashlight.incidents.document_json import to_json
from stashlight.incidents.severity_scale import SCALE
from stashlight.incidents.stable_ids import microseconds, moment, uuid_of
from stashlight.outputs.ocsf_detection import name_of
from stashlight.terminal import Page

SUFFIX: str = ".misp.json"

Json = dict[str, object]

_MOST_FILES: Final = 100
_OWN_ORGANISATION: Final = "0"
_NEW: Final = "0"


def render(document: Document, page: Page) -> Iterator[str]:  # noqa: ARG001 - JSON is the same on every page
    """Give all events in the form that MISP exports and imports: `{"response": [{"Event": …}]}`."""
    yield '{"response": ['
    for number, incident in enumerate(document.incidents):
        yield (",\n" if number else "\n") + to_json({"Event": _event(incident)}, indent=True)
    yield "\n]}\n"


def _event(incident: Incident) -> Json:
    time = moment(incident.last_seen)
    seconds = str(microseconds(time) // 1_000_000) if time else "0"
    event: Json = {
        "uuid": uuid_of("misp", incident.id),
        "info": incident.title or incident.id or "Data staged",
        "threat_level_id": str(SCALE[incident.severity].misp),
        "analysis": _NEW,
        "distribution": _OWN_ORGANISATION,
        "published": False,
        "timestamp": seconds,
        "Attribute": [*_attributes(incident, seconds)],
        "Tag": [{"name": name} for name in _tags(incident)],
    }
    if first := moment(incident.first_seen):
        event["date"] = first.date().isoformat()
    return event


def _attributes(incident: Incident, seconds: str) -> Iterator[Json]:
    told = (
        ("Internal reference", "text", incident.id, "Stashlight incident"),
        *(("Targeting data", "target-machine", each, "host") for each in incident.hosts),
        *(("Targeting data", "target-user", each, "account") for each in incident.accounts),
        *(("Artifacts dropped", "text", each, "staging place") for each in incident.places),
        *(("Artifacts dropped", "filename", each.path, "archive") for each in incident.archives),
        *(
            ("Artifacts dropped", f"filename|{name}", f"{name_of(each.path)}|{value}", "staged file")
            for each in incident.listed[:_MOST_FILES]
            for name, value in (("sha256", each.sha256), ("sha1", each.sha1), ("md5", each.md5))
            if value and "|" not in each.path
        ),
        *(("Artifacts dropped", "filename", each, "staged file") for each in incident.files.examples[:_MOST_FILES]),
        *(("Artifacts dropped", "text", each.command or "", "command line") for each in incident.commands),
        *(("Internal reference", "comment", f"{e.points:+d} {e.name}: {e.reason}", "score") for e in incident.factors),
    )
    seen: set[tuple[str, str]] = set()
    for category, kind, value, comment in told:
        if value.strip() and (kind, value) not in seen:  # MISP refuses an empty value, and a pair that it has
            seen.add((kind, value))
            yield {
                "uuid": uuid_of("misp", incident.id, kind, value),
                "category": category,
                "type": kind,
                "value": value,
                "comment": comment,
                "to_ids": False,
                "distribution": "5",  # as the event
                "timestamp": seconds,
            }


def _tags(incident: Incident) -> Iterator[str]:
    yield "tlp:amber"
    for id in dict.fromkeys(incident.techniques):  # noqa: A001 - the field's word
        if name := technique(id).name:
            yield f'misp-galaxy:mitre-attack-pattern="{name} - {id}"'
