"""When the files of each incident appeared: the pace tells a script from a person."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, cast

from stashlight.engines.connection import Connection
from stashlight.incidents.queries import statement

__all__ = ["minutes"]

_MOST: Final = 1440  # as many minutes as a day has; beyond that, hours say enough
_HOUR_US: Final = 3_600_000_000


def minutes(engine: Connection) -> dict[int, dict[str, int]]:
    """
    Give, by the number of the incident, how many files were first written in which minute; in which hour if it took long.

    Reads `written`, `case_piles` and `made_directories`.
    """
    found: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for number, minute_us, count in cast("Iterable[tuple[int, int, int]]", engine.rows(statement("minutes"))):
        found[number][minute_us] += count
    return {
        number: {_said(us): count for us, count in sorted((_hours(counts) if len(counts) > _MOST else counts).items())}
        for number, counts in found.items()
    }


def _hours(counts: Counter[int]) -> Counter[int]:
    hours: Counter[int] = Counter()
    for minute_us, count in counts.items():
        hours[minute_us - minute_us % _HOUR_US] += count
    return hours


def _said(us: int) -> str:
    return datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
