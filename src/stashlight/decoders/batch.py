"""What reading gives: batches of records, and what could not be read, so that the counts add up."""

from dataclasses import field

from stashlight.decoders.bodies import NO_BODIES, Bodies
from stashlight.decoders.native import Native
from stashlight.decoders.record import Record
from stashlight.errors import Problem
from stashlight.frozen import frozen

__all__ = ["ALL", "Batch", "Wanted"]


@frozen
class Wanted:
    """
    The event ids that someone will look at; None means every record. Records without an id are always wanted.

    Plain records may be given to `native` to take their values by columns.
    """

    ids: frozenset[int] | None = None
    bodies: Bodies = NO_BODIES
    native: Native | None = field(default=None, compare=False)

    def takes(self, event_id: int | None) -> bool:
        return self.ids is None or event_id is None or event_id in self.ids


ALL = Wanted()


@frozen
class Batch:
    """
    Some records of one source, in order.

    Every record of the source is counted once: in `records`, in `taken` (by `Wanted.native`), in `skipped` (well framed,
    its id not wanted), in `spared` (its id is among `Wanted.bodies`, and it holds none of these) or in `rejected` (not
    usable; `problems` says where and why). Of records that are spared the first and the last of a source are given all
    the same, so that it is known when they were: the last one in the last batch, whose `spared` may be -1. `problems`
    also holds what befell the file as a whole. `bytes` counts content after unpacking, `lines` its lines where they were
    cut anyway.
    """

    records: list[Record] = field(default_factory=list[Record])
    problems: list[Problem] = field(default_factory=list[Problem])
    skipped: int = 0
    bytes: int = 0
    format: str = ""
    rejected: int = 0
    lines: int = 0
    spared: int = 0
    taken: int = 0
