"""
Splunk HTTP Event Collector: one incident an event, ready for `POST /services/collector/event`.

`stashlight ticket splunk_hec` sends the same and waits for the indexer's acknowledgement
(https://help.splunk.com/en/splunk-enterprise/get-data-in/collect-http-event-data/format-events-for-http-event-collector).
"""

from collections.abc import Iterator

from stashlight.incidents.document import Document, Incident
from stashlight.incidents.document_json import to_json
from stashlight.incidents.stable_ids import microseconds, moment, revision
from stashlight.terminal import Page

SUFFIX: str = ".hec.json"

Json = dict[str, object]


def render(document: Document, page: Page) -> Iterator[str]:  # noqa: ARG001 - JSON is the same on every page
    """Give one event a line, highest score first."""
    for incident in document.incidents:
        yield to_json(event(incident)) + "\n"


def event(incident: Incident) -> Json:
    """
    Give an incident as an event: `time` in seconds since 1970, `fields` are indexed.

    `stashlight_revision` tells a second delivery of the same state: `| dedup stashlight_revision`.
    """
    time = moment(incident.last_seen)
    whole: Json = {
        "host": incident.hosts[0] if incident.hosts else None,
        "time": microseconds(time) / 1_000_000 if time else None,
        "source": "stashlight",
        "sourcetype": "stashlight:incident",
        "event": incident,
        "fields": {
            "stashlight_incident": incident.id,
            "stashlight_revision": revision(incident),
            "severity": incident.severity,
            "mitre_technique_id": [*incident.techniques],
        },
    }
    return {name: value for name, value in whole.items() if value is not None}
