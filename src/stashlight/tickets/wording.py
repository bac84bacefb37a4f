"""
The words of a ticket, after the SOC case that Stashlight began with: summary, labels, description.

Only what the telemetry says. What only people know (interview, impact, root cause) is left to them.
"""

import hashlib
from collections.abc import Iterator

from stashlight.incidents.attack import technique
from stashlight.incidents.document import Files, Incident
from stashlight.incidents.stable_ids import revision
from stashlight.terminal import printable, shorten
from stashlight.tickets.target import Closure

__all__ = ["changes", "closure_lines", "incident_label", "labels", "marker", "paragraphs", "revision_label", "summary"]

_LONGEST_SUMMARY = 240  # Jira holds 255 characters, ServiceNow 160 of its own choosing
_MOST_LISTED = 10
_LONGEST = 2_000


def summary(incident: Incident, limit: int = _LONGEST_SUMMARY) -> str:
    """Give one line: "T1074.001 – Data Staged for Exfiltration on HOST (SL-…)"."""
    host = incident.hosts[0] if incident.hosts else "an unknown host"
    more = f" and {len(incident.hosts) - 1} more" if len(incident.hosts) > 1 else ""
    first = incident.techniques[0] if incident.techniques else "T1074"
    text = printable(f"{first} – Data Staged for Exfiltration on {host}{more}")
    tail = f" ({printable(incident.id)})"
    room = limit - len(tail)
    return (text if len(text) <= room else text[: room - 1] + "…") + tail


def labels(incident: Incident) -> list[str]:
    """Give labels without spaces, the incident's own last: it is what a search finds."""
    rungs = [each.name.replace("_", "-") for each in incident.rungs]
    named = [*incident.techniques, "data-staged", *rungs, incident_label(incident.id), revision_label(incident)]
    return list(dict.fromkeys("".join(printable(each).split()) for each in named if each))


def incident_label(incident: str) -> str:
    """Give the label that names the incident."""
    return "stashlight-" + "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in incident)


def revision_label(incident: Incident) -> str:
    """Give the label that names the state of the incident which a ticket tells."""
    return f"stashlight-rev-{revision(incident)}"


def marker(incident: Incident) -> str:
    """Give the line by which a comment is recognised when it is looked for."""
    return f"Stashlight {printable(incident.id)} revision {revision(incident)}"


def paragraphs(incident: Incident) -> list[tuple[str, list[str]]]:
    """Give the description: (heading, lines), every line made printable and of bounded length."""
    parts = (
        ("Alert", _alert(incident)),
        ("Staged files", _files(incident.files)),
        ("Sources", (f"{each.path} (known by: {each.basis})" for each in incident.sources)),
        ("Archives", (each.path + (f", made with {each.tool}" if each.tool else "") for each in incident.archives)),
        ("Course", (f"{each.first_seen} {each.name}: {each.summary}" for each in incident.rungs)),
        ("Commands", (f"{e.time} {e.host}: {e.command or e.process or 'not recorded'}" for e in incident.commands)),
        ("Why this score", (f"{each.points:+d} {each.name}: {each.reason}" for each in incident.factors)),
        ("Rules", (f"{each.title} ({each.level}): {each.count:,} events" for each in incident.findings)),
        ("What would clear it", incident.clears),
    )
    whole = [(heading, _bounded(lines)) for heading, lines in parts]
    return [(heading, lines) for heading, lines in whole if lines]


def changes(incident: Incident) -> list[str]:
    """Give the lines of a comment on a newer state."""
    lines = [
        "The incident has changed since this ticket was written.",
        *_alert(incident),
        *_files(incident.files),
        *(f"{each.first_seen} {each.name}: {each.summary}" for each in incident.rungs),
    ]
    return [*_bounded(lines, len(lines)), marker(incident)]


def closure_lines(closure: Closure) -> list[str]:
    """Give the lines of the comment that closes; by the last one it is recognised when it is looked for."""
    told = hashlib.sha256(f"{closure.verdict}\n{closure.rationale}".encode("utf-8", "backslashreplace")).hexdigest()[
        :12
    ]
    lines = [f"Closed as {closure.verdict.replace('_', ' ')}.", *closure.rationale.splitlines()]
    return [*_bounded(lines, len(lines)), f"Stashlight {printable(closure.case)} closure {told}"]


def _alert(incident: Incident) -> Iterator[str]:
    named = [f"{each} {technique(each).name or ''}".strip() for each in incident.techniques]
    yield incident.title
    yield f"Incident: {incident.id}"
    yield f"Severity: {incident.severity} ({incident.score}/100), {incident.confidence} confidence"
    yield f"Window: {incident.first_seen or 'unknown'} to {incident.last_seen or 'unknown'} (UTC)"
    for name, values in (
        ("Host", incident.hosts),
        ("User", incident.accounts),
        ("Staged in", incident.places),
        ("ATT&CK", named),
    ):
        more = f" and {len(values) - _MOST_LISTED:,} more" if len(values) > _MOST_LISTED else ""
        yield f"{name}: {', '.join(values[:_MOST_LISTED]) or 'unknown'}{more}"


def _files(files: Files) -> Iterator[str]:
    least = "at least " if files.is_lower_bound else ""
    if files.bytes is None:
        size = "size unknown: the telemetry records none"
    elif files.sized < files.count:
        size = f"{files.bytes:,} bytes in the {files.sized:,} whose size is recorded"
    else:
        size = f"{files.bytes:,} bytes"
    yield f"Files: {least}{files.count:,}; {size}"
    ranked = sorted(files.extensions.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_LISTED]
    if ranked:
        yield "Types: " + ", ".join(f"{name or '(none)'} {count:,}" for name, count in ranked)
    if files.sensitive:
        yield "Sensitive: " + ", ".join(files.sensitive[:_MOST_LISTED])


def _bounded(lines: Iterator[str] | tuple[str, ...] | list[str], most: int = _MOST_LISTED) -> list[str]:
    several = [printable(shorten(line, _LONGEST)) for line in lines]
    more = [f"and {len(several) - most:,} more"] if len(several) > most else []
    return several[:most] + more
