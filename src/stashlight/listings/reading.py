"""Source → pages of facts: find the form by looking, read it, bound what is said about it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from stashlight.decoders.source import Source
from stashlight.decoders.stream import Stream
from stashlight.decoders.unpack import UNREADABLE
from stashlight.errors import Problem
from stashlight.listings.fact import Page, Wanted
from stashlight.listings.formats import Format
from stashlight.plugins import plugins

__all__ = ["MAX_PROBLEMS", "form", "listing_formats", "read", "sniff"]

_FORMATS = "stashlight.listings.formats"

MAX_PROBLEMS = 100
"""Problems named one by one for each listing; the rest are counted by reason."""


def listing_formats() -> list[str]:
    """Name the forms of listings that can be read."""
    return sorted(_formats())


def form(name: str) -> Format:
    """Give the form of that name, as a page tells it."""
    return _formats()[name]


def read(source: Source, wanted: Wanted) -> Iterator[Page]:
    """
    Give the facts of `source` in order, at least those of wanted names; never raises for what a file holds.

    Raises:
        SettingError: its form needs an extra that is not installed; names it.
    """
    named = 0
    more: Counter[str] = Counter()
    for page in _read(source, wanted):
        room = max(0, MAX_PROBLEMS - named)
        named += len(page.problems)
        for problem in page.problems[room:]:
            more[problem.reason[:120] if len(more) < MAX_PROBLEMS else "other reasons"] += problem.count
        yield replace(page, problems=page.problems[:room])
    if more:
        yield Page(problems=[Problem(source.name, "and further on", reason, n) for reason, n in more.items()])


def sniff(head: bytes) -> str:
    """Name the form of content that begins with `head`; "" if none fits."""
    scores = {name: module.fits(head) for name, module in _formats().items()}
    best = max(scores, key=scores.__getitem__)
    return best if scores[best] > 0 else ""


@cache
def _formats() -> dict[str, Format]:
    return plugins(_FORMATS, Format)


def _read(source: Source, wanted: Wanted) -> Iterator[Page]:
    if source.refusal:
        yield Page(problems=[Problem(source.name, "", source.refusal)])
        return
    try:
        file = source.open()
    except UNREADABLE as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        yield Page(problems=[Problem(source.name, "", said)])
        return
    with file:
        stream = Stream(source.name, file)
        name = sniff(stream.head)
        if name:
            for page in _formats()[name].pages(stream, wanted):
                yield replace(page, format=name)
        elif not stream.fault:
            yield Page(problems=[Problem(source.name, "", _unknown(stream.head))])
        if stream.fault:
            yield Page(problems=[Problem(source.name, "", stream.fault)], format=name)


def _unknown(head: bytes) -> str:
    if not head:
        return "empty file"
    # USN_RECORD_V2 and V3: length, then major and minor version. A sparse journal begins with zeros.
    record = head.lstrip(b"\0")[:8] if head[:4] == b"\0\0\0\0" else head[:8]
    if len(record) == 8 and record[4:8] in {b"\2\0\0\0", b"\3\0\0\0"} and record[2:4] == b"\0\0":
        return "a raw change journal ($J); `MFTECmd -f $J -m $MFT --csv .` makes a table of it that can be read"
    first = head.lstrip()[:40].decode("utf-8", "replace").splitlines()
    return f"no listing, journal or hash list that is known; begins with {first[0] if first else ''!r}"
