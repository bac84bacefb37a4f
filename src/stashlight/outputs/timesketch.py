"""
Timesketch JSONL: one line an event of an incident's course, oldest first within each incident.

`message`, `datetime` and `timestamp_desc` are asked for; `timestamp` is microseconds and says the same as `datetime`.
Texts are kept under the 32,766 bytes that the index holds (https://timesketch.org/guides/user/import-from-json-csv/).
"""

from collections.abc import Iterator
from typing import Final

from stashlight.incidents.document import Document, Incident
from stashlight.incidents.document_json import to_json
from stashlight.incidents.stable_ids import microseconds, moment
from stashlight.terminal import Page

SUFFIX: str = ".timesketch.jsonl"

Json = dict[str, object]

_MOST_BYTES: Final = 32_766


def render(document: Document, page: Page) -> Iterator[str]:  # noqa: ARG001 - JSON is the same on every page
    """
    Give the incidents' events, then two that say what was read: older servers refuse a file of fewer than three lines.

    An event without a readable time cannot stand on a timeline and is left out; `--as json` has it.
    """
    for incident in document.incidents:
        events = [each for each in _events(incident) if moment(str(each["datetime"]))]
        for event in sorted(events, key=lambda each: str(each["datetime"])):
            yield to_json(_line(event, incident)) + "\n"
    for time, what in ((document.scanned.first, "First"), (document.scanned.last, "Last")):
        if document.incidents and moment(time):
            message = f"{what} of {document.scanned.events:,} events read by Stashlight {document.version}"
            yield to_json(_timed({"message": message, "timestamp_desc": f"{what} Event Read", "datetime": time})) + "\n"


def _events(incident: Incident) -> Iterator[Json]:
    yield _event(incident.first_seen, f"First of: {incident.title}", "Staging First Seen")
    yield _event(incident.last_seen, f"Last of: {incident.title}", "Staging Last Seen")
    for rung in incident.rungs:
        message = f"{rung.name}: {rung.summary}"
        yield {**_event(rung.first_seen, message, "Rung First Seen"), "rung": rung.name}
        if rung.last_seen != rung.first_seen:
            yield {**_event(rung.last_seen, message, "Rung Last Seen"), "rung": rung.name}
    for note in incident.findings:
        message = f"rule matched {note.count:,} times: {note.title}"
        yield {**_event(note.first_seen, message, "Rule First Matched"), "rule": note.rule, "level": note.level}
    for command in incident.commands:
        message = command.command or command.process or "a process whose command line was not recorded"
        yield {
            **_event(command.time, message, "Process Started"),
            "hostname": command.host,
            "username": command.account,
            "process": command.process,
            "pid": command.process_id,
            "parent": command.parent,
            "rung": command.rung,
            "event_key": command.event,
        }


def _event(time: str, message: str, kind: str) -> Json:
    return {"datetime": time, "message": message, "timestamp_desc": kind}


def _line(event: Json, incident: Incident) -> Json:
    about: Json = {
        "incident_id": incident.id,
        "severity": incident.severity,
        "score": incident.score,
        "hostname": ", ".join(incident.hosts) or None,
        "username": ", ".join(incident.accounts) or None,
        "place": ", ".join(incident.places) or None,
        "tag": [*incident.techniques],
    }
    return _timed({**about, **event})


def _timed(event: Json) -> Json:
    """Write the time in both forms, and drop what is not known."""
    time = moment(str(event["datetime"]))
    assert time  # callers have looked
    event |= {"datetime": time.isoformat(timespec="microseconds"), "timestamp": microseconds(time)}
    return {name: _short(value) for name, value in event.items() if value is not None}


def _short(value: object) -> object:
    if not isinstance(value, str):
        return value
    raw = value.encode("utf-8", "backslashreplace")
    if len(raw) <= _MOST_BYTES:
        return value
    kept = raw[: _MOST_BYTES - 40].decode("utf-8", "ignore")
    return f"{kept}… (+{len(raw) - len(kept.encode()):,} bytes)"
