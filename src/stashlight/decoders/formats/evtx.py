"""
Windows event log files, by the `evtx` package, chunk by chunk.

An EVTX file is a header of 4,096 bytes and chunks of 65,536, each complete in itself, so each is given to the parser
alone: a damaged one costs only itself, memory stays at one chunk, no seeking is needed, and what a chunk's header
promises (first and last record id) can be held against what came out of it.
Source: https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO, Final

from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.evtx_chunk import CHUNK_BYTES, HEADER_BYTES, MAGIC, MOST_RECORDS, decoded, seen
from stashlight.decoders.native import Native
from stashlight.decoders.source import Source
from stashlight.decoders.stream import Stream
from stashlight.errors import Problem

__all__ = ["MAGIC", "decode", "decode_part", "fits", "log_parts", "whole_logs"]

_CHUNK: Final = b"ElfChnk\0"
_CHUNK_HEADER_BYTES: Final = 512
_UNUSED: Final = 0xFFFFFFFFFFFFFFFF
_DIRTY: Final = 1


def fits(head: bytes) -> int:
    """By its magic; also if only the file header is damaged and the first chunk stands where it should."""
    if head.startswith(MAGIC):
        return 100
    return 95 if head[HEADER_BYTES : HEADER_BYTES + 8] == _CHUNK else 0


def decode(stream: Stream, wanted: Wanted, *, strict: bool) -> Iterator[Batch]:  # noqa: ARG001 - all records are parsed anyway
    """Give every record; its position is the record id in the file."""
    header = stream.read(HEADER_BYTES)
    walk = _Walk(stream.name, wanted)
    yield Batch(problems=walk.header(header), bytes=len(header), format="evtx")
    while chunk := stream.read(CHUNK_BYTES):
        yield walk.chunk(chunk)
    yield walk.end()


def log_parts(source: Source, size: int) -> list[Source]:
    """
    Give a plain file in parts of such a `size`, to be read by `decode_part`; none if it is no event log, or too small.

    Raises:
        OSError: it cannot be read.
    """
    if source.path is None:
        return []
    with source.path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return []
    step = size // CHUNK_BYTES * CHUNK_BYTES
    starts = [0, *range(HEADER_BYTES + step, source.size - step // 2, step)]
    lengths = [end - start for start, end in zip(starts, [*starts[1:], source.size], strict=True)]
    return [
        replace(source, start=start, length=length, size=length, part=part, parts=len(starts))
        for part, (start, length) in enumerate(zip(starts, lengths, strict=True))
        if len(starts) > 1
    ]


def decode_part(source: Source, wanted: Wanted, file: BinaryIO) -> Iterator[Batch]:
    """
    Give the records of one of the `log_parts`; `file` is the whole log.

    What the chunks before it promised is looked up where that matters; what the file promised is for the last part.
    """
    walk = _Walk(source.name, wanted, _Before(file, source.start))
    header = file.read(HEADER_BYTES)
    problems = walk.header(header)
    left = source.length or 0
    if source.part == 0:
        left -= len(header)
        yield Batch(problems=problems, bytes=len(header), format="evtx")
    else:
        walk.offset = source.start
    while left > 0:
        file.seek(walk.offset)  # it is read elsewhere, too
        if not (chunk := file.read(min(left, CHUNK_BYTES))):
            break
        left -= len(chunk)
        yield walk.chunk(chunk)
    if source.part + 1 == source.parts:
        yield walk.end()


def whole_logs(paths: Sequence[str], start: int, native: Native, rows: int, size: int) -> list[Batch]:
    """
    Give what is in each of the files from number `start` on, up to the first that `decode` must look at itself.

    That is a large one, one that is no event log, or one in which anything is wrong. Records are taken as of the files
    with these numbers; files are read until so many `rows` wait, or records of that `size`.
    """
    chunks = native.chunks(MOST_RECORDS)
    found = [] if chunks is None else chunks.files(paths, start, rows, size)
    return [seen(read, length) for length, read in found]


class _Before:
    """What stands in a file before the part from `start` on that is read."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self._file, self._start = file, start

    def last(self, offset: int) -> tuple[int, str]:
        """Give the last number that was promised before `offset`, 0 for none, and the damage between the two."""
        damaged = reserved = ""
        while (offset := offset - CHUNK_BYTES) >= HEADER_BYTES:
            self._file.seek(offset)
            head = self._file.read(_CHUNK_HEADER_BYTES)
            if _is_chunk(head):
                if promised := _promised(head):
                    return promised[-1], damaged or reserved
            elif not damaged:
                where = _place(offset)
                if any(head) or any(self._file.read(CHUNK_BYTES - len(head))):
                    damaged = where
                reserved = where
        return 0, damaged or reserved

    def all(self) -> tuple[int, int]:
        """Give how many chunks there are before the part, and the highest number that they promise."""
        chunks = highest = 0
        for at in range(HEADER_BYTES, self._start, CHUNK_BYTES):
            self._file.seek(at)
            head = self._file.read(_CHUNK_HEADER_BYTES)
            if _is_chunk(head):
                chunks += 1
                highest = max((highest, *_promised(head)[-1:]))
        return chunks, highest


