"""
Every staged file of the incidents by name: what a listing is looked up in.

Names repeat on a disk, so a file is found by its folder too. Its number is its place in the columns below: a pile of a
million files is a few lists, not a million objects.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import cast

from stashlight.engines.connection import Connection
from stashlight.engines.duckdb import Engine
from stashlight.events.identity import host_key
from stashlight.events.paths import split
from stashlight.incidents.document import Folder, Incident
from stashlight.incidents.queries import statement

__all__ = ["NAMED", "StagedFiles", "folders", "staged_files"]

NAMED = 5_000
"""Files that an incident names, so that a listing can be looked up without the logs: about 100 KB of JSON."""
_NAMED_IN_ALL = 200_000
_FEWEST = 20
_EVERY = 1 << 60


@dataclass(slots=True)
class StagedFiles:
    """
    The columns: incident (its position), host key, folder, name, size before any listing; and where each name stands.

    `before` has what listings told earlier of a file: whether it is there, whether its hash is known.
    Files from `archives` on are archives that no event of the pile tells of: they are looked up, not counted.
    """

    incidents: list[int] = field(default_factory=list[int])
    hosts: list[str] = field(default_factory=list[str])
    folders: list[str] = field(default_factory=list[str])
    names: list[str] = field(default_factory=list[str])
    sizes: list[int | None] = field(default_factory=list["int | None"])
    by_name: dict[str, list[int] | int] = field(default_factory=dict[str, "list[int] | int"])
    before: dict[int, tuple[bool | None, bool]] = field(default_factory=dict[int, "tuple[bool | None, bool]"])
    archives: int = 0

    def add(self, incident: int, host: str, folder: str, name: str, size: int | None) -> None:
        number = len(self.names)
        self.incidents.append(incident)
        self.hosts.append(host)
        # Rows of a folder come one after the other: they share one text.
        self.folders.append(self.folders[-1] if self.folders and self.folders[-1] == folder else folder)
        self.names.append(name)
        self.sizes.append(size)
        known = self.by_name.get(name)
        if known is None:
            self.by_name[name] = number
        elif isinstance(known, int):
            self.by_name[name] = [known, number]
        else:
            known.append(number)

    def named(self, name: str) -> Sequence[int]:
        """Give the numbers of the files of a folded name."""
        known = self.by_name.get(name)
        return () if known is None else (known,) if isinstance(known, int) else known

    def path(self, number: int) -> str:
        mark = "/" if self.folders[number].startswith("/") else "\\"
        return f"{self.folders[number].rstrip(mark)}{mark}{self.names[number]}"


def staged_files(incidents: Sequence[Incident], engine: Engine | None = None) -> StagedFiles:
    """
    Give the staged files: all of them from the engine that `describe` has left its tables in, else those the incidents name.
    """
    found = StagedFiles()
    if engine is None:
        for position, incident in enumerate(incidents):
            for folder in incident.files.folders:
                _add_named(found, position, folder)
    else:
        positions = {incident.id: position for position, incident in enumerate(incidents)}
        ids = dict(cast("Iterable[tuple[int, str]]", engine.rows("SELECT case_id, incident FROM case_names")))
        for row in engine.records(statement("folders").replace("{most}", str(_EVERY))):
            number, host, folder, name, size = cast("tuple[int, str, str, str, int | None]", tuple(row.values()))
            found.add(positions[ids[number]], host, folder, name, size)
    found.archives = len(found.names)
    for position, incident in enumerate(incidents):
        for archive in incident.archives:
            place = split(archive.path)
            if not place.directory or not place.name:
                continue
            where = position, place.directory
            if where not in ((found.incidents[n], found.folders[n]) for n in found.named(place.name)):
                host = host_key(incident.hosts[0]) if len(incident.hosts) == 1 else ""
                found.add(position, host or "", place.directory, place.name, archive.bytes)
    return found


def _add_named(found: StagedFiles, position: int, folder: Folder) -> None:
    nothing = (None,) * len(folder.names)
    told = zip(folder.names, folder.sizes or nothing, folder.present or nothing, folder.hashed or nothing, strict=False)
    for name, size, is_present, is_hashed in told:
        if is_present is not None or is_hashed:
            found.before[len(found.names)] = is_present, bool(is_hashed)
        found.add(position, host_key(folder.host) or "", folder.path, name, size)


def folders(engine: Connection, cases: int, hosts: dict[str, str]) -> dict[int, tuple[Folder, ...]]:
    """Give the folders of each case with the names of its files, as many as one incident names; `hosts` spells them."""
    most = max(_FEWEST, min(NAMED, _NAMED_IN_ALL // max(1, cases)))
    rows = engine.rows(statement("folders").replace("{most}", str(most)))
    held: dict[int, dict[tuple[str, str], list[tuple[str, int | None]]]] = {}
    for number, host, folder, name, size in cast("Iterable[tuple[int, str, str, str, int | None]]", rows):
        held.setdefault(number, {}).setdefault((host, folder), []).append((name, size))
    return {
        number: tuple(
            Folder(
                folder,
                hosts.get(host, host),
                tuple(name for name, _ in files),
                tuple(size for _, size in files) if any(size is not None for _, size in files) else (),
            )
            for (host, folder), files in found.items()
        )
        for number, found in held.items()
    }
