"""
Compressed bytes → bytes, on the fly, with bounds that stop a bomb.

gzip, Zstandard, bzip2 and xz are recognised by their first bytes and may stand in one another.
What is cut off or damaged raises when the reader comes to it; what came before is given first.
"""

import bz2
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import zstandard

__all__ = [
    "FREE_BYTES",
    "MAX_LAYERS",
    "MAX_RATIO",
    "MAX_UNPACKED",
    "UNREADABLE",
    "BombError",
    "is_packed",
    "member",
    "unpacked",
]

UNREADABLE = (
    OSError,
    EOFError,
    RuntimeError,  # zipfile: encrypted, or (NotImplementedError) a method that it does not know
    ValueError,
    OverflowError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zstandard.ZstdError,
    zipfile.BadZipFile,
    tarfile.TarError,
)
"""How a file or an archive may refuse: rights, encryption, damage."""

MAX_RATIO = 1000
"""Logs shrink 10 to 100 times. Deflate cannot exceed 1,032; whatever comes near it holds one byte over and over."""

FREE_BYTES = 64 << 20
"""Below this the ratio is not looked at: it can do no harm, and a small repetitive log may well shrink 2,000 times."""

MAX_UNPACKED = 1 << 40
"""Bytes that one input may unpack to: 1 TB is a year of a large estate's events, and more than a disk that fills up."""

MAX_LAYERS = 4
"""Compressions in one another: a .gz of a member of a .tar.zst has three."""

# Small pieces in, so that even 128 KB from each 4 bytes (Zstandard's runs) stays within 64 MB a piece.
_PIECE = 2048
_GZIP_PIECE = 16384
_XZ_MEMORY = 256 << 20
"""`xz -9` needs 65 MB to unpack; a dictionary of 4 GB is an attack."""


class BombError(ValueError):
    """Unpacking was stopped because of its size."""


class _Decompressor(Protocol):
    def decompress(self, data: bytes, /) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


_KINDS: tuple[tuple[bytes, str, Callable[[], object], int], ...] = (
    (b"\x1f\x8b\x08", "gzip", lambda: zlib.decompressobj(wbits=31), _GZIP_PIECE),
    (b"\x28\xb5\x2f\xfd", "Zstandard", lambda: zstandard.ZstdDecompressor().decompressobj(), _PIECE),
    (b"BZh", "bzip2", bz2.BZ2Decompressor, _PIECE),
    (b"\xfd7zXZ\x00", "xz", lambda: lzma.LZMADecompressor(memlimit=_XZ_MEMORY), _PIECE),
)


_MAGICS = tuple(kind[0] for kind in _KINDS)


def is_packed(head: bytes) -> bool:
    """Tell by the first bytes whether content is compressed."""
    return head.startswith(_MAGICS)


def unpacked(file: BinaryIO | io.RawIOBase) -> io.BufferedReader:
    """
    Give the content of `file`, through as many compressions as it has, up to MAX_LAYERS.

    A layer more is left as it is, and then is content of no known format.
    """
    content = _buffered(file)
    for _ in range(MAX_LAYERS):
        head = content.peek(6)[:6]
        found = next((kind for kind in _KINDS if head.startswith(kind[0])), None)
        if not found:
            break
        _, name, make, piece = found
        content = _buffered(_Unpacked(content, name, cast("Callable[[], _Decompressor]", make), piece))
    return content


def _buffered(file: BinaryIO | io.RawIOBase) -> io.BufferedReader:
    """Make it possible to look ahead. Small: large reads go past the buffer, a look needs few bytes."""
    return file if type(file) is io.BufferedReader else io.BufferedReader(cast("io.RawIOBase", file), 1 << 16)


class _Unpacked(io.RawIOBase):
    """Bytes of one compressed stream, or of several one after another."""

    def __init__(self, file: io.BufferedReader, kind: str, make: Callable[[], _Decompressor], piece: int) -> None:
        super().__init__()
        self._file, self._kind, self._make, self._piece = file, kind, make, piece
        self._decompressor: _Decompressor | None = None
        self._pending = memoryview(b"")
        self._took = self._gave = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        while not self._pending:
            data = self._file.read(self._piece)
            if not data:
                if self._decompressor is not None:
                    message = f"{self._kind} data is cut off after {self._took:,} bytes"
                    raise EOFError(message)
                return 0
            self._took += len(data)
            self._pending = memoryview(self._feed(data))
            self._gave += len(self._pending)
            self._bound()
        view = memoryview(cast("bytearray", buffer))
        size = min(len(view), len(self._pending))
        view[:size] = self._pending[:size]
        self._pending = self._pending[size:]
        return size

    def _feed(self, data: bytes) -> bytes:
        out: list[bytes] = []
        while data:
            if self._decompressor is None:
                if not (data := data.lstrip(b"\0")):  # tape and xz padding between streams
                    break
                self._decompressor = self._make()
            try:
                out.append(self._decompressor.decompress(data))
            except UNREADABLE as error:
                if out or self._gave:
                    message = f"{self._kind} data is damaged near byte {self._took:,}: {error}"
                else:
                    message = f"{self._kind} data cannot be unpacked: {error}"
                raise ValueError(message) from error
            if not self._decompressor.eof:
                break
            data = self._decompressor.unused_data
            self._decompressor = None
        return b"".join(out)

    def _bound(self) -> None:
        if self._gave > MAX_UNPACKED or (self._gave > FREE_BYTES and self._gave > MAX_RATIO * self._took):
            message = (
                f"unpacking stopped at {self._gave:,} bytes from {self._took:,}: "
                f"more than {MAX_RATIO}:1 or {MAX_UNPACKED:,} bytes looks like a bomb"
            )
            raise BombError(message)

    def close(self) -> None:
        self._file.close()
        super().close()


def member(path: Path, entry: int) -> BinaryIO:
    """
    Open one member of a zip.

    Raises:
        BombError: it declares to be larger than any log.
        RuntimeError, NotImplementedError, zipfile.BadZipFile: encrypted, an unknown method, damaged.
    """
    archive = _zip(path, path.stat().st_mtime_ns)
    return cast("BinaryIO", archive.open(archive.infolist()[entry]))


@lru_cache(maxsize=4)
def _zip(path: Path, _changed: int) -> zipfile.ZipFile:
    """Read a zip's directory once, not once for each of its members."""
    return zipfile.ZipFile(path)
