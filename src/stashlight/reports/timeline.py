"""The course of an incident in order of time: rungs, commands and the first match of each rule."""

from dataclasses import dataclass

from stashlight.incidents.document import Incident
from stashlight.reports.wording import moment
from stashlight.terminal import shorten

__all__ = ["Entry", "timeline"]

_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline. `said` is ours, `value` what the log has; `events` prove it."""

    time: str
    rung: str
    said: str
    value: str
    events: tuple[str, ...]


def timeline(incident: Incident) -> tuple[Entry, ...]:
    """Give the lines, earliest first; what has no readable time comes last."""
    found: list[Entry] = []
    for rung in incident.rungs:
        name = rung.name.replace("_", " ")
        found.append(
            Entry(
                rung.first_seen,
                rung.name,
                f"{name} begins: {rung.summary}" if rung.summary else f"{name} begins",
                "",
                rung.evidence,
            )
        )
        if rung.last_seen != rung.first_seen:
            found.append(Entry(rung.last_seen, rung.name, f"{name} ends", "", rung.evidence[-1:]))
    for command in incident.commands:
        said = shorten(command.command or command.process or "unknown process", _LONGEST)
        found.append(Entry(command.time, command.rung or "", f"on {command.host}:", said, (command.event,)))
    found += [
        Entry(each.first_seen, "", f"rule “{each.title}” matches for the first time", "", each.evidence[:1])
        for each in incident.findings
    ]
    if not found:
        found += [
            Entry(incident.first_seen, "", "first event", "", ()),
            Entry(incident.last_seen, "", "last event", "", ()),
        ]
    return tuple(sorted(found, key=lambda entry: (moment(entry.time) is None, str(moment(entry.time)))))