def _is_chunk(chunk: bytes) -> bool:
    return chunk.startswith(_CHUNK) and len(chunk) >= _CHUNK_HEADER_BYTES


def _promised(chunk: bytes) -> range:
    """Give the numbers of the records that a chunk should have; none where its header cannot be right."""
    first, last = struct.unpack_from("<QQ", chunk, 8)
    return range(first, last + 1) if first <= last < _UNUSED and last - first < MOST_RECORDS else range(0)


def _place(offset: int) -> str:
    return f"chunk at byte {offset}"


class _Walk:
    """What the file has promised so far: records are numbered without gaps, so a gap is a loss."""

    def __init__(self, name: str, wanted: Wanted, before: _Before | None = None) -> None:
        self.name, self.wanted = name, wanted
        self._before = before  # of a part of a file
        self.native = None if wanted.native is None else wanted.native.chunks(MOST_RECORDS)
        self.offset = HEADER_BYTES
        self.chunks = self.last = self.highest = 0
        self.promised_chunks = self.promised_last = 0
        self.damaged = ""

    def header(self, header: bytes) -> list[Problem]:
        if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
            return [Problem(self.name, "byte 0", "damaged EVTX file header; the chunks are read all the same")]
        (flags,) = struct.unpack_from("<I", header, 120)
        if not flags & _DIRTY:  # a log that was copied while in use has an old header
            _, _, following = struct.unpack_from("<QQQ", header, 8)
            (self.promised_chunks,) = struct.unpack_from("<H", header, 42)
            self.promised_last = following - 1 if 0 < following < _UNUSED else 0
        return []

    def chunk(self, chunk: bytes) -> Batch:
        where = _place(self.offset)
        self.offset += len(chunk)
        if not _is_chunk(chunk):
            if chunk != bytes(len(chunk)):
                problem = Problem(self.name, where, "damaged chunk header: its records cannot be read")
                self.damaged = where
                return Batch(problems=[problem], bytes=len(chunk), format="evtx", rejected=1)
            self.damaged = self.damaged or where  # room that Windows reserved; a loss only if numbers are missing
            return Batch(bytes=len(chunk), format="evtx")
        self.chunks += 1
        promised = _promised(chunk)
        batch = self._quickly(chunk, len(promised))
        if batch is None:
            batch = decoded(chunk, len(promised), where, self.wanted, self.name)
        if promised:
            if self._before is not None and not self.last:
                self.last, self.damaged = self._before.last(self.offset - len(chunk))
            # Going backwards is a log that was written round; forwards, records are missing.
            first = promised[0]
            missing = first - self.last - 1 if self.last and first > self.last + 1 else 0
            self.last, self.highest = promised[-1], max(self.highest, promised[-1])
            if missing:
                place = self.damaged or where
                reason = f"{missing} records before number {first} lost"
                batch.problems.append(Problem(self.name, place, reason, missing))
                batch = replace(batch, rejected=batch.rejected + missing)
            self.damaged = ""
        return batch

    def _quickly(self, chunk: bytes, expected: int) -> Batch | None:
        """Have a chunk read that is as it should be; None of any other."""
        if self.native is None or len(chunk) != CHUNK_BYTES:
            return None
        read = self.native.read(chunk, expected)
        return None if read is None else seen(read, len(chunk))

    def end(self) -> Batch:
        """Hold the file's header against what came."""
        if self._before is not None and self.highest < self.promised_last:
            self._look_back(self._before)
        missing = max(0, self.promised_last - self.highest) if self.chunks < self.promised_chunks else 0
        if not missing:
            return Batch(format="evtx")
        place = self.damaged or f"byte {self.offset}"
        reason = f"{self.chunks} of {self.promised_chunks} chunks, {missing} records after number {self.highest} lost"
        return Batch(problems=[Problem(self.name, place, reason, missing)], format="evtx", rejected=missing)

    def _look_back(self, before: _Before) -> None:
        """Count what stands before the part that was read, too."""
        chunks, highest = before.all()
        self.chunks, self.highest = self.chunks + chunks, max(self.highest, highest)
        if not self.last:
            cut = (HEADER_BYTES - self.offset) % CHUNK_BYTES  # of the last chunk
            self.damaged = before.last(self.offset + cut)[1]
