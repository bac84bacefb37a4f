"""
JSON: one object a line (NDJSON), arrays, pretty-printed or concatenated objects, pages of search results.

Source: https://www.rfc-editor.org/rfc/rfc8259 and https://github.com/ndjson/ndjson-spec
"""

import re
from collections.abc import Iterator

from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.json_lines import lines
from stashlight.decoders.json_records import Repairs
from stashlight.decoders.json_values import end_of_value, values
from stashlight.decoders.stream import Stream
from stashlight.errors import Problem

__all__ = ["decode", "fits"]

_BLANK = b" \t\r\n\0"


def fits(head: bytes) -> int:
    """Begins as JSON does; or, after a broken first line, has lines that do."""
    start = head.lstrip(_BLANK)
    if re.match(rb'\{\s*["}]|\[\s*[\[{\]]', start):
        return 80
    return 45 if re.search(rb'\n[ \t]{0,8}\{"[^"\n]{1,200}"\s?:', head) else 0


def decode(stream: Stream, wanted: Wanted, *, strict: bool) -> Iterator[Batch]:
    """Give every object, unwrapped; its position is its line, or its number where lines mean nothing."""
    repairs = Repairs()
    way = lines if _is_lines(stream.head) else values
    yield from way(stream, wanted, repairs, strict=strict)
    if repairs.count:
        reason = f"records that are not clean JSON ({repairs.why}); kept, with U+FFFD for what was unreadable"
        yield Batch(problems=[Problem(stream.name, "", reason, repairs.count)], format="json")


def _is_lines(head: bytes) -> bool:
    """Tell one object a line from JSON whose values span lines or share one."""
    start = head.lstrip(_BLANK)
    if start[:1] == b"[":
        return False
    end = end_of_value(start)
    if end is None:
        # Longer than the head: a long line, unless it has line breaks or is one object that wraps a whole file.
        newline = start.find(b"\n")
        return newline > 0 and start[:newline].rstrip()[-1:] not in b"{,[" if newline >= 0 else False
    rest = start[end:].lstrip(b" \t\r\0")
    return b"\n" not in start[:end] and rest[:1] in {b"", b"\n"}
