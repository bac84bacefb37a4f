"""
Syslog lines that carry events: Sysmon for Linux (XML), audit records, JSON.

    Aug 12 23:33:16 web1 sysmon: <Event>…</Event>            RFC 3164, rsyslog's and syslog-ng's default files
    <14>1 2024-08-12T23:33:16.371Z web1 sysmon - - - <Event>…  RFC 5424
    2024-08-12T23:33:16.371+00:00 web1 sysmon: <Event>…       rsyslog's ISO template

Sources: https://www.rfc-editor.org/rfc/rfc3164, https://www.rfc-editor.org/rfc/rfc5424,
https://github.com/microsoft/SysmonForLinux. Lines of other programs are counted as skipped.
"""

import re
from collections.abc import Iterator
from typing import cast

from stashlight.decoders.audit_text import AUDIT_LINE, AuditEvents
from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.envelopes import ENVELOPE, unwrap
from stashlight.decoders.event_xml import EventXmlError, event_id, parse_event
from stashlight.decoders.json_text import JsonError, load
from stashlight.decoders.record import Record
from stashlight.decoders.stream import Stream
from stashlight.decoders.text_lines import MAX_LINE, text_lines
from stashlight.errors import Problem

__all__ = ["decode", "fits"]

_PREFIX = re.compile(
    rb"\s{0,16}(?:<\d{1,3}>)?(?:1 )?"
    rb"(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\s]{0,16})"
    rb" (?P<host>[^\s:]{1,255}) (?P<program>[^\s:\[]{1,128})(?:\[\d{1,10}\])?:?(?:\s|$)"
)


def fits(head: bytes) -> int:
    """Lines begin with a time, a host and a program; surer if events are seen in them."""
    if b"\0" in head[:512]:
        return 0
    lines = head[:16384].splitlines()[:20]
    matching = sum(1 for line in lines if _PREFIX.match(line))
    if not matching or matching * 2 < len(lines):
        return 0
    return 92 if b"<Event" in head or b"audit(" in head or b": {" in head else 30


def decode(stream: Stream, wanted: Wanted, *, strict: bool) -> Iterator[Batch]:  # noqa: ARG001 - candidates are all parsed
    """Give the events in the lines; their position is the line number, host and time of the line go to `#envelope`."""
    events = AuditEvents()
    found = lines_seen = 0
    for lines, size in text_lines(stream):
        batch = Batch(bytes=size, format="syslog")
        skipped = 0
        for number, line in lines:
            if line is not None and not line.strip(b" \t\0"):
                continue
            lines_seen += 1
            try:
                records = _records(line, number, wanted, events)
            except (EventXmlError, JsonError) as error:
                batch.problems.append(Problem(stream.name, f"line {number}", str(error)))
                continue
            if records is None:
                skipped += 1
            else:
                found += 1
                batch.records.extend(records)
        yield Batch(batch.records, batch.problems, skipped, size, "syslog", rejected=len(batch.problems))
    yield Batch(list(events.rest()), format="syslog")
    if lines_seen and not found and wanted.ids is None:
        reason = f"no events in {lines_seen:,} syslog lines (looked for Sysmon XML, audit records, JSON)"
        yield Batch(problems=[Problem(stream.name, "", reason)], format="syslog")


def _records(line: bytes | None, number: int, wanted: Wanted, events: AuditEvents) -> list[Record] | None:
    """Give the events in one line, perhaps none yet (an audit event has several); None if it carries nothing wanted."""
    if line is None:
        message = f"longer than {MAX_LINE:,} bytes"
        raise EventXmlError(message)
    line = line.rstrip(b"\r")
    prefix = _PREFIX.match(line)
    body = line[prefix.end() :] if prefix else line
    if (start := body.find(b"<Event")) >= 0 and body[start + 6 : start + 7] in b" >":
        end = body.rfind(b"</Event>")
        if end < start:
            message = "event without an end"
            raise EventXmlError(message)
        xml = body[start : end + 8]
        if not wanted.takes(event_id(xml)):
            return None
        return [Record(parse_event(xml)[0] | _envelope(prefix), number, line)]
    if audit := AUDIT_LINE.search(body):
        return list(events.add(audit, line, number))
    if body.lstrip()[:2] in {b'{"', b"{ "}:
        value, _ = load(body.strip())
        if isinstance(value, dict):
            inside = unwrap(cast("dict[str, object]", value), wanted)
            return [Record(each | _envelope(prefix), number, line) for each in inside] or None
    return None


def _envelope(prefix: re.Match[bytes] | None) -> dict[str, object]:
    if not prefix:
        return {}
    return {ENVELOPE: {key: value.decode("utf-8", "replace") for key, value in prefix.groupdict().items()}}
