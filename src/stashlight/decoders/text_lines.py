"""Text of lines: bounded, numbered, in pieces."""

from collections.abc import Iterator

from stashlight.decoders.stream import Stream

__all__ = ["MAX_LINE", "Line", "text_lines"]

MAX_LINE = 1 << 20
"""Bytes. The largest syslog message that common daemons take is 64 KB; an audit record has 9,000."""

_BUFFER = 1 << 19

Line = tuple[int, bytes | None]
"""Number from 1, and the line without its newline; None if it was longer than MAX_LINE."""


def text_lines(stream: Stream) -> Iterator[tuple[list[Line], int]]:
    """Give the lines of `stream` piece by piece, with how many bytes each piece took."""
    rest = b""
    number = 0
    dropping = False
    while chunk := stream.read(_BUFFER):
        *whole, rest = (rest + chunk).split(b"\n")
        lines: list[Line] = []
        for line in whole:
            number += 1
            lines.append((number, None if dropping or len(line) > MAX_LINE else line))
            dropping = False
        if len(rest) > MAX_LINE:
            rest, dropping = b"", True
        yield lines, len(chunk)
    if rest or dropping:
        yield [(number + 1, None if dropping or len(rest) > MAX_LINE else rest)], 0
