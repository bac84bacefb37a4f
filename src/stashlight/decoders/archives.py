"""
An archive → the sources in it; any other file is its own source.

Archives are found by their content. A zip's members are read in place; a tar that is compressed, and an archive in an
archive, are unpacked to a temporary file first, because their members could otherwise only be read in order and not
by several processes. Nothing is ever written under a member's own name.
"""

import atexit
import io
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from stashlight.decoders.source import Source
from stashlight.decoders.unpack import FREE_BYTES, MAX_RATIO, MAX_UNPACKED, UNREADABLE, is_packed

__all__ = ["members"]

MAX_NESTING = 3
"""Archives in one another: a download zip of per-host zips has two. Bombs such as 42.zip have five."""

MAX_MEMBERS = 1_000_000
"""Members of one archive: more than the files of a whole triage image."""

_HEAD = 512
_TAR_MAGIC_AT = 257
_COPY_BYTES = 1 << 20

_MAC = "__MACOSX/"


def members(source: Source, depth: int = 0) -> Iterator[Source]:
    """Give the members of the archive that `source` is, as deep as they are nested; or `source` itself."""
    if not source.size or _is_plain(source):
        yield source
        return
    try:
        with source.open() as content:
            kind = _kind(content)
            plain = source.path if source.entry is None and source.length is None and _starts(source, kind) else None
            if kind and depth >= MAX_NESTING:
                yield replace(source, refusal=f"archives nested deeper than {MAX_NESTING}")
                return
            path = (plain or _spooled(content)) if kind else None
    except UNREADABLE as error:
        # What cannot be opened here cannot be read later either; reading says so too, but in other words.
        yield replace(source, refusal=_said(error))
        return
    if path is None:
        yield source
    else:
        yield from (_zip if kind == "zip" else _tar)(source.name, path, depth)


def _is_plain(source: Source) -> bool:
    """Tell of a file at first sight that it holds no others; of thousands of small logs that is most of listing them."""
    if source.path is None or source.entry is not None or source.length is not None:
        return False
    try:
        with source.path.open("rb", buffering=0) as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return len(head) == min(_HEAD, source.size) and not is_packed(head) and not _kind_of(head)


def _kind(content: io.BufferedReader) -> str:
    return _kind_of(content.peek(_HEAD)[:_HEAD])


def _kind_of(head: bytes) -> str:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    return "tar" if head[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] == b"ustar" else ""


def _starts(source: Source, kind: str) -> bool:
    """Whether the file itself is the archive, not something compressed that holds it."""
    if source.path is None or not kind:
        return False
    with source.path.open("rb") as file:
        return bool(_kind(file))


def _zip(name: str, path: Path, depth: int) -> Iterator[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except UNREADABLE as error:
        yield Source(name, path, refusal=f"damaged zip: {_said(error)}")
        return
    size = path.stat().st_size
    total = sum(entry.file_size for entry in entries)
    if total > MAX_UNPACKED or (total > FREE_BYTES and total > MAX_RATIO * size) or len(entries) > MAX_MEMBERS:
        reason = f"not unpacked: {size:,} bytes that become {total:,} in {len(entries):,} members look like a bomb"
        yield Source(name, path, refusal=reason)
        return
    for number, entry in enumerate(entries):
        if entry.is_dir():
            continue
        inner = Source(f"{name}!{entry.filename}", path, entry.file_size, entry=number)
        if entry.filename.startswith(_MAC):
            # macOS puts a resource fork beside each file; what does not look like one is shown.
            if not _is_fork(entry.filename):
                yield from members(inner, depth + 1)
        elif entry.flag_bits & 1:
            yield replace(inner, refusal="encrypted; unpack it first")
        else:
            yield from members(inner, depth + 1)


def _tar(name: str, path: Path, depth: int) -> Iterator[Source]:
    try:
        with tarfile.open(path, "r:") as archive:
            for number, entry in enumerate(archive):
                inner = Source(f"{name}!{entry.name}", path, entry.size, start=entry.offset_data, length=entry.size)
                archive.members.clear()  # type: ignore[attr-defined]  # else a million members stay in memory
                if number >= MAX_MEMBERS:
                    yield Source(name, path, refusal=f"more than {MAX_MEMBERS:,} members: the rest is not read")
                    return
                if entry.isdir() or _is_fork(entry.name):
                    continue
                if entry.isreg() and not entry.issparse():
                    yield from members(inner, depth + 1)
                else:
                    yield replace(inner, refusal="not a plain file: links, devices and sparse files are not read")
    except UNREADABLE as error:
        yield Source(name, path, refusal=f"damaged tar: {_said(error)}; what stands before is read")


def _is_fork(name: str) -> bool:
    """Whether this is what macOS keeps beside a file: extended attributes, as `._name` (AppleDouble), never a log."""
    return name.rpartition("/")[2].startswith("._")


def _spooled(content: io.BufferedReader) -> Path:
    """Unpack to a temporary file, which lives as long as this process: others read its members by place."""
    with tempfile.NamedTemporaryFile(dir=_folder(), delete=False) as file:
        shutil.copyfileobj(content, file, _COPY_BYTES)
        return Path(file.name)


@cache
def _folder() -> str:
    folder = tempfile.mkdtemp(prefix="stashlight-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _said(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
