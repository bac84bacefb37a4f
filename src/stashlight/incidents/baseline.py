"""
What is normal here: which program of which account fills which place of a host, on how many days, how much, when.

A baseline is a set of days. Each day of a key (host, account, image, place) counts what happened in each hour (UTC).
Merging takes the greater count of each hour, so that the same day learned twice, in any order, counts once. All that is
said of a habit (days, median, MAD, most, hours) is worked out from its days.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from stashlight.frozen import frozen
from stashlight.incidents.places import common, parents

__all__ = ["TABLES", "Baseline", "Days", "Habit", "Table", "aged", "capped", "day_of", "merged", "shape"]

Key = tuple[tuple[str, ...], int]
Table = Mapping[Key, tuple[int, ...]]
Days = Mapping[str, Table]
"""By table: (names of the key, days since 1970 UTC) → 24 counts, one an hour. "" in a key is unknown."""

TABLES: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "files": (("host", "account", "image", "place"), "distinct files that a program put below a place"),
    "clients": (
        ("host", "place", "account", "client"),
        "distinct files that a client put below a place over the network",
    ),
    "tools": (("host", "account", "tool", "parent", "place"), "commands that copied, packed or collected into a place"),
    "accounts": (("account",), "events of an account, on any host"),
    "hosts": (("host",), "events of a host"),
}
"""Table → the names of its key, and what its counts count."""

_DAY_US: Final = 86_400_000_000
_RANDOM: Final = re.compile(
    r"\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?|(?=[a-f]*\d)[0-9a-f]{12,}|\d{4}[-_.]\d\d[-_.]\d\d|\d{4,}"
)
_NUMBERS: Final = re.compile(r"(?<=[\\/])[\d._-]+(?=[\\/]|\Z)")

# One host on one day: beyond this a burst of directories would crowd out what people do.
MOST_KEYS_A_DAY: Final = 2_000


def day_of(us: int) -> int:
    """Give the day (UTC, since 1970) of a time in microseconds."""
    return us // _DAY_US


def shape(place: str) -> str:
    """Give a place without what changes from run to run: dates, numbers, GUIDs, long hexadecimal names become `#`."""
    return _NUMBERS.sub("#", _RANDOM.sub("#", place))


def merged(left: Days, right: Days) -> Days:
    """Give what both know: of an hour that both saw, the greater count."""
    return {name: _merged(left.get(name, {}), right.get(name, {})) for name in TABLES}


def _merged(left: Table, right: Table) -> Table:
    whole = dict(left)
    for key, hours in right.items():
        known = whole.get(key)
        whole[key] = hours if known is None else tuple(map(max, known, hours))
    return whole


def aged(days: Days, keep: int) -> Days:
    """Leave out what is `keep` days or more older than the newest day learned."""
    newest = max((day for table in days.values() for _, day in table), default=0)
    return {
        name: {key: hours for key, hours in table.items() if key[1] > newest - keep} for name, table in days.items()
    }


def capped(days: Days, most: int = MOST_KEYS_A_DAY) -> tuple[Days, int]:
    """Keep the `most` fullest keys of each host and day in each table; give how many were dropped, too."""
    dropped = 0
    found: dict[str, Table] = {}
    for name, table in days.items():
        crowds: defaultdict[tuple[str, int], list[Key]] = defaultdict(list)
        for key in table:
            crowds[key[0][0], key[1]].append(key)
        whole = dict(table)
        for keys in crowds.values():
            for key in sorted(keys, key=lambda k: (-sum(table[k]), k))[most:]:
                del whole[key]
                dropped += 1
        found[name] = whole
    return found, dropped


@frozen
class Habit:
    """What was normal for one key: days seen, counts a day (median, median absolute deviation, most), hours (UTC)."""

    days: int
    median: float
    mad: float
    most: int
    hours: frozenset[int]

    def usual(self, count: int, hours: Iterable[int]) -> bool:
        """True if a day like this one, at these hours or one beside them, was seen before."""
        near = {(h + d) % 24 for h in self.hours for d in (-1, 0, 1)}
        return count <= max(self.most, self.bound) and set(hours) <= near

    @property
    def bound(self) -> float:
        """The greatest ordinary count: the median and three robust standard deviations, or half as much again."""
        return max(self.median + 3 * 1.4826 * self.mad, 1.5 * self.median)


class Baseline:
    """A baseline to ask. Every question takes the day that is judged, and only days before it answer."""

    def __init__(self, days: Days) -> None:
        self.days = days
        self._tables: dict[str, dict[tuple[str, ...], dict[int, tuple[int, ...]]]] = {}
        for name in TABLES:
            by_key: defaultdict[tuple[str, ...], dict[int, tuple[int, ...]]] = defaultdict(dict)
            for (key, day), hours in days.get(name, {}).items():
                by_key[key][day] = hours
            self._tables[name] = dict(by_key)
        self._places: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        self._clients: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        self._uses: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        for (host, _, _, place), by_day in self._tables["files"].items():
            self._places[host, place].update(by_day)
        for (host, account, tool, _, place), by_day in self._tables["tools"].items():
            self._places[host, place].update(by_day)
            self._uses[account, tool].update(by_day)
        for (host, place, _, client), by_day in self._tables["clients"].items():
            first = min(by_day)
            self._clients[host, place][client] = min(first, self._clients[host, place].get(client, first))

    def habit(self, table: str, key: tuple[str, ...], before: int) -> Habit | None:
        """Give the habit of a key, None if it was never seen."""
        by_day = self._tables[table].get(key, {})
        found = [hours for day, hours in by_day.items() if day < before]
        if not found:
            return None
        counts = [sum(hours) for hours in found]
        # Imported here: with its fractions and random numbers, only who has a baseline pays for it.
        from statistics import median

        middle = float(median(counts))
        spread = float(median([abs(c - middle) for c in counts]))
        return Habit(
            len(found), middle, spread, max(counts), frozenset(h for hours in found for h, n in enumerate(hours) if n)
        )

    def known_days(self, table: str, name: str, before: int) -> int:
        """Give on how many days a host or account was seen at all."""
        return sum(day < before for day in self._tables[table].get((name,), {}))

    def place_days(self, host: str, place: str, before: int) -> int:
        """Give on how many days a place, or one above it that is not everybody's, was filled."""
        return max(
            (sum(d < before for d in self._places.get((host, above), ())) for above in covering(place)), default=0
        )

    def clients(self, host: str, place: str, before: int) -> frozenset[str]:
        """Give the clients that filled a place over the network."""
        return frozenset(
            c
            for above in covering(place)
            for c, first in self._clients.get((host, above), {}).items()
            if first < before
        )

    def use_days(self, account: str, tool: str, before: int) -> int:
        """Give on how many days an account used a tool, on any host."""
        return sum(day < before for day in self._uses.get((account, tool), ()))


def covering(place: str) -> list[str]:
    """Give a place's shape and those above that stand for it, deepest first: what is everybody's stands for none."""
    whole = shape(place)
    return [above for above in parents(whole) if above == whole or not common(above)]
