"""
What a case says of itself, in a form that can be checked: ours from an incident, or figures typed from somebody's ticket.

A claim that nobody made is None or empty, and is not checked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from stashlight.incidents.document import Conflict, Incident

__all__ = ["Claims", "Defect", "Moment", "Number", "Origin", "claims_of"]

_WORKING = frozenset({"collect", "stage", "pack"})


@dataclass(frozen=True, slots=True)
class Origin:
    """
    Where files are said to come from.

    `files` of them, if counted; `basis` as in the document, "claim" if only somebody says so.
    """

    path: str
    files: int | None = None
    basis: str = "claim"
    is_folder: bool = True


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened at a time, in the order in which it is told. `act` names a response, such as "delete"."""

    time: str
    what: str
    act: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """A figure of the case with the events that show it."""

    name: str
    value: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claims:
    """
    Everything of a case that can contradict itself.

    `extensions` maps to a count, None where only the type is named. `commands` are those that gathered the files;
    None is one that was not recorded. `telemetry` names log sources such as "Sysmon 11"; empty if unknown.
    `made` are paths that commands make (archives), `events` the event keys that the case can show.
    `conflicts`, `deleted` and `missing` (listing, files) are what listings say that were read after the fact.
    """

    total: int | None = None
    is_lower_bound: bool = False
    bytes: int | None = None
    sized: int | None = None
    origins: tuple[Origin, ...] = ()
    extensions: dict[str, int | None] = field(default_factory=dict[str, "int | None"])
    pace: int | None = None
    commands: tuple[str | None, ...] = ()
    places: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    telemetry: tuple[str, ...] = ()
    severity: str = ""
    score: int | None = None
    points: tuple[int, ...] = ()
    priority: str = ""
    priority_reason: str = ""
    first: str = ""
    last: str = ""
    within: tuple[Moment, ...] = ()
    told: tuple[Moment, ...] = ()
    numbers: tuple[Number, ...] = ()
    events: frozenset[str] = frozenset()
    conflicts: tuple[Conflict, ...] = ()
    deleted: int = 0
    missing: tuple[tuple[str, int], ...] = ()
    has_clean_up: bool = False
    is_hand_entered: bool = False


@dataclass(frozen=True, slots=True)
class Defect:
    """
    Something that does not add up.

    `kind` is "contradiction" (two statements cannot both hold) or "unproved" (nothing shows it).

    `evidence` are event keys that the reader should look at.
    """

    check: str
    kind: str
    said: str
    evidence: tuple[str, ...] = ()


def claims_of(incident: Incident) -> Claims:
    """Give what an incident of ours claims."""
    files = incident.files
    return Claims(
        total=files.count,
        is_lower_bound=files.is_lower_bound,
        bytes=files.bytes,
        sized=files.sized,
        origins=tuple(Origin(each.path, each.files, each.basis) for each in incident.sources),
        extensions=dict(files.extensions),
        pace=sum(files.minutes.values()) if files.minutes else None,
        commands=tuple(each.command for each in incident.commands if each.rung in _WORKING),
        places=incident.places,
        made=tuple(each.path for each in incident.archives),
        severity=incident.severity,
        score=incident.score,
        points=tuple(each.points for each in incident.factors),
        first=incident.first_seen,
        last=incident.last_seen,
        within=tuple(_spans(incident)),
        numbers=tuple(_numbers(incident)),
        events=frozenset(each.event for each in incident.evidence),
        conflicts=incident.conflicts,
        deleted=files.deleted or 0,
        missing=tuple((each.file, each.missing) for each in incident.listings if each.missing),
        has_clean_up=any(each.name == "clean_up" for each in incident.rungs),
    )


def _spans(incident: Incident) -> Iterable[Moment]:
    for rung in incident.rungs:
        yield Moment(rung.first_seen, f"rung {rung.name} begins")
        yield Moment(rung.last_seen, f"rung {rung.name} ends")


def _numbers(incident: Incident) -> Iterable[Number]:
    for factor in incident.factors:
        yield Number(f"factor {factor.name}", f"{factor.points:+d}", factor.evidence)
    for rung in incident.rungs:
        yield Number(f"rung {rung.name}", rung.summary, rung.evidence)
    for source in incident.sources:
        yield Number(
            f"source {source.path}", "" if source.files is None else f"{source.files:,} files", source.evidence
        )
    for archive in incident.archives:
        yield Number(f"archive {archive.path}", "", archive.evidence)
    for finding in incident.findings:
        yield Number(f"rule {finding.title}", f"{finding.count:,}", finding.evidence)
