"""An archive → the sources in it; any other file is its own source."""

from collections.abc import Iterator
from pathlib import Path

from stashlight.decoders.source import Source

__all__ = ["members"]


def members(path: Path, size: int) -> Iterator[Source]:
    """Give the members of the archive at `path`, or the file itself."""
    yield Source(str(path), path, size)
