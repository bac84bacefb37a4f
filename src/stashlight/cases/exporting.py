"""
A case with its history as JSON, or as a result document that every output can render: to hand over, or to keep.

`entries` are as they are kept, hashes included, so that a reader can check them; in an export with pseudonyms the
texts are other ones than those that were hashed, which `pseudonymised` says.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace

import orjson

from stashlight.cases.case import Case, fold
from stashlight.cases.entry import Entry, Json
from stashlight.cases.pseudonyms import Names
from stashlight.errors import CaseError
from stashlight.incidents.document import SCHEMA, Document, Scanned

__all__ = ["document_of", "exported"]

_SCHEMA = "stashlight-case/1"


def exported(entries: Sequence[Entry], head: str, names: Names | None = None) -> Json:
    """Give a case, its entries and the head of the whole chain; with `names`, people and hosts by pseudonym."""
    (case,) = fold(entries).values()
    whole: Json = {
        "schema": _SCHEMA,
        "case": asdict(case),
        "entries": [{**asdict(each), "body": orjson.loads(each.body)} for each in entries],
        "head": head,
        "pseudonymised": names is not None,
    }
    if names is None:
        return whole
    _learn(names, case, entries)
    return {name: names.hide(value) if name in {"case", "entries"} else value for name, value in whole.items()}


def document_of(entries: Sequence[Entry], version: str, names: Names | None = None) -> Document:
    """
    Give the newest state of a case as a result document; where the case stands is told in the incident's remarks.

    How much was read is not kept in a case, so `scanned` counts nothing.

    Raises:
        CaseError: the case holds no incident.
    """
    (case,) = fold(entries).values()
    if case.incident is None:
        message = f"{case.id} holds no incident to render; without --as the case itself is exported"
        raise CaseError(message)
    incident = replace(case.incident, notes=(*case.incident.notes, *_standing(case)))
    if names is not None:
        _learn(names, case, entries)
        incident = names.hide_in(incident)
    return Document(SCHEMA, version, Scanned(0, 0, 0, 0, 0, None, None), (incident,), (), ())


def _learn(names: Names, case: Case, entries: Sequence[Entry]) -> None:
    names.learn(case.incident)
    for each in entries:
        names.learn_entry(each)


def _standing(case: Case) -> tuple[str, ...]:
    """Tell status, verdict, closure and notes, a line each."""
    status = f"Case {case.id}, {case.status.replace('_', ' ')}, assigned to {case.assignee or 'nobody'}"
    reason = (f"{case.id} {case.status.replace('_', ' ')}: {case.rationale}",) if case.rationale else ()
    notes = tuple(f"Note of {each}" for each in case.notes)
    return (f"{status}; verdict {case.verdict.replace('_', ' ')}", *reason, *notes)
