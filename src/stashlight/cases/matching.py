"""Whether an incident is one that a case knows under another id: it shares host and place, and the times touch."""

from datetime import datetime, timedelta
from typing import Final

from stashlight.incidents.document import Incident
from stashlight.incidents.stable_ids import moment

__all__ = ["host_key", "overlap"]

_TOUCH: Final = timedelta(hours=12)  # the gap that ends a pile in `incidents/`: what is nearer would have been grouped


def overlap(before: Incident, now: Incident) -> int:
    """Count shared hosts plus shared places; 0 unless there is one of each and the times touch."""
    hosts = {host_key(each) for each in before.hosts} & {host_key(each) for each in now.hosts}
    places = sum(any(_meet(one, other) for other in before.places) for one in now.places)
    return len(hosts) + places if hosts and places and _touch(before, now) else 0


def host_key(name: str) -> str:
    """Give the name without its domain: logs of one host spell it both ways. An address keeps its dots."""
    folded = name.casefold().rstrip(".")
    return folded if folded.replace(".", "").isdigit() else folded.partition(".")[0]


def _meet(one: str, other: str) -> bool:
    """Whether one folder is, or lies in, the other."""
    first, second = (each.casefold().replace("\\", "/").rstrip("/") + "/" for each in (one, other))
    return first.startswith(second) or second.startswith(first)


def _touch(before: Incident, now: Incident) -> bool:
    times = [moment(each) for each in (before.first_seen, before.last_seen, now.first_seen, now.last_seen)]
    first, last, start, end = times
    if first is None or last is None or start is None or end is None:
        return False
    return _shifted(start, -_TOUCH) <= last and first <= _shifted(end, _TOUCH)


def _shifted(time: datetime, by: timedelta) -> datetime:
    try:
        return time + by
    except OverflowError:
        return time
