"""
Linux audit records as text → fields; the records of one event together.

    type=SYSCALL msg=audit(1652292621.986:84138): syscall=59 exe="/bin/tar" comm=746172 → {"type": "SYSCALL", …}

Source: https://github.com/linux-audit/audit-documentation/wiki/SPEC-Writing-Good-Events
"""

import re
from collections import OrderedDict
from collections.abc import Iterator

from stashlight.decoders.record import Record

__all__ = ["AUDIT_LINE", "AuditEvents", "audit_fields"]

AUDIT_LINE = re.compile(
    rb"(?:node=(?P<node>\S{1,255}) )?type=(?P<type>[A-Z_0-9\[\]]{2,40}) (?:msg=)?"
    rb"audit\((?P<time>\d{1,12}\.\d{1,9}):(?P<serial>\d{1,20})\):?(?P<rest>.*)",
    re.DOTALL,
)

MAX_OPEN = 1000
"""Events whose parts may be mixed. The kernel writes the parts of one event within milliseconds."""

MAX_PARTS = 200
"""Parts of one event. A rename has two PATH parts; a process with 10,000 arguments, a few dozen EXECVE parts."""

_FIELD = re.compile(r"""([A-Za-z_][\w\-]{0,63})=("[^"]*"|'[^']*'|\[[^\]]*\]|\S*)""")
# Fields that the kernel writes as hex when they hold blanks or quotes.
_HEX = frozenset("proctitle name comm exe cwd path cmd data acct".split()) | {f"a{i}" for i in range(100)}
_IS_HEX = re.compile(r"(?:[0-9A-F]{2})+")


def audit_fields(text: str, kind: str = "") -> dict[str, str]:
    """Give the key=value pairs of one record; quotes are taken off, hex text of known fields is decoded."""
    fields: dict[str, str] = {}
    for key, value in _FIELD.findall(text.replace("\x1d", " ")):
        # The arguments of a SYSCALL are numbers in hex; those of an EXECVE are text.
        is_text = key in _HEX and not (kind == "SYSCALL" and key[0] == "a" and key[1:].isdigit())
        if value[:1] in {'"', "'"} and value[-1:] == value[:1]:
            value = value[1:-1]  # noqa: PLW2901 - the same value, unquoted
        elif is_text and _IS_HEX.fullmatch(value):
            value = bytes.fromhex(value).rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "replace")  # noqa: PLW2901 - decoded
        fields.setdefault(key, value)
    return fields


Key = tuple[bytes, bytes, bytes]
"""Node, time and serial number: what the parts of one event share."""

Parts = tuple[int, list[dict[str, str]], list[bytes]]
"""Line of the first part, the parts, their lines."""


class AuditEvents:
    """Puts the parts of events together, in the order in which the events began."""

    def __init__(self) -> None:
        self._open: OrderedDict[Key, Parts] = OrderedDict()

    def add(self, found: re.Match[bytes], line: bytes, number: int) -> Iterator[Record]:
        """Take in one line that matched AUDIT_LINE; give events that are complete by now."""
        key = found["node"] or b"", found["time"], found["serial"]
        kind = found["type"].decode()
        _, parts, raw = self._open.setdefault(key, (number, [], []))
        parts.append({"type": kind} | audit_fields(found["rest"].decode("utf-8", "replace"), kind))
        raw.append(line)
        if kind == "EOE" or len(parts) >= MAX_PARTS:
            yield self._record(key)
        elif len(self._open) > MAX_OPEN:
            yield self._record(next(iter(self._open)))

    def rest(self) -> Iterator[Record]:
        """Give what is still open at the end."""
        while self._open:
            yield self._record(next(iter(self._open)))

    def _record(self, key: Key) -> Record:
        number, parts, raw = self._open.pop(key)
        node, time, serial = (piece.decode("utf-8", "replace") for piece in key)
        stamp = {"time": time, "serial": serial} | ({"node": node} if node else {})
        return Record({"audit": stamp, "parts": parts}, number, b"\n".join(raw))
