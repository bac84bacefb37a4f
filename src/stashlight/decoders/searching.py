"""
Many patterns asked of one text at a time, by `hyperscan`: some 0.8 GB/s for all that the shipped rules look for.

Where there is no wheel of it, `searcher` gives None and whoever asks has a slower way.
"""

import contextlib
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import blake2b
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from stashlight.keeping import keep

__all__ = ["hyperscan", "is_there", "searcher"]

_LARGEST: Final = 64 << 20
"""Bytes of a compiled file that is read back; ours have half a million."""


@cache
def hyperscan() -> Any:  # noqa: ANN401 - its own stubs leave most out
    """Give the module, None if there is no wheel for this processor. Its import takes as long as a small log."""
    try:
        return import_module("hyperscan")
    except ImportError:
        return None


@cache
def is_there() -> bool:
    """Tell whether there may be hyperscan, without importing it."""
    return find_spec("hyperscan") is not None


def searcher(
    name: str, patterns: Callable[[], Iterable[str]], kept: str, *, is_text: bool
) -> Callable[[bytes | memoryview], bool] | None:
    """
    Give what tells whether one of the patterns (PCRE) is found in some bytes; None if they cannot be asked.

    `name` stands for the patterns: what was compiled under it is read back from the folder `kept`, without asking for
    them. `is_text` takes the bytes as UTF-8, which they must be then, and letters as code points.
    """
    module = hyperscan()
    if module is None:
        return None
    try:
        database = _database(module, name, patterns, kept, is_text=is_text)
    except (ValueError, module.error):
        return None

    def stop(*_match: object) -> bool:
        return True

    def found(text: bytes | memoryview) -> bool:
        # Not by `suppress`: making one takes as long as searching a short text.
        try:
            database.scan(text, match_event_handler=stop)
        except module.ScanTerminated:
            return True
        return False

    return found


def _database(module: Any, name: str, patterns: Callable[[], Iterable[str]], kept: str, *, is_text: bool) -> Any:  # noqa: ANN401 - hyperscan has no stubs for it
    """Compile, or read back what was compiled: a quarter of a second that a start with unchanged rules need not pay."""
    flags = module.HS_FLAG_DOTALL | module.HS_FLAG_SINGLEMATCH | (module.HS_FLAG_UTF8 if is_text else 0)
    digest = blake2b(f"{module.__version__}\0{flags}\0{name}".encode(), digest_size=12).hexdigest()
    at = Path(kept) / f"patterns-{digest}.hs" if kept else None
    if at is not None:
        with contextlib.suppress(OSError, module.error):
            if at.stat().st_size < _LARGEST:
                # Checked by hyperscan: its own sum over the file, its version, this processor's instructions.
                database: Any = module.loadb(at.read_bytes(), module.HS_MODE_BLOCK)
                database.scratch = module.Scratch(database)
                return database
    expressions = [pattern.encode() for pattern in patterns()]
    database = module.Database(mode=module.HS_MODE_BLOCK)
    database.compile(expressions=expressions, ids=list(range(len(expressions))), flags=[flags] * len(expressions))
    if at is not None:
        with contextlib.suppress(module.error):
            keep(at, module.dumpb(database))
    return database
