"""Times against their order: what is told later did not happen earlier, and all of it lies in the window."""

from collections.abc import Iterator

from stashlight.reports.claims import Claims, Defect
from stashlight.reports.wording import clock, moment


def defects(claims: Claims) -> Iterator[Defect]:
    """Hold the window, what lies in it, and the order of the telling against one another."""
    first, last = moment(claims.first), moment(claims.last)
    for time in (claims.first, claims.last):
        if time and moment(time) is None:
            yield _wrong(f"{time!r} is not a time")
    if first and last and last < first:
        yield _wrong(f"the window ends ({clock(claims.last)}) before it begins ({clock(claims.first)})")
    if first and last:
        for each in claims.within:
            time = moment(each.time)
            if time and not first <= time <= last:
                yield _wrong(
                    f"{each.what} at {clock(each.time)}, outside the window {clock(claims.first)} to "
                    f"{clock(claims.last)}"
                )
    for before, after in zip(claims.told, claims.told[1:], strict=False):
        earlier, later = moment(before.time), moment(after.time)
        if earlier and later and later < earlier:
            yield _wrong(f"“{after.what}” ({clock(after.time)}) is told after “{before.what}” ({clock(before.time)})")


def _wrong(said: str) -> Defect:
    return Defect("times", "contradiction", said)
