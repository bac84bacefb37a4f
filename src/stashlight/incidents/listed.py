"""
incidents × listings → incidents that know more: sizes, hashes, and whether each staged file still exists.

Only unknowns are filled. What an event recorded stays, and where sources disagree both are told (`Conflict`). The score
does not change: it weighs what was done, and no factor of it asks for sizes.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from stashlight.decoders.source import Source
from stashlight.engines.duckdb import Engine
from stashlight.errors import Problem
from stashlight.events.identity import host_key
from stashlight.events.paths import split
from stashlight.events.times import parse
from stashlight.incidents.content import sensitive
from stashlight.incidents.describe import instant
from stashlight.incidents.document import Archive, Folder, Incident, ListedFile, Listing
from stashlight.incidents.known_files import KnownFiles
from stashlight.incidents.sizes import SIZES, sizes_note
from stashlight.incidents.staged_files import StagedFiles, staged_files
from stashlight.incidents.told_files import Owner, Told, told_files
from stashlight.listings.fact import Wanted
from stashlight.listings.reading import form, read

__all__ = ["listed"]

_MOST_LISTED: Final = 200


def listed(
    incidents: Sequence[Incident], given: Iterable[tuple[Source, Owner]], engine: Engine | None = None
) -> tuple[list[Incident], list[Problem]]:
    """
    Give the incidents with what listings say of their staged files, and what in these could not be used.

    With `engine`, as `describe` has left it, every staged file is looked up; without, those that the incidents name.

    Raises:
        SettingError: a listing needs an extra that is not installed.
    """
    staged = staged_files(incidents, engine)
    known = KnownFiles(staged, incidents, is_named_only=engine is None)
    since = [(parse(each.first_seen) or 0) // 1_000_000 * 1_000_000 for each in incidents]
    notes: list[list[Listing]] = [[] for _ in incidents]
    problems: list[Problem] = []
    for source, owner in given:
        told = told_files(source.name, read(source, Wanted(staged.by_name.keys())), staged, owner, since)
        problems += told.problems
        known.learn(source.name, told)
        for position, listing in _listings(source.name, told, staged, known, len(incidents)).items():
            notes[position].append(listing)
        if told.format and not told.files and not told.problems:
            is_old = engine is None and not staged.archives
            why = (
                "the result names no files to look up: scan the logs again"
                if is_old
                else "none of the staged files is in it"
            )
            problems.append(Problem(source.name, "", why))
    mine: defaultdict[int, list[int]] = defaultdict(list)
    for number in sorted(known.files):
        mine[staged.incidents[number]].append(number)
    return [_filled(i, each, known, mine[i], notes[i]) for i, each in enumerate(incidents)], problems


def _listings(name: str, told: Told, staged: StagedFiles, known: KnownFiles, incidents: int) -> dict[int, Listing]:
    """Give what the listing says of each incident that it could say something of."""
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for number, row in told.files.items():
        if number < staged.archives:
            mine = counts[staged.incidents[number]]
            mine["matched"] += 1
            mine["present"] += row.is_present is True
            mine["deleted"] += row.is_present is False
    for number in _missing(told, staged):
        counts[staged.incidents[number]]["missing"] += 1
    for incident, rows in told.ambiguous.items():
        counts[incident]["ambiguous"] += rows
    if incidents == 1 and told.format:
        counts[0]["matched"] += 0  # one that says nothing of the only incident is told of too
    return {
        incident: Listing(
            file=name,
            format=told.format,
            host=told.owner.host or None,
            rows=told.rows,
            matched=mine["matched"],
            sized=known.sized[incident, name],
            hashed=known.hashed[incident, name],
            present=mine["present"],
            deleted=mine["deleted"],
            missing=mine["missing"],
            ambiguous=mine["ambiguous"],
        )
        for incident, mine in counts.items()
    }


def _missing(told: Told, staged: StagedFiles) -> Iterable[int]:
    """Give the files that the listing should hold, and does not."""
    what = form(told.format).COVERS if told.files else ""
    host, drive = told.owner.host, told.owner.drive
    if not what:
        return
    for number in range(staged.archives):
        folder = staged.folders[number]
        here = folder in told.folders if what == "folder" else bool(drive) and folder.startswith(drive)
        if here and staged.hosts[number] == host and number not in told.files:
            yield number


def _filled(
    position: int, incident: Incident, known: KnownFiles, mine: Sequence[int], listings: Sequence[Listing]
) -> Incident:
    """Give the incident with what its listings say; `mine` are the numbers of its files that stand in one."""
    if not listings:
        return incident
    files, total = incident.files, _totals(mine, known)
    files = replace(
        files,
        bytes=(files.bytes or 0) + total["bytes"] if total["sized"] else files.bytes,
        sized=files.sized + total["sized"],
        folders=_marked(files.folders, mine, known),
        hashed=(files.hashed or 0) + total["hashed"],
        present=(files.present or 0) + total["present"],
        deleted=(files.deleted or 0) + total["deleted"],
    )
    spelled = {host_key(host): host for host in incident.hosts}
    told = (*incident.listings, *(replace(each, host=spelled.get(each.host, each.host)) for each in listings))
    notes = [each for each in incident.notes if not each.startswith(SIZES)]
    if said := sizes_note(files, told):
        notes.insert(0, said)
    named = sum(len(each.names) for each in files.folders)
    if known.is_named_only and named < files.count:
        notes.append(f"{named:,} of {files.count:,} files are named in the result; only these could be looked up.")
    if more := known.unlisted[position]:
        notes.append(f"{more:,} more contradictions between listings are not listed.")
    return replace(
        incident,
        files=files,
        archives=tuple(_packed(each, mine, known) for each in incident.archives),
        notes=tuple(notes),
        listings=told,
        listed=_most_telling(mine, known, incident),
        conflicts=(*incident.conflicts, *known.conflicts[position]),
    )


def _totals(mine: Sequence[int], known: KnownFiles) -> Counter[str]:
    """Count each path once, as `Files.count` does, on however many hosts it stands."""
    staged = known.staged
    total: Counter[str] = Counter()
    seen: set[tuple[str, str]] | None = set() if len({staged.hosts[n] for n in mine}) > 1 else None
    for number in mine:
        if number >= staged.archives:
            continue
        if seen is not None:
            if (path := (staged.folders[number], staged.names[number])) in seen:
                continue
            seen.add(path)
        file = known.files[number]
        if staged.sizes[number] is None and file.bytes is not None:
            total["sized"] += 1
            total["bytes"] += file.bytes
        # What an earlier listing told stands in the counts already; one that disagrees takes it out again.
        was_present, was_hashed = staged.before.get(number, (None, False))
        total["hashed"] += file.is_hashed - was_hashed
        total["present"] += (file.is_present is True) - (was_present is True)
        total["deleted"] += (file.is_present is False) - (was_present is False)
    return total


def _marked(folders: Sequence[Folder], mine: Sequence[int], known: KnownFiles) -> tuple[Folder, ...]:
    """Write to the names what is known now, so that a listing that is read later counts nothing twice."""
    staged = known.staged
    files = {(staged.hosts[n], staged.folders[n], staged.names[n]): known.files[n] for n in mine}
    found: list[Folder] = []
    for folder in folders:
        host = host_key(folder.host) or ""
        told = [files.get((host, folder.path, name)) for name in folder.names]
        nothing = (None,) * len(folder.names)
        before = zip(told, folder.sizes or nothing, folder.present or nothing, folder.hashed or nothing, strict=False)
        marks = [
            (file.bytes, file.is_present, file.is_hashed) if file else (size, is_present, bool(is_hashed))
            for file, size, is_present, is_hashed in before
        ]
        found.append(
            replace(
                folder,
                sizes=tuple(size for size, _, _ in marks) if any(size is not None for size, _, _ in marks) else (),
                present=tuple(state for _, state, _ in marks)
                if any(state is not None for _, state, _ in marks)
                else (),
                hashed=tuple(mark for _, _, mark in marks) if any(mark for _, _, mark in marks) else (),
            )
        )
    return tuple(found)


def _packed(archive: Archive, mine: Sequence[int], known: KnownFiles) -> Archive:
    if archive.bytes is not None:
        return archive
    place, staged = split(archive.path), known.staged
    sizes = [
        known.files[n].bytes
        for n in mine
        if (staged.folders[n], staged.names[n]) == (place.directory, place.name) and known.files[n].bytes is not None
    ]
    return replace(archive, bytes=sizes[0]) if len(set(sizes)) == 1 else archive


def _most_telling(mine: Sequence[int], known: KnownFiles, incident: Incident) -> tuple[ListedFile, ...]:
    """Give the files that a reader looks for first: decisive names, archives, then the largest."""
    staged = known.staged

    def telling(number: int) -> tuple[bool, bool, int, int]:
        file = known.files[number]
        is_packed = number >= staged.archives
        return sensitive(staged.names[number]) is not None, is_packed, file.bytes or 0, -number

    spelled = {host_key(host): host for host in incident.hosts}
    found: list[ListedFile] = []
    for number in heapq.nlargest(_MOST_LISTED, mine, key=telling):
        file = known.files[number]
        times = [time for state, time, _ in file.states if not state and time is not None]
        hashes = {name: value for name, (value, _) in file.hashes.items()}
        host = staged.hosts[number]
        found.append(
            ListedFile(
                path=staged.path(number),
                host=spelled.get(host, host) or None,
                bytes=file.bytes,
                md5=hashes.get("md5"),
                sha1=hashes.get("sha1"),
                sha256=hashes.get("sha256"),
                state=None if file.is_present is None else "present" if file.is_present else "deleted",
                deleted=instant(times[-1]) if times and file.is_present is False else None,
                basis=tuple(file.basis),
            )
        )
    return tuple(found)
