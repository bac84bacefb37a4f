"""
OCSF 1.8.0 Detection Finding (class 2004), one incident a line, highest score first.

`time` is when the finding could be made: the incident's last event, so that the same logs give the same lines; the
activity itself is `start_time` to `end_time` (https://schema.ocsf.io/1.8.0/classes/detection_finding).
"""

from collections.abc import Iterator
from typing import Final

from stashlight.incidents.attack import ATTACK_VERSION, technique
from stashlight.incidents.document import Command, Document, Incident, ListedFile
from stashlight.incidents.document_json import to_json
from stashlight.incidents.severity_scale import SCALE
from stashlight.incidents.stable_ids import milliseconds, moment, uuid_of
from stashlight.terminal import Page

SUFFIX: str = ".ocsf.jsonl"

Json = dict[str, object]

VERSION: Final = "1.8.0"
_CLASS: Final = 2004
_CREATE: Final = 1
_CONFIDENCE: Final = {"low": 1, "medium": 2, "high": 3}
_RULE, _BEHAVIOURAL = 1, 2
_MOST_FILES: Final = 100
_SIGNED_32: Final = 2**31  # `integer_t` holds no more


def render(document: Document, page: Page) -> Iterator[str]:  # noqa: ARG001 - JSON is the same on every page
    """Give one finding a line."""
    for incident in document.incidents:
        yield to_json(_finding(incident, document)) + "\n"


def _finding(incident: Incident, document: Document) -> Json:
    level = SCALE[incident.severity]
    first, last = moment(incident.first_seen), moment(incident.last_seen)
    finding: Json = {
        "activity_id": _CREATE,
        "category_uid": 2,
        "class_uid": _CLASS,
        "type_uid": _CLASS * 100 + _CREATE,
        "time": milliseconds(last) if last else 0,
        "severity_id": level.ocsf,
        "status_id": 1,
        "is_alert": True,
        "message": incident.title,
        "metadata": metadata(incident, document),
        "finding_info": finding_info(incident),
        "confidence_id": _CONFIDENCE.get(incident.confidence, 0),
        "risk_score": incident.score,
        "risk_level_id": level.risk,
        "risk_details": "; ".join(f"{each.points:+d} {each.name}: {each.reason}" for each in incident.factors),
        "evidences": _evidences(incident) or [{"data": {"places": list(incident.places)}}],
        "resources": [{"uid": host, "name": host, "type": "host", "hostname": host} for host in incident.hosts],
        "observables": _observables(incident),
        "unmapped": _unmapped(incident),
    }
    if first and last:
        finding |= {"start_time": milliseconds(first), "end_time": milliseconds(last)}
    if not last:
        finding["status_detail"] = f"the time of this finding is not known: {incident.last_seen!r}"
    if 0 < incident.files.count < _SIGNED_32:
        finding["count"] = incident.files.count
    return {name: value for name, value in finding.items() if value not in ([], "")}


def metadata(incident: Incident, document: Document) -> Json:
    """Say who reports it; the uid of the record is made from the incident's."""
    return {
        "version": VERSION,
        "uid": uuid_of("ocsf", incident.id),
        "correlation_uid": incident.id,
        "product": {"name": "Stashlight", "vendor_name": "Stashlight", "version": document.version},
    }


def finding_info(incident: Incident) -> Json:
    """Give the finding: its id is the incident's."""
    info: Json = {
        "uid": incident.id,
        "title": incident.title,
        "types": ["Data Staged"],
        "analytic": {"name": "Stashlight incident", "uid": "stashlight-incident", "type_id": _BEHAVIOURAL},
        "related_analytics": [
            {"name": each.title, "uid": each.rule, "type_id": _RULE, "desc": f"{each.level}, {each.count} events"}
            for each in incident.findings
        ],
        "attacks": [attack(each) for each in incident.techniques],
        "data_sources": sorted({each.file for each in incident.evidence}),
        "related_events": [{"uid": each.event, "type": each.file} for each in incident.evidence],
    }
    for name, text in (("first_seen_time", incident.first_seen), ("last_seen_time", incident.last_seen)):
        if time := moment(text):
            info[name] = milliseconds(time)
    return {name: value for name, value in info.items() if value != []}


