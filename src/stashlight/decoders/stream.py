"""A source's content as one stream of bytes: unpacked, transcoded to UTF-8, bounded, and never raising."""

import codecs
import io
from typing import Protocol

from stashlight.decoders.unpack import UNREADABLE

__all__ = ["HEAD_BYTES", "Stream"]

HEAD_BYTES = 1 << 16
"""How much of a file its format is recognised by. An EVTX file's first chunk header stands at byte 4,096."""

_STEP = 1 << 18


class Readable(Protocol):
    """The part of a binary file that is used."""

    def readinto(self, buffer: memoryview, /) -> int: ...


class Stream:
    """
    The bytes of one source.

    What goes wrong underneath (a truncated archive, a bad disk) ends the stream; `fault` then says what it was.
    `name` is the source's name, for problems.
    """

    __slots__ = ("_file", "_head", "_position", "fault", "name")

    def __init__(self, name: str, file: Readable) -> None:
        self.name = name
        self.fault = ""
        self._file = file
        self._head = b""
        self._position = 0
        self._head = self.read(HEAD_BYTES)
        self._position = 0
        if transcoder := _transcoder(self._head):
            self._file = _Transcoded(_Joined(self._head, file), *transcoder)
            self._head = b""
            self._head = self.read(HEAD_BYTES)
            self._position = 0

    @property
    def head(self) -> bytes:
        """The first 64 KB; looking at them does not move the stream."""
        return self._head

    def readinto(self, view: memoryview) -> int:
        """Fill `view` from its start and give how much came; 0 is the end."""
        if rest := len(self._head) - self._position:
            size = min(rest, len(view))
            view[:size] = self._head[self._position : self._position + size]
            self._position += size
            return size
        if self.fault:
            return 0
        try:
            return self._file.readinto(view)
        except UNREADABLE as error:
            self.fault = str(error) or type(error).__name__
            return 0

    def read(self, size: int) -> bytes:
        """Give the next `size` bytes, fewer only at the end."""
        buffer = bytearray(size)
        view = memoryview(buffer)
        filled = 0
        while filled < size and (got := self.readinto(view[filled : filled + _STEP])):
            filled += got
        return bytes(view[:filled])


def _transcoder(head: bytes) -> tuple[str, int] | None:
    """Name the encoding if it is not UTF-8 already, and how long its mark is."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) and len(head) > 4 and any(head[4:8]):
        return ("utf-32-le" if head.startswith(codecs.BOM_UTF32_LE) else "utf-32-be"), 4
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", 2
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", 2
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8", 3
    # Without a mark: JSON, XML and CSV begin with ASCII letters, so every second byte is zero.
    if len(sample := head[:64]) >= 8:
        if not any(sample[1::2]) and all(sample[::2]):
            return "utf-16-le", 0
        if not any(sample[::2]) and all(sample[1::2]):
            return "utf-16-be", 0
    return None


class _Joined:
    """What was read already, then the rest."""

    __slots__ = ("_head", "_rest")

    def __init__(self, head: bytes, rest: Readable) -> None:
        self._head = io.BytesIO(head)
        self._rest = rest

    def readinto(self, buffer: memoryview, /) -> int:
        return self._head.readinto(buffer) or self._rest.readinto(buffer)


class _Transcoded:
    """Text of another encoding as UTF-8; what cannot be decoded becomes U+FFFD."""

    __slots__ = ("_decoder", "_file", "_pending")

    def __init__(self, file: Readable, encoding: str, mark: int) -> None:
        self._file = file
        # UTF-8 goes through untouched: the readers look at bad bytes record by record.
        self._decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)(errors="replace")
        self._pending = b""
        skip = bytearray(mark)
        done = 0
        while done < mark and (got := file.readinto(memoryview(skip)[done:])):
            done += got

    def readinto(self, buffer: memoryview, /) -> int:
        if self._decoder is None:
            return self._file.readinto(buffer)
        while not self._pending:
            raw = bytearray(_STEP)
            got = self._file.readinto(memoryview(raw))
            text = self._decoder.decode(bytes(raw[:got]), final=not got)
            self._pending = text.encode("utf-8", errors="replace")
            if not got:
                break
        size = min(len(self._pending), len(buffer))
        buffer[:size] = self._pending[:size]
        self._pending = self._pending[size:]
        return size
