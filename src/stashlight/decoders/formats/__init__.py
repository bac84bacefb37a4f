"""Containers, one module each: how the records of a log are framed. `ls` lists what can be read."""

from collections.abc import Iterator
from typing import Protocol

from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.stream import Stream

__all__ = ["Format"]


class Format(Protocol):
    """
    What a module in this folder gives; the module's name is the format's name (`--format NAME`).

    One whose content always begins with the same bytes may have them as `MAGIC`: then no other format is asked.
    """

    def fits(self, head: bytes) -> int:
        """Say how sure it is, 0 (no) to 100, that content with this `head` (up to 64 KB, UTF-8) is of its format."""
        ...

    def decode(self, stream: Stream, wanted: Wanted, *, strict: bool) -> Iterator[Batch]:
        """
        Give the records of `stream` in order, in batches of some hundred.

        Never raises for bad content: a bad record is a Problem with its position. `strict` parses every record,
        also those whose id is not wanted, to find what is damaged.
        """
        ...
