"""
Many patterns asked of one text at a time, by `hyperscan`: some 0.8 GB/s for all that the shipped rules look for.

Where there is no wheel of it, `searcher` gives None and whoever asks has a slower way.
"""

import contextlib
import os
from collections.abc import Callable, Iterable
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from typing import Any, Final

hyperscan: Any
try:
    hyperscan = import_module("hyperscan")
except ImportError:  # no wheel for this processor
    hyperscan = None

__all__ = ["hyperscan", "searcher"]

_LARGEST: Final = 64 << 20
"""Bytes of a compiled file that is read back; ours have half a million."""


def searcher(
    name: str, patterns: Callable[[], Iterable[str]], kept: str, *, is_text: bool
) -> Callable[[bytes | memoryview], bool] | None:
    """
    Give what tells whether one of the patterns (PCRE) is found in some bytes; None if they cannot be asked.

    `name` stands for the patterns: what was compiled under it is read back from the folder `kept`, without asking for
    them. `is_text` takes the bytes as UTF-8, which they must be then, and letters as code points.
    """
    if hyperscan is None:
        return None
    try:
        database = _database(name, patterns, kept, is_text=is_text)
    except (ValueError, hyperscan.error):
        return None
    hits: list[int] = []

    def take(*_match: object) -> bool:
        hits.append(1)
        return True

    def found(text: bytes | memoryview) -> bool:
        hits.clear()
        with contextlib.suppress(hyperscan.ScanTerminated):
            database.scan(text, match_event_handler=take)
        return bool(hits)

    return found


def _database(name: str, patterns: Callable[[], Iterable[str]], kept: str, *, is_text: bool) -> Any:  # noqa: ANN401 - hyperscan has no stubs for it
    """Compile, or read back what was compiled: a quarter of a second that a start with unchanged rules need not pay."""
    flags = hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_SINGLEMATCH | (hyperscan.HS_FLAG_UTF8 if is_text else 0)
    digest = blake2b(f"{hyperscan.__version__}\0{flags}\0{name}".encode(), digest_size=12).hexdigest()
    at = Path(kept) / f"patterns-{digest}.hs" if kept else None
    if at is not None:
        with contextlib.suppress(OSError, hyperscan.error):
            if at.stat().st_size < _LARGEST:
                # Checked by hyperscan: its own sum over the file, its version, this processor's instructions.
                database: Any = hyperscan.loadb(at.read_bytes(), hyperscan.HS_MODE_BLOCK)
                database.scratch = hyperscan.Scratch(database)
                return database
    expressions = [pattern.encode() for pattern in patterns()]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=expressions, ids=list(range(len(expressions))), flags=[flags] * len(expressions))
    if at is not None:
        with contextlib.suppress(OSError, hyperscan.error):
            draft = at.with_suffix(f".{os.getpid()}.part")
            draft.write_bytes(hyperscan.dumpb(database))
            draft.replace(at)
    return database
