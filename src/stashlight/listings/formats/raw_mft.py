r"""
The `$MFT` of an NTFS volume itself, by the `mft` package: `pip install 'stashlight[mft]'`.

The package (Rust, by the author of the EVTX parser) wants a file that can be sought in, so a compressed one, or one inside
an archive, is unpacked to a temporary file first. Source: https://github.com/omerbenamram/mft
"""

import tempfile
import warnings
from collections.abc import Iterator
from typing import Protocol, cast

from stashlight.decoders.stream import Stream
from stashlight.errors import Problem, SettingError
from stashlight.listings.fact import Fact, Page, Wanted

COVERS: str = "volume"
UNIT: str = "record"

_PIECE = 1 << 20
_PAGE = 4096


def fits(head: bytes) -> int:
    """By the magic of its first record, which describes the `$MFT` itself."""
    return 100 if head[:4] in {b"FILE", b"BAAD"} and len(head) > 48 else 0


def pages(stream: Stream, wanted: Wanted) -> Iterator[Page]:
    """
    Give the wanted files; a record's number stands for its line.

    Raises:
        SettingError: the extra is not installed.
    """
    try:
        import mft
    except ImportError as error:
        message = f"{stream.name} is a raw $MFT, which needs an extra: pip install 'stashlight[mft]' (MFTECmd's CSV needs none)"
        raise SettingError(message) from error
    with tempfile.TemporaryFile(prefix="stashlight-") as copy, warnings.catch_warnings():
        # The package warns of torn records one by one; they are counted here instead.
        torn = _Torn()
        warnings.simplefilter("always")
        warnings.showwarning = torn.count
        while piece := stream.read(_PIECE):
            copy.write(piece)
        copy.seek(0)
        try:
            # Its stubs leave all types open.
            parser = cast("Parser", mft.PyMftParser(copy))
            yield from _pages(parser.entries(), stream.name, wanted)
        except (RuntimeError, OSError, ValueError) as error:
            yield Page(problems=[Problem(stream.name, "", f"damaged $MFT: {error}")])
        if torn.warnings:
            reason = "remarks of the parser, mostly on torn records; what it could read of them counts"
            yield Page(problems=[Problem(stream.name, "", reason, torn.warnings)])


def _pages(entries: "Iterator[Entry | Exception]", name: str, wanted: Wanted) -> Iterator[Page]:
    rows, page = 0, Page()
    for number, entry in enumerate(entries):
        rows += 1
        if isinstance(entry, Exception):
            page.problems.append(Problem(name, f"record {number}", f"damaged record: {entry}"))
        elif (found := _fact(entry, wanted)) is not None:
            page.facts.append(found)
        if rows >= _PAGE:
            yield Page(rows, page.facts, page.problems)
            rows, page = 0, Page()
    yield Page(rows, page.facts, page.problems)


def _fact(entry: "Entry", wanted: Wanted) -> Fact | None:
    path = entry.full_path
    if path == "[UNKNOWN]" or not wanted.takes(path.rpartition("/")[2]) or "INDEX_PRESENT" in str(entry.flags):
        return None
    size = None if entry.file_size == 0 and _is_spread(entry) else entry.file_size
    return Fact(entry.entry_id, "\\" + path.replace("/", "\\"), size, is_present="ALLOCATED" in str(entry.flags))


def _is_spread(entry: "Entry") -> bool:
    """Tell a file whose attributes stand in several records: its size is then not in this one."""
    return any(getattr(each, "type_name", "") == "AttributeList" for each in entry.attributes())


class Parser(Protocol):
    """The part of the package's parser that is used."""

    def entries(self) -> "Iterator[Entry | Exception]": ...


class Entry(Protocol):
    """The part of the package's record that is used."""

    entry_id: int
    full_path: str
    file_size: int
    flags: object

    def attributes(self) -> Iterator[object]: ...


class _Torn:
    """How many remarks there were; their texts quote nothing that a reader could use."""

    def __init__(self) -> None:
        self.warnings = 0

    def count(self, *_: object, **__: object) -> None:
        self.warnings += 1
