"""What all listings together say of each staged file, and where they disagree."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from stashlight.events.identity import host_key
from stashlight.events.paths import split
from stashlight.events.times import parse
from stashlight.incidents.describe import instant
from stashlight.incidents.document import Conflict, Incident, ListedFile
from stashlight.incidents.staged_files import StagedFiles
from stashlight.incidents.told_files import Said, Told
from stashlight.listings.reading import form

__all__ = ["KnownFile", "KnownFiles"]

_MOST_CONFLICTS: Final = 50


@dataclass(slots=True)
class KnownFile:
    """What is known of one staged file from all listings together."""

    bytes: int | None
    size_basis: str = ""
    was_hashed: bool = False
    hashes: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    states: list[tuple[bool, int | None, str]] = field(default_factory=list["tuple[bool, int | None, str]"])
    basis: list[str] = field(default_factory=list[str])

    @property
    def is_present(self) -> bool | None:
        told = {state for state, _, _ in self.states}
        return told.pop() if len(told) == 1 else None

    @property
    def is_hashed(self) -> bool:
        return self.was_hashed or bool(self.hashes)


class KnownFiles:
    """What all listings say, by number of the staged file; sources that disagree, by incident."""

    def __init__(self, staged: StagedFiles, incidents: Sequence[Incident], *, is_named_only: bool) -> None:
        self.staged = staged
        self.is_named_only = is_named_only
        self.before = "the result" if is_named_only else "an event"
        self.files: dict[int, KnownFile] = {}
        self.conflicts: defaultdict[int, list[Conflict]] = defaultdict(list)
        self.unlisted: Counter[int] = Counter()
        self.sized: Counter[tuple[int, str]] = Counter()
        self.hashed: Counter[tuple[int, str]] = Counter()
        for position, incident in enumerate(incidents):
            for each in incident.listed:
                self._remember(position, each)

    def _remember(self, position: int, told: ListedFile) -> None:
        """Take up what an earlier listing told, so that a later one adds to it."""
        place, host = split(told.path), host_key(told.host) or ""
        for number in self.staged.named(place.name or ""):
            where = self.staged.incidents[number], self.staged.hosts[number], self.staged.folders[number]
            if where == (position, host, place.directory):
                file = self._file(number)
                file.basis += told.basis
                hashes = (("md5", told.md5), ("sha1", told.sha1), ("sha256", told.sha256))
                file.hashes |= {name: (value, self.before) for name, value in hashes if value}
                if time := parse(told.deleted):
                    file.states = [(False, time, self.before)]

    def _file(self, number: int) -> KnownFile:
        if number not in self.files:
            is_present, was_hashed = self.staged.before.get(number, (None, False))
            file = KnownFile(self.staged.sizes[number], was_hashed=was_hashed)
            if is_present is not None:
                file.states.append((is_present, None, self.before))
            self.files[number] = file
        return self.files[number]

    def learn(self, name: str, told: Told) -> None:
        unit = form(told.format).UNIT if told.format else ""
        for number, row in told.files.items():
            basis = f"{name} {unit} {row.line}"
            file = self._file(number)
            file.basis.append(basis)
            self._size(number, file, name, row, (basis, unit))
            self._hashes(number, file, name, row, basis)
            if row.is_present is not None:
                if file.is_present is (not row.is_present):
                    said = [*((s, t, b) for s, t, b in file.states), (row.is_present, row.ts_us, basis)]
                    self._disagree(number, "state", [f"{_state(s, t)} ({b})" for s, t, b in said])
                file.states.append((row.is_present, row.ts_us, basis))

    def _size(self, number: int, file: KnownFile, name: str, row: Said, where: tuple[str, str]) -> None:
        basis, unit = where
        if row.bytes is None:
            return
        if file.bytes is None:
            file.bytes, file.size_basis = row.bytes, basis
            self.sized[self.staged.incidents[number], name] += number < self.staged.archives
        sizes = [(file.bytes, file.size_basis or self.before), (row.bytes, basis)]
        sizes += [(size, f"{name} {unit} {line}") for line, size in row.other_sizes]
        if len({size for size, _ in sizes}) > 1:
            self._disagree(number, "size", [f"{size:,} bytes ({by})" for size, by in dict.fromkeys(sizes)])

    def _hashes(self, number: int, file: KnownFile, name: str, row: Said, basis: str) -> None:
        if row.hashes and not file.is_hashed:
            self.hashed[self.staged.incidents[number], name] += number < self.staged.archives
        for algorithm, value in row.hashes.items():
            other, where = file.hashes.setdefault(algorithm, (value, basis))
            if other != value:
                self._disagree(number, algorithm, [f"{other} ({where})", f"{value} ({basis})"])

    def _disagree(self, number: int, what: str, told: list[str]) -> None:
        incident = self.staged.incidents[number]
        if len(self.conflicts[incident]) < _MOST_CONFLICTS:
            self.conflicts[incident].append(Conflict(self.staged.path(number), what, tuple(told)))
        else:
            self.unlisted[incident] += 1


def _state(is_present: bool, ts_us: int | None) -> str:
    when = f" at {instant(ts_us)}" if ts_us is not None else ""
    return f"{'there' if is_present else 'deleted'}{when}"