def attack(id: str) -> Json:  # noqa: A002 - the field's word
    """Give a technique as OCSF's attack object: a sub-technique stands beside its parent."""
    known = technique(id)
    whole: Json = {"version": ATTACK_VERSION}
    if known.tactics:
        whole["tactic"] = {"uid": known.tactics[0].id, "name": known.tactics[0].name, "src_url": known.tactics[0].url}
    for name, each in (("technique", known.parent or id), ("sub_technique", id if known.parent else None)):
        if each:
            called = technique(each)
            named = {"name": called.name} if called.name else {}
            whole[name] = {"uid": each, **named, "src_url": called.url}
    return whole


def _evidences(incident: Incident) -> list[Json]:
    known = {file_key(each.path): each for each in incident.listed}
    told = (
        *(("archive", each.path) for each in incident.archives),
        *(("staged", path) for path in (*incident.files.examples, *(each.path for each in incident.listed))),
    )
    files: dict[str, Json] = {}
    for role, path in told:
        file: Json = {"name": name_of(path), "path": path, "type_id": 1, **_listed(known.get(file_key(path)))}
        files.setdefault(file_key(path), {"file": file, "data": {"role": role, **_fate(known.get(file_key(path)))}})
    return [*map(_process_evidence, incident.commands), *[*files.values()][:_MOST_FILES]]


def _listed(file: ListedFile | None) -> Json:
    """Give size and hashes (https://schema.ocsf.io/1.8.0/objects/fingerprint) as listings tell them."""
    if file is None:
        return {}
    told = ((1, "MD5", file.md5), (2, "SHA-1", file.sha1), (3, "SHA-256", file.sha256))
    hashes = [{"algorithm_id": number, "algorithm": name, "value": value} for number, name, value in told if value]
    return {**({"size": file.bytes} if file.bytes is not None else {}), **({"hashes": hashes} if hashes else {})}


def _fate(file: ListedFile | None) -> Json:
    """Give whether the file is still there, and which listing says so."""
    if file is None:
        return {}
    told = {"state": file.state, "deleted": file.deleted, "basis": list(file.basis)}
    return {name: value for name, value in told.items() if value}


def _process_evidence(command: Command) -> Json:
    process: Json = {
        "uid": command.event,
        **({"name": name_of(command.process), "path": command.process} if command.process else {}),
        **({"cmd_line": command.command} if command.command else {}),
    }
    if command.process_id is not None and command.process_id < _SIGNED_32:
        process["pid"] = command.process_id
    if command.parent:
        process["parent_process"] = {"uid": uuid_of("parent", command.event), "name": name_of(command.parent)}
    user = {"user": {"name": command.account}} if command.account else {}
    device = {"hostname": command.host, "type_id": 0}
    return {"device": device, **user, "process": process, "uid": command.event}


def _observables(incident: Incident) -> list[Json]:
    named = (
        *(("resources[].hostname", 1, "Hostname", value) for value in incident.hosts),
        *(("evidences[].user.name", 4, "User Name", value) for value in incident.accounts),
        *(("evidences[].file.path", 45, "File Path", value) for value in incident.places),
    )
    return [{"name": name, "type_id": number, "type": kind, "value": value} for name, number, kind, value in named]


def _unmapped(incident: Incident) -> Json:
    """Keep what OCSF has no place for."""
    return {
        "places": list(incident.places),
        "files": {
            "count": incident.files.count,
            "bytes": incident.files.bytes,
            "sized": incident.files.sized,
            "is_lower_bound": incident.files.is_lower_bound,
            "extensions": incident.files.extensions,
            "sensitive": list(incident.files.sensitive),
            **_later(incident),
        },
        "rungs": [each.name for each in incident.rungs],
    }


def _later(incident: Incident) -> Json:
    """Give what listings say of the whole pile; nothing if none was read."""
    if not incident.listings:
        return {}
    files = incident.files
    listings = [{"file": each.file, "format": each.format, "matched": each.matched} for each in incident.listings]
    return {"hashed": files.hashed, "present": files.present, "deleted": files.deleted, "listings": listings}


def name_of(path: str) -> str:
    """Give the last part of a Windows or POSIX path."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path


def file_key(path: str) -> str:
    """Give what two spellings of one path share: Windows does not tell upper case from lower."""
    return path if path.startswith("/") else path.lower()
