"""What can be read: a file, a member of an archive, or standard input."""

import io
import sys
from pathlib import Path
from typing import BinaryIO, cast

from stashlight.decoders.unpack import member, unpacked
from stashlight.frozen import frozen

__all__ = ["Source"]


@frozen
class Source:
    """
    One input, not opened yet; can be sent to another process if it has a path.

    `name` is what people see: the path as given, members as `archive.zip!member`.
    `path` is the file to open, None for standard input. `size` is what it takes on disk, in bytes.
    `entry` is the number of the member in a zip, `start` and `length` the place of a member in a tar.
    `refusal` says why it cannot be read; then reading gives that problem and nothing else.
    `part` is the number of this part of an event log that was divided into so many `parts`, each with its place.
    """

    name: str
    path: Path | None
    size: int = 0
    entry: int | None = None
    start: int = 0
    length: int | None = None
    refusal: str = ""
    part: int = 0
    parts: int = 1

    def open(self) -> io.BufferedReader:
        """
        Open the content, unpacked.

        Raises:
            OSError, RuntimeError, ValueError: as the system or an archive refuses it.
        """
        if self.path is None:
            return unpacked(cast("BinaryIO", sys.stdin.buffer))
        if self.entry is not None:
            return unpacked(member(self.path, self.entry))
        file = self.path.open("rb")
        if self.length is not None:
            file.seek(self.start)
            return unpacked(_Slice(file, self.length))
        return unpacked(file)


class _Slice(io.RawIOBase):
    """The next `length` bytes of `file`."""

    def __init__(self, file: io.BufferedReader, length: int) -> None:
        super().__init__()
        self._file = file
        self._left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        got = self._file.readinto(memoryview(cast("bytearray", buffer))[: self._left])
        self._left -= got
        return got

    def close(self) -> None:
        self._file.close()
        super().close()
