"""
Bounds of time and memory around a query: what a stranger wrote must not hang or exhaust the machine.

The engine's own limits come first: it spills or refuses. Some functions allocate beside them and do not look up while
they work (`range(1000000000)` took 20 GB), so on Linux the process is not given more address space either. What still
does not stop is left to `last_resort`.
"""

import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stashlight.engines.duckdb import Engine
from stashlight.errors import EngineError, QueryError

__all__ = ["Bounds", "bounded"]

# How long a query that was interrupted may go on before the last resort, and how often it is reminded.
_GRACE_SECONDS: Final = 10.0
_REMINDER_SECONDS: Final = 0.5
# Threads, spill files and the allocator take address space that they do not fill.
_SLACK_BYTES: Final = 1_000_000_000
_TOO_MUCH: Final = ("--memory", "Out of Memory", "Allocation failure")


@dataclass(frozen=True, slots=True)
class Bounds:
    """
    `seconds` a query may take, bytes of `memory` it may hold beside the events, and `rows` that are given (0: all).

    `last_resort` ends the process, if it may be ended: it is called with a message when nothing else helped.
    """

    seconds: float = 60.0
    memory: int = 2_000_000_000
    rows: int = 1000
    last_resort: Callable[[str], None] | None = None


@contextmanager
def bounded(engine: Engine, bounds: Bounds, file: str = "") -> Generator[None]:
    """
    Hold what is done inside to its bounds.

    Raises:
        QueryError: it took too long or needed too much.
    """
    done = threading.Event()
    late = threading.Event()
    watch = threading.Thread(target=_watch, args=(engine, bounds, done, late), daemon=True)
    watch.start()
    try:
        with _address_space(bounds.memory):
            yield
    except (EngineError, MemoryError) as error:
        if late.is_set():
            reason = f"stopped after {bounds.seconds:g} seconds; --timeout allows more"
            raise QueryError(reason, file) from error
        if isinstance(error, MemoryError) or any(sign in str(error) for sign in _TOO_MUCH):
            reason = f"needs more than {bounds.memory / 1e6:,.0f} MB; --memory allows more"
            raise QueryError(reason, file) from error
        raise
    except RuntimeError as error:
        # DuckDB's word for Ctrl-C while it works.
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from error
        raise
    finally:
        done.set()
        watch.join()


def _watch(engine: Engine, bounds: Bounds, done: threading.Event, late: threading.Event) -> None:
    if done.wait(bounds.seconds):
        return
    late.set()
    for _ in range(int(_GRACE_SECONDS / _REMINDER_SECONDS)):
        engine.interrupt()
        if done.wait(_REMINDER_SECONDS):
            return
    if bounds.last_resort is not None:
        bounds.last_resort(f"a query went on {_GRACE_SECONDS:g} seconds beyond its {bounds.seconds:g}: ended")


@contextmanager
def _address_space(memory: int) -> Generator[None]:
    """Give the process no more than `memory` bytes beyond what it has; only Linux can."""
    if sys.platform != "linux":
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    wanted = pages * resource.getpagesize() + 2 * memory + _SLACK_BYTES
    hard = before[1]
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
