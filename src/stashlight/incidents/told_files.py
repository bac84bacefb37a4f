"""
One listing × the staged files → what it says of each of them.

A row is used only if it can mean one file. A whole path means the file of that path; one from the root of a volume, or
relative to a folder that nobody named, means the file whose path ends that way, if there is one such file. A listing is
of one host: where rows fit files of several hosts, or of several drives, the person must say which is meant.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from stashlight.errors import Problem
from stashlight.events.paths import is_windows, normalise, split
from stashlight.events.schema import fold
from stashlight.incidents.staged_files import StagedFiles
from stashlight.listings.fact import Fact, Page

__all__ = ["Owner", "Said", "Told", "told_files"]

_DRIVE: Final = re.compile(r"[a-z]:")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a listing is: host key and folded drive ("c:"); empty where nobody said."""

    host: str = ""
    drive: str = ""


@dataclass(slots=True)
class Said:
    """What one listing says of one file."""

    line: int
    bytes: int | None = None
    hashes: dict[str, str] = field(default_factory=dict[str, str])
    is_present: bool | None = None
    ts_us: int | None = None
    other_sizes: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Told:
    """A listing as it was read: facts by number of the staged file, and what could not be used."""

    format: str = ""
    rows: int = 0
    owner: Owner = Owner()
    files: dict[int, Said] = field(default_factory=dict[int, Said])
    folders: set[str] = field(default_factory=set[str])
    ambiguous: dict[int, int] = field(default_factory=dict[int, int])
    problems: list[Problem] = field(default_factory=list[Problem])


def told_files(name: str, pages: Iterable[Page], staged: StagedFiles, owner: Owner, since: list[int]) -> Told:
    """
    Read the pages of the listing `name`.

    `since` is when each incident began, microseconds: what a journal tells of before is of another file of that name.
    """
    told = Told()
    groups: dict[tuple[str, str], dict[int, Said]] = {}
    known_folders = set(staged.folders)
    for page in pages:
        told.format = page.format or told.format
        told.rows += page.rows
        told.problems += page.problems
        for fact in page.facts:
            path = _owned(fact.path, owner.drive)
            if (folder := split(path).directory or "") in known_folders:
                told.folders.add(folder)
            numbers = list(_meant(path, staged, owner))
            # Several hosts may hold a file of the same path, several incidents the same file: each is meant for itself.
            if len({staged.folders[n] for n in numbers if not _is_of_volume(path)}) > 1:
                for incident in {staged.incidents[n] for n in numbers}:
                    told.ambiguous[incident] = told.ambiguous.get(incident, 0) + 1
                continue
            for number in numbers:
                if fact.ts_us is None or fact.ts_us >= since[staged.incidents[number]]:
                    key = staged.hosts[number], _drive(staged.folders[number]) if _is_of_volume(path) else ""
                    _take(groups.setdefault(key, {}), number, fact)
    _choose(name, groups, told, owner)
    return told


def _choose(name: str, groups: dict[tuple[str, str], dict[int, Said]], told: Told, owner: Owner) -> None:
    """Take what is of one host, and of one drive of it; refuse to guess which one."""
    hosts, drives = sorted({host for host, _ in groups}), sorted({drive for _, drive in groups} - {""})
    for several, said in ((hosts, "HOST"), (drives, "DRIVE:")):
        if len(several) > 1:
            which = ", ".join(each or "an unnamed host" for each in several[:5])
            reason = f"fits files of {which}, and is used for none: say whose it is, as in --enrich {said}={name}"
            told.problems.append(Problem(name, "", reason))
            return
    told.owner = Owner(owner.host or (hosts[0] if hosts else ""), owner.drive or (drives[0] if drives else ""))
    for found in groups.values():
        told.files |= found


def _meant(path: str, staged: StagedFiles, owner: Owner) -> Iterator[int]:
    place = split(path)
    if not place.name:
        return
    folder = place.directory or ""
    for number in staged.named(place.name):
        if owner.host and staged.hosts[number] not in {owner.host, ""}:
            continue
        known = staged.folders[number]
        if _is_whole(path):
            fits = known == folder
        elif _is_of_volume(path):
            fits = bool(_DRIVE.match(known)) and known[2:] == folder
        else:
            fits = not folder or _ends(known, folder)
        if fits:
            yield number


def _ends(known: str, folder: str) -> bool:
    if known.startswith("/"):
        return known.endswith("/" + folder)
    return known.endswith("\\" + fold(folder).replace("/", "\\"))


def _owned(path: str, drive: str) -> str:
    """Give the one spelling of a path, on the drive that the person named if there is one."""
    whole = normalise(path)
    if drive and is_windows(whole) and not whole.startswith("\\\\"):
        return drive + whole[2:] if _DRIVE.match(whole) else drive + whole if whole.startswith("\\") else whole
    return whole


def _is_whole(path: str) -> bool:
    return bool(_DRIVE.match(path)) or path.startswith(("\\\\", "/"))


def _is_of_volume(path: str) -> bool:
    return path.startswith("\\") and not path.startswith("\\\\")


def _drive(folder: str) -> str:
    return folder[:2] if _DRIVE.match(folder) else ""


def _take(found: dict[int, Said], number: int, fact: Fact) -> None:
    """Keep the row; of a journal the last, of others one of a file that is there before one of a deleted file."""
    known = found.get(number)
    if known is None or (fact.ts_us is not None and (known.ts_us is None or fact.ts_us >= known.ts_us)):
        found[number] = Said(fact.line, fact.bytes, fact.hashes, fact.is_present, fact.ts_us)
    elif fact.ts_us is None and fact.is_present and known.is_present is False:
        found[number] = Said(fact.line, fact.bytes, fact.hashes, fact.is_present)
    elif fact.ts_us is None and fact.is_present == known.is_present:
        known.hashes = {**fact.hashes, **known.hashes}  # a list may have a row for each algorithm
        if known.bytes is None:
            known.bytes = fact.bytes
        elif fact.bytes is not None and fact.bytes != known.bytes and not known.other_sizes:
            known.other_sizes = ((fact.line, fact.bytes),)
