"""
Recordings made larger: copies that differ from what they are copies of, as the logs of more machines and days would.

Identical bytes would be one event here, whose duplicates are dropped before rules are asked, and as many hits as copies
elsewhere: times and hits could not be compared.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

__all__ = ["evtx_copy", "grown", "json_copy"]

_DAY = 864_000_000_000
"""In units of FILETIME, 100 ns."""

_FILETIME = 0x11
"""The type of such a value in a record."""

_HOST = re.compile(
    rb'("(?:[Hh]ostname|host_name|MachineName|[Cc]omputer|computer_name|ComputerName|DeviceName)": ?")(?=[^"])'
)


def grown(container: str, files: Sequence[str], size: int, folder: Path) -> list[str]:
    """Give the files, and as many copies of them, one after another, as make up `size` bytes; nothing for no bytes."""
    total = sum(Path(file).stat().st_size for file in files)
    every = list(files)
    if not total:
        return every
    for number, file in enumerate(_again(files)):
        if total >= size:
            break
        target = folder / f"copy-{number:06}.{container}"
        with Path(file).open("rb") as source, target.open("wb") as out:
            out.writelines(_COPIES[container](source, number // len(files) + 1))
        total += target.stat().st_size
        every.append(str(target))
    return every


def json_copy(lines: Iterator[bytes], number: int) -> Iterator[bytes]:
    """Put other machines into the lines; one that names none gets a field more."""
    host = rb"\g<1>M%d-" % number
    for line in lines:
        other, found = _HOST.subn(host, line, count=1)
        end = 0 if found else line.rfind(b"}")
        yield b'%s,"copy":%d%s' % (line[:end], number, line[end:]) if end > 0 else other


def evtx_copy(content: Iterator[bytes], number: int) -> Iterator[bytes]:
    """Put the records so many days later, the sums of their chunks right again; what is damaged stays so."""
    # https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc
    data = bytearray(b"".join(content))
    for at in range(4096, len(data) - 511, 65536):
        if not data.startswith(b"ElfChnk\0", at):
            continue
        end = at + min(struct.unpack_from("<I", data, at + 48)[0], 65536)
        is_whole = struct.unpack_from("<I", data, at + 52)[0] == zlib.crc32(data[at + 512 : end])
        for place in _times(data, at, min(end, len(data))):
            (when,) = struct.unpack_from("<Q", data, place)
            struct.pack_into("<Q", data, place, (when + number * _DAY) % (1 << 64))
        if is_whole:
            struct.pack_into("<I", data, at + 52, zlib.crc32(data[at + 512 : end]))
            struct.pack_into("<I", data, at + 124, zlib.crc32(data[at : at + 120] + data[at + 128 : at + 512]))
    yield bytes(data)


def _times(data: bytearray, chunk: int, end: int) -> Iterator[int]:
    """Find the times in a chunk's records: at each head, and among the values that the record puts into its template."""
    at = chunk + 512
    while data.startswith(b"**\0\0", at) and at + 28 <= end:
        (size,) = struct.unpack_from("<I", data, at + 4)
        if not 28 <= size <= end - at:
            return
        yield at + 16
        try:
            yield from _values(data, chunk, at + 24, at + size)
        except struct.error:  # cut off
            return
        at += size


def _values(data: bytearray, chunk: int, at: int, end: int) -> Iterator[int]:
    if not data.startswith(b"\x0f\x01\x01\0\x0c", at):
        return
    (template,) = struct.unpack_from("<I", data, at + 10)
    at += 14
    if chunk + template == at:  # the template stands here, where it is first used
        at += 24 + struct.unpack_from("<I", data, at + 20)[0]
    (count,) = struct.unpack_from("<I", data, at)
    value = at + 4 + 4 * count
    for number in range(count if value <= end else 0):
        size, kind = struct.unpack_from("<HB", data, at + 4 + 4 * number)
        if kind == _FILETIME and size == 8 and value + 8 <= end:
            yield value
        value += size


def _again(files: Sequence[str]) -> Iterator[str]:
    while True:
        yield from files


_COPIES: dict[str, Callable[[Iterator[bytes], int], Iterator[bytes]]] = {"json": json_copy, "evtx": evtx_copy}
