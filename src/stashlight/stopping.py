"""The first Ctrl-C as a wish, the second as an order: long work ends with what it has, and never hangs on to it."""

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

__all__ = ["Stop", "never", "stopping", "terminable"]

Stop = Callable[[], bool]
"""Asked between pieces of work: whether to stop."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def never() -> bool:
    """Do not stop."""
    return False


@contextmanager
def stopping(say: Callable[[], None]) -> Generator[Stop]:
    """
    While the block runs, the first SIGINT or SIGTERM is a wish to stop, told with `say`; another raises KeyboardInterrupt.

    Only the main thread hears signals; in any other nothing changes.
    """
    if current_thread() is not main_thread():
        yield never
        return
    wished = False

    def heard(_number: int, _frame: FrameType | None) -> None:
        nonlocal wished
        if wished:
            raise KeyboardInterrupt
        wished = True
        say()

    before = {each: signal.signal(each, heard) for each in _SIGNALS}
    try:
        yield lambda: wished
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def terminable() -> Generator[None]:
    """While the block runs, SIGTERM ends it as Ctrl-C does, so that files half written are removed."""
    if current_thread() is not main_thread():
        yield
        return

    def heard(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
