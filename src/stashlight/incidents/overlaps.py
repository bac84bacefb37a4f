"""Which of many intervals meet, in one sweep: ten thousand of each must not cost their product."""

from collections import defaultdict
from collections.abc import Hashable, Iterator
from typing import Final

__all__ = ["Meetings", "Sets"]


class Sets:
    """Disjoint sets over numbers from 0 to `size` - 1."""

    def __init__(self, size: int) -> None:
        self._up = list(range(size))

    def find(self, number: int) -> int:
        """Give the number that stands for the set."""
        while self._up[number] != number:
            self._up[number] = self._up[self._up[number]]
            number = self._up[number]
        return number

    def join(self, left: int, right: int) -> None:
        """Make one set of two."""
        a, b = self.find(left), self.find(right)
        if a != b:
            self._up[max(a, b)] = min(a, b)


_SEEKER: Final = 0
_SOUGHT: Final = 1


class Meetings:
    """
    Seekers, each with a window of time, and what they may find, each with the time it lasts, under keys.

    `join` makes one set of every seeker and all that its window touches under its key.
    """

    def __init__(self) -> None:
        self._windows: defaultdict[Hashable, list[tuple[int, int, int]]] = defaultdict(list)
        self._spans: defaultdict[Hashable, list[tuple[int, int, int]]] = defaultdict(list)

    def seek(self, key: Hashable, first: int, last: int, number: int) -> None:
        """Add a seeker that looks from `first` to `last`."""
        self._windows[key].append((first, last, number))

    def offer(self, key: Hashable, first: int, last: int, number: int) -> None:
        """Add what lasts from `first` to `last`; dropped where nobody seeks, so offer after all have sought."""
        if key in self._windows:
            self._spans[key].append((first, last, number))

    def sought(self, key: Hashable) -> bool:
        """True if somebody seeks under this key."""
        return key in self._windows

    def join(self, sets: Sets) -> None:
        """Join each seeker with what it meets."""
        for key, spans in self._spans.items():
            for left, right in _meeting(self._windows[key], spans):
                sets.join(left, right)


def _meeting(windows: list[tuple[int, int, int]], spans: list[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    """
    Give pairs that connect what overlaps, as few as needed.

    When one starts, all that run on the other side meet it and are thereby one set: only the last to end is kept.
    """
    running: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
    starts = [(first, _SOUGHT, last, number) for first, last, number in spans]
    starts += [(first, _SEEKER, last, number) for first, last, number in windows if first <= last]
    for first, side, last, number in sorted(starts):
        others = running[1 - side]
        for end, other in others:
            if end >= first:
                yield number, other
        # Those that have ended can meet nobody who starts later; the others are one set now.
        others[:] = [max(others)] if others and max(others)[0] >= first else []
        running[side].append((last, number))
