"""Works that do not need one another, at the same time: while the engine computes, it does not hold Python's lock."""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Thread
from typing import TypeVar

from stashlight.engines.connection import Connection

__all__ = ["beside"]

T = TypeVar("T")

_AGAIN = 0.05
"""Seconds between two tries to stop what a thread runs."""


def beside(works: Sequence[Callable[[Connection], T]], connections: Sequence[Connection]) -> list[T]:
    """
    Do every work on one of the connections, the first of which is this thread's; give what they give, in their order.

    Raises what the first work that fails raises; those not yet begun are not done then.
    """
    given: dict[int, T] = {}
    failed: dict[int, Exception] = {}
    waiting = deque(enumerate(works))

    def work(connection: Connection) -> None:
        while waiting:
            try:
                number, one = waiting.popleft()
            except IndexError:  # another thread was faster
                return
            try:
                given[number] = one(connection)
            except Exception as error:  # noqa: BLE001 - raised again where somebody can catch it
                failed[number] = error
                waiting.clear()

    threads = [Thread(target=work, args=(connection,)) for connection in connections[1:]]
    for thread in threads:
        thread.start()
    try:
        work(connections[0])
        for thread in threads:
            thread.join()
    except BaseException:  # somebody wants it to end
        waiting.clear()
        for connection, thread in zip(connections[1:], threads, strict=True):
            while thread.is_alive():
                # Again and again: between two statements there is nothing to interrupt.
                connection.interrupt()
                thread.join(_AGAIN)
        raise
    if failed:
        raise failed[min(failed)]
    return [given[number] for number in range(len(works))]
