"""Listings against events, and against one another: a file has one size, one hash, and is there or not."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from stashlight.incidents.document import Conflict
from stashlight.reports.claims import Claims, Defect
from stashlight.reports.wording import many

_SHOWN: Final = 3


def defects(claims: Claims) -> Iterator[Defect]:
    """Name what sources disagree on, and files that are gone although no event tells that they were deleted."""
    by_what: defaultdict[str, list[Conflict]] = defaultdict(list)
    for conflict in claims.conflicts:
        by_what[conflict.what].append(conflict)
    for what, several in by_what.items():
        told = "; ".join(f"{each.path}: {', '.join(each.told)}" for each in several[:_SHOWN])
        more = f"; and {len(several) - _SHOWN:,} more" if len(several) > _SHOWN else ""
        yield Defect("listings", "contradiction", f"sources disagree on the {what} of {_files(several)}: {told}{more}")
    if claims.has_clean_up:
        return
    if claims.deleted:
        said = f"{many(claims.deleted, 'staged file')} deleted by a listing's word: no event tells of a deletion"
        yield Defect("listings", "unproved", said)
    for name, missing in claims.missing:
        said = f"{many(missing, 'staged file')} not in {name}, which lists their folder or volume in full: no event tells of a deletion"
        yield Defect("listings", "unproved", said)


def _files(several: list[Conflict]) -> str:
    return many(len({each.path for each in several}), "file")
