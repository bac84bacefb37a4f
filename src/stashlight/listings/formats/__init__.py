"""Forms of listings, one module each; `ls` lists what can be read."""

from collections.abc import Iterator
from typing import Protocol

from stashlight.decoders.stream import Stream
from stashlight.listings.fact import Page, Wanted

__all__ = ["Format"]


class Format(Protocol):
    """What a module in this folder gives."""

    COVERS: str
    """What it lists in full, so that a file that is not in it was gone: "folder", "volume" or "" for neither."""

    UNIT: str
    """What `Fact.line` counts: "line", "record" or "object"."""

    def fits(self, head: bytes) -> int:
        """Say how sure it is, 0 (no) to 100, that content with this `head` (up to 64 KB, UTF-8) is of its form."""
        ...

    def pages(self, stream: Stream, wanted: Wanted) -> Iterator[Page]:
        """
        Give the facts of `stream` in order, at least those of wanted names; one that covers folders gives all.

        Never raises for bad content: a bad row is a Problem with its line.
        """
        ...
