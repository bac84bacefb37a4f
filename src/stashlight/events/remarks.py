"""What is to be said of one file once its records are understood, as far as they are."""

from dataclasses import dataclass, field

from stashlight.decoders.record import Record
from stashlight.errors import Problem

__all__ = ["Remarks"]

_SHOWN_KEYS = 8
_HOUR = 3_600_000_000


@dataclass(eq=False, slots=True)
class Remarks:
    """
    Records of one file that are of no known vocabulary, values that are no times, clocks that were put right.

    `first_time` is the first value that is no time, and where it stands; `clock` a host, and by how many microseconds
    its clock was corrected, of the first record that it was of. In whatever order they come, the same is told.
    """

    file: str
    bad_times: int = 0
    first_time: tuple[int, str] = (0, "")
    corrected: int = 0
    clock: tuple[int, str, int] = (0, "", 0)
    _shape: str | None = None
    # reason → (records, position of the first)
    _unknown: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])

    def not_known(self, record: Record) -> None:
        """Count a record of no known vocabulary."""
        broken = next((k for k, v in record.fields.items() if isinstance(v, str) and v.lstrip()[:6] == "<Event"), None)
        if broken is not None:
            reason = f"event XML in {broken[:40]!r} is cut off or malformed"
        elif self._shape is None:
            keys = ", ".join(sorted(record.fields)[:_SHOWN_KEYS])
            reason = self._shape = f"no known event vocabulary; first keys: {keys[:200]}"
        else:
            reason = self._shape
        count, first = self._unknown.get(reason, (0, record.position))
        self._unknown[reason] = (count + 1, first)

    def no_time(self, position: int, value: str) -> None:
        """Count a value that should be a time."""
        if not self.bad_times or position < self.first_time[0]:
            self.first_time = (position, value)
        self.bad_times += 1

    def put_right(self, host: str, by: int, position: int) -> None:
        """Count a time that was corrected by so many microseconds."""
        if not self.corrected or position < self.clock[0]:
            self.clock = (position, host, by)
        self.corrected += 1

    @property
    def problems(self) -> list[Problem]:
        """Give all that as problems."""
        found = [Problem(self.file, f"record {at}", reason, n) for reason, (n, at) in self._unknown.items()]
        if self.bad_times:
            position, value = self.first_time
            reason = f"not a time between 1990 and 2100: {value!r}"
            found.append(Problem(self.file, f"record {position}", reason, self.bad_times))
        if self.corrected:
            _, host, by = self.clock
            hours = f"{abs(by) / _HOUR:g} hours {'behind' if by > 0 else 'ahead of'}"
            reason = (
                f"TimeCreated is not UTC as it says: on {host} {hours} Sysmon's UtcTime; "
                f"{self.corrected:,} times corrected by it"
            )
            # Nothing was lost: one remark, not as many records.
            found.append(Problem(self.file, "", reason))
        return found
