"""JSON values → the records of a batch."""

from dataclasses import dataclass, field
from typing import cast

from stashlight.decoders.batch import Batch, Wanted
from stashlight.decoders.envelopes import unwrap
from stashlight.decoders.json_text import JsonError, dump, load
from stashlight.decoders.record import Record
from stashlight.errors import Problem

__all__ = ["MAX_RECORD", "Filling", "Repairs"]

MAX_RECORD = 16 << 20
"""Bytes. The largest event that a carrier takes is 1 MB (Event Hub, HEC); a page of 10,000 search hits is about 16."""

_BLANK = b" \t\r\n\0"


@dataclass(slots=True)
class Repairs:
    """How many records of a source were kept although they were not clean JSON, and why the first was not."""

    count: int = 0
    why: str = ""


@dataclass(slots=True)
class Filling:
    """A batch that is being filled."""

    name: str
    wanted: Wanted
    repairs: Repairs
    strict: bool
    records: list[Record] = field(default_factory=list[Record])
    problems: list[Problem] = field(default_factory=list[Problem])
    skipped: int = 0
    spared: int = 0
    taken: int = 0

    def reject(self, where: str, reason: str) -> None:
        self.problems.append(Problem(self.name, where, reason))

    def reject_long(self, where: str) -> None:
        self.reject(where, f"longer than {MAX_RECORD:,} bytes")

    def check(self, raw: bytes, where: str) -> None:
        """Parse a value that is not wanted, only to see that it is sound."""
        try:
            load(raw.strip(_BLANK))
        except JsonError as error:
            self.reject(where, str(error))
        else:
            self.skipped += 1

    def add(self, raw: bytes, position: int, where: str) -> None:
        """Parse a value and keep the records in it."""
        if not (content := raw.strip(_BLANK)):
            return
        if len(raw) > MAX_RECORD:
            self.reject_long(where)
            return
        try:
            value, repair = load(content)
        except JsonError as error:
            self.reject(where, str(error))
            return
        if repair:
            self.repairs.count += 1
            self.repairs.why = self.repairs.why or repair
        items = cast("list[object]", value) if isinstance(value, list) else [value]
        for item in items:
            if not isinstance(item, dict):
                self.reject(where, f"a JSON {type(item).__name__} where an object was expected")
                continue
            found = unwrap(cast("dict[str, object]", item), self.wanted)
            alone = len(items) == 1 and len(found) == 1
            # Of several records in one value each has its own bytes, so that each has its own key.
            self.records.extend(Record(each, position, content if alone else dump(each)) for each in found)
            self.skipped += not found

    def batch(self, size: int, lines: int = 0) -> Batch:
        return Batch(
            self.records,
            self.problems,
            self.skipped,
            size,
            "json",
            rejected=len(self.problems),
            lines=lines,
            spared=self.spared,
            taken=self.taken,
        )
