"""
Linux audit logs: `type=SYSCALL msg=audit(1652292621.986:84138): arch=c000003e syscall=59 …`.

One event is several lines (SYSCALL, EXECVE, CWD, PATH, PROCTITLE) with the same time and serial number; they may be
mixed with those of other events. Source: https://github.com/linux-audit/audit-documentation/wiki
"""

import re
from collections.abc import Iterator

from stashlight.decoders.audit_text import AUDIT_LINE, AuditEvents
from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.stream import Stream
from stashlight.decoders.text_lines import MAX_LINE, text_lines
from stashlight.errors import Problem

__all__ = ["decode", "fits"]

_FIRST = re.compile(rb"(?:\A|\n)\s{0,16}(?:node=\S{1,255} )?type=[A-Z_0-9\[\]]{2,40} (?:msg=)?audit\(\d")


def fits(head: bytes) -> int:
    """Lines begin with a record type and its stamp."""
    return 95 if b"audit(" in head[:8192] and _FIRST.search(head[:8192]) else 0


def decode(stream: Stream, wanted: Wanted, *, strict: bool) -> Iterator[Batch]:  # noqa: ARG001 - there are no ids, all is parsed
    """
    Give each event as {"audit": {"time", "serial", "node"}, "parts": [{"type": "SYSCALL", …}, …]}.

    Its position is the line of its first part. A line that is no audit record is a problem.
    """
    events = AuditEvents()
    for lines, size in text_lines(stream):
        batch = Batch(bytes=size, format="auditd")
        for number, line in lines:
            if line is None:
                batch.problems.append(Problem(stream.name, f"line {number}", f"longer than {MAX_LINE:,} bytes"))
            elif found := AUDIT_LINE.search(line):
                batch.records.extend(events.add(found, line.rstrip(b"\r"), number))
            elif line.strip(b" \t\0"):
                batch.problems.append(Problem(stream.name, f"line {number}", "not an audit record"))
        yield Batch(batch.records, batch.problems, 0, size, "auditd", rejected=len(batch.problems))
    yield Batch(list(events.rest()), format="auditd")
