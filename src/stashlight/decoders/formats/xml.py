"""
Windows events as XML text: `wevtutil qe /f:xml`, `Get-WinEvent | % ToXml`, an `<Events>` root, Event Viewer's export.

Events are cut out of the text one by one, so no root is needed, a broken event costs only itself, and no DTD is ever
read: https://learn.microsoft.com/windows/win32/wes/eventschema-schema
"""

import re
from collections.abc import Iterator

from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.event_xml import MAX_EVENT_XML, EventXmlError, event_id, parse_event
from stashlight.decoders.record import Record
from stashlight.decoders.stream import Stream
from stashlight.errors import Problem

__all__ = ["decode", "fits"]

_BUFFER = 1 << 20
_START = re.compile(rb"<Event(?=[\s>])")
_END = re.compile(rb"</Event\s{0,8}>")
_OPENING = re.compile(rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,2000}?-->\s*)?<Events?[\s>]", re.DOTALL)


def fits(head: bytes) -> int:
    """Events at the start; or events later on, after text that other formats do not claim."""
    if _OPENING.match(head):
        return 90
    return 35 if _START.search(head) and b"<System>" in head else 0


def decode(stream: Stream, wanted: Wanted, *, strict: bool) -> Iterator[Batch]:
    """Give every `<Event>`; its position is its number in the file, a problem's position names the byte too."""
    text = b""
    offset = number = 0
    replaced = 0
    while chunk := stream.read(_BUFFER):
        text += chunk
        batch = Batch(format="xml", bytes=len(chunk))
        records, problems, skipped, number, used, fixed = _cut(text, offset, number, wanted, stream.name, strict=strict)
        replaced += fixed
        text, offset = text[used:], offset + used
        yield Batch(records, problems, skipped, batch.bytes, "xml", rejected=len(problems))
    if start := _START.search(text):
        where = f"event {number + 1}, byte {offset + start.start()}"
        yield Batch(problems=[Problem(stream.name, where, "event without an end")], format="xml", rejected=1)
    if replaced:
        reason = "bytes that are not UTF-8 or characters that XML forbids; replaced by U+FFFD"
        yield Batch(problems=[Problem(stream.name, "", reason, replaced)], format="xml")


def _cut(
    text: bytes, offset: int, number: int, wanted: Wanted, name: str, *, strict: bool
) -> tuple[list[Record], list[Problem], int, int, int, int]:
    """Give records, problems, skipped, the last number, how much of `text` is used, and how many were repaired."""
    records: list[Record] = []
    problems: list[Problem] = []
    skipped = used = repaired = 0
    start = _START.search(text)
    while start:
        end = _END.search(text, start.end())
        after = _START.search(text, start.end())
        where = f"event {number + 1}, byte {offset + start.start()}"
        if after and (not end or after.start() < end.start()):
            number += 1
            problems.append(Problem(name, where, "event without an end"))
            start, used = after, after.start()
            continue
        if not end:
            if len(text) - start.start() <= MAX_EVENT_XML:
                return records, problems, skipped, number, start.start(), repaired
            number += 1
            problems.append(Problem(name, where, f"event without an end in {MAX_EVENT_XML:,} bytes"))
            used = start.end()
            break
        number += 1
        raw = text[start.start() : end.end()]
        if strict or wanted.takes(event_id(raw)):
            try:
                fields, fixed = parse_event(raw)
            except EventXmlError as error:
                problems.append(Problem(name, where, str(error)))
            else:
                repaired += fixed
                if wanted.takes(event_id(raw)):
                    records.append(Record(fields, number, raw))
                else:
                    skipped += 1
        else:
            skipped += 1
        used = end.end()
        start = after
    # A start tag may be cut at the end of the buffer: keep its longest possible piece.
    return records, problems, skipped, number, max(used, len(text) - 7), repaired
