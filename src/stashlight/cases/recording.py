"""
What people do with cases: add the incidents of a scan, set a field, note, close. Each adds entries, never more.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import orjson

from stashlight.cases.case import STATUSES, VERDICTS, Case, fold
from stashlight.cases.matching import host_key, overlap
from stashlight.cases.store import Store, Writer
from stashlight.errors import CaseError
from stashlight.incidents.document import Incident
from stashlight.incidents.document_json import to_json
from stashlight.incidents.stable_ids import revision

__all__ = ["Added", "add", "assign", "case_of", "close", "give_verdict", "note", "seal", "set_status", "sha256"]

_AT_ONCE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one incident. `reopened`: its case was closed, and the incident has grown since."""

    case: str
    incident: str
    action: Literal["opened", "updated", "reopened", "unchanged"]


def add(store: Store, incidents: Sequence[Incident], author: str, time: str) -> list[Added]:
    """
    Bring the incidents of a scan into cases; the same scan again changes nothing.

    An incident belongs to the case that had its id, or to the one that it overlaps most in host, place and time: ids
    change when an earlier event turns up. A case takes one incident of a scan; a second that overlaps it becomes a
    case of its own that names the first.
    """
    with store.writing():
        cases = fold(store.entries())
        writer = Writer(store, author, time)
        by_id = {incident: case for case in cases.values() for incident in case.incidents}
        pairs = {each.id: by_id[each.id] for each in incidents if each.id in by_id}
        by_host: dict[str, list[str]] = {}
        for case in cases.values():
            for host in case.incident.hosts if case.incident else ():
                by_host.setdefault(host_key(host), []).append(case.id)
        taken = {case.id for case in pairs.values()}
        related: dict[str, Case] = {}
        for incident in incidents:
            if incident.id in pairs:
                continue
            same_host = dict.fromkeys(name for host in incident.hosts for name in by_host.get(host_key(host), ()))
            near = [c for c in map(cases.__getitem__, same_host) if c.incident and overlap(c.incident, incident) > 0]
            near.sort(key=lambda case: -overlap(case.incident, incident) if case.incident else 0)
            if free := [case for case in near if case.id not in taken]:
                pairs[incident.id] = free[0]
                taken.add(free[0].id)
            elif near:
                related[incident.id] = near[0]
        return [
            _update(writer, pairs[each.id], each)
            if each.id in pairs
            else _open(writer, cases, each, related.get(each.id))
            for each in incidents
        ]


def _open(writer: Writer, cases: dict[str, Case], incident: Incident, near: Case | None) -> Added:
    name = f"C-{len(cases) + 1}"
    cases[name] = Case(name, writer.time, writer.time)
    writer.add(name, "opened", {"text": incident.title})
    writer.add(name, "incident", _told(incident))
    if near:
        writer.add(name, "related", {"text": near.id})
        writer.add(near.id, "related", {"text": name})
    return Added(name, incident.id, "opened")


def _update(writer: Writer, case: Case, incident: Incident) -> Added:
    if case.revision == revision(incident):
        return Added(case.id, incident.id, "unchanged")
    writer.add(case.id, "incident", _told(incident))
    if case.status != "closed" or not _has_grown(case.incident, incident):
        return Added(case.id, incident.id, "updated")
    writer.add(
        case.id, "status", {"text": "in_progress", "rationale": "reopened: the incident has grown since it was closed"}
    )
    return Added(case.id, incident.id, "reopened")


def _told(incident: Incident) -> dict[str, object]:
    return {"revision": revision(incident), "incident": orjson.loads(to_json(incident))}


def _has_grown(before: Incident | None, now: Incident) -> bool:
    return before is None or now.last_seen > before.last_seen or now.files.count > before.files.count


def seal(store: Store, case: str, files: Iterable[str], author: str, time: str) -> list[tuple[str, str | None]]:
    """Write the SHA-256 of each log file into the case; gives (file, hash), the hash None if it cannot be read."""
    hashes = [(file, sha256(file)) for file in files]
    with store.writing():
        known = set(case_of(store, case).evidence)
        writer = Writer(store, author, time)
        for file, found in hashes:
            if found and f"{found} {file}" not in known:
                writer.add(case, "evidence", {"file": file, "sha256": found, "bytes": Path(file).stat().st_size})
    return hashes


def sha256(file: str) -> str | None:
    """Hash a file; None if it cannot be read."""
    whole = hashlib.sha256()
    try:
        with Path(file).open("rb") as stream:
            while piece := stream.read(_AT_ONCE):
                whole.update(piece)
    except OSError:
        return None
    return whole.hexdigest()


def set_status(store: Store, case: str, status: str, author: str, time: str) -> None:
    """Set the status of a case that is not closed by it: closing wants a reason."""
    if status not in STATUSES or status == "closed":
        message = f"{status!r} is no status to set; there are {', '.join(STATUSES[:-1])}, and `case close`"
        raise CaseError(message)
    _add(store, case, author, time, status=status)


def assign(store: Store, case: str, assignee: str, author: str, time: str) -> None:
    """Give the case to somebody; to nobody if `assignee` is empty."""
    _add(store, case, author, time, assignee=assignee)


def give_verdict(store: Store, case: str, verdict: str, author: str, time: str) -> None:
    """Say what it was."""
    if verdict not in VERDICTS:
        message = f"{verdict!r} is no verdict; there are {', '.join(VERDICTS)}"
        raise CaseError(message)
    _add(store, case, author, time, verdict=verdict)


def note(store: Store, case: str, text: str, author: str, time: str) -> None:
    """Write a note."""
    if not text.strip():
        message = "a note needs a text"
        raise CaseError(message)
    with store.writing():
        Writer(store, author, time).add(case_of(store, case).id, "note", {"text": text})


def close(store: Store, case: str, verdict: str, rationale: str, author: str, time: str) -> None:
    """Close a case with a verdict and the reason for it."""
    if verdict not in VERDICTS or verdict == "unknown":
        message = f"closing needs a verdict: {', '.join(VERDICTS[1:])}"
        raise CaseError(message)
    if not rationale.strip():
        message = "closing needs a rationale: why is this over?"
        raise CaseError(message)
    with store.writing():
        known = case_of(store, case)
        if known.status == "closed":
            message = f"{case} is closed already: {known.rationale}"
            raise CaseError(message)
        writer = Writer(store, author, time)
        if known.verdict != verdict:
            writer.add(case, "verdict", {"text": verdict})
        writer.add(case, "status", {"text": "closed", "rationale": rationale})


def case_of(store: Store, case: str) -> Case:
    """
    Give one case.

    Raises:
        CaseError: there is none of that id.
    """
    known = fold(store.entries(case)).get(case)
    if known is None:
        message = f"no case {case!r}; `stashlight case list` names them"
        raise CaseError(message)
    return known


def _add(store: Store, case: str, author: str, time: str, **change: str) -> None:
    """Add one change, unless it changes nothing."""
    ((kind, value),) = change.items()
    with store.writing():
        known = case_of(store, case)
        if getattr(known, kind) == value:
            return
        match kind:
            case "status":
                Writer(store, author, time).add(case, "status", {"text": value})
            case "assignee":
                Writer(store, author, time).add(case, "assignee", {"text": value})
            case _:
                Writer(store, author, time).add(case, "verdict", {"text": value})
