"""Listings that were collected later, held against a result: what they say of the staged files."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from stashlight.decoders import Source, sources
from stashlight.engines.duckdb import Engine
from stashlight.errors import SettingError
from stashlight.events.identity import host_key
from stashlight.incidents.document import Document, Incident, ProblemNote
from stashlight.incidents.listed import listed
from stashlight.incidents.told_files import Owner

__all__ = ["enrich", "enriched", "given"]

Given = tuple[Source, Owner]

_DRIVE = re.compile(r"(?:(?P<host>.+)\\)?(?P<drive>[A-Za-z]:)\Z")


def enrich(document: Document, files: Sequence[str]) -> Document:
    r"""
    Fill what the telemetry does not know of staged files from listings, journals and hash lists.

    A file is `PATH` or `WHOSE=PATH`, where `WHOSE` is a host, a drive (`D:`) or both (`HOST\D:`). Files that the
    document names are looked up; `scan(…, enrich=…)` looks up all.

    Raises:
        InputError: a path does not exist.
        SettingError: a listing needs an extra that is not installed.
    """
    incidents, problems = enriched(document.incidents, given(files))
    return replace(document, incidents=tuple(incidents), problems=(*document.problems, *problems))


def enriched(
    incidents: Sequence[Incident], files: Iterable[Given], engine: Engine | None = None
) -> tuple[list[Incident], list[ProblemNote]]:
    """Give the incidents with what the listings say, and what could not be used of these."""
    found, problems = listed(incidents, files, engine)
    return found, [ProblemNote(p.file, p.position, p.reason, p.count) for p in problems]


def given(files: Sequence[str]) -> list[Given]:
    """
    Find the listings, folders and archives opened up.

    Raises:
        InputError: a path does not exist; raised before anything is read.
    """
    pairs = [_owner(each) for each in files]
    return [(source, owner) for path, owner in pairs for source in sources([path])]


def _owner(text: str) -> tuple[str, Owner]:
    whose, mark, path = text.partition("=")
    if not mark or Path(text).exists():  # a file name may hold the sign itself
        return text, Owner()
    if not whose or not path:
        message = f"{text!r} is no listing: give FILE, or HOST=FILE"
        raise SettingError(message)
    if match := _DRIVE.match(whose):
        return path, Owner(host_key(match["host"]) or "", match["drive"].lower())
    return path, Owner(host_key(whose) or "")
