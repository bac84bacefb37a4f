"""
STIX 2.1 bundle: per incident an Incident, what was observed, the ATT&CK techniques, and a Grouping that holds them.

Ids are made from ours, and those of observables as the standard says (section 2.9), so the same logs give the same
bundle and a second import updates the first (https://docs.oasis-open.org/cti/stix/v2.1/stix-v2.1.html).
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, cast
from uuid import UUID, uuid5

from stashlight.incidents.attack import technique
from stashlight.incidents.document import Document, Incident, ListedFile
from stashlight.incidents.document_json import to_json
from stashlight.incidents.stable_ids import moment, uuid_of
from stashlight.outputs.ocsf_detection import file_key, name_of
from stashlight.terminal import Page

SUFFIX: str = ".stix.json"

Json = dict[str, object]

_SINCE: Final = "2026-01-01T00:00:00.000Z"  # of objects that have no time of their own: our identity, techniques
_OBSERVABLES: Final = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # the standard's own namespace
_MOST_NUMBER: Final = 999_999_999
_MOST_FILES: Final = 100


def render(document: Document, page: Page) -> Iterator[str]:  # noqa: ARG001 - JSON is the same on every page
    """Give one bundle; an object that several incidents share stands in it once."""
    objects: dict[str, Json] = {}
    for incident in document.incidents:
        for each in _objects(incident):
            objects.setdefault(str(each["id"]), each)
    ids = ",".join(sorted(objects))
    bundle: Json = {"type": "bundle", "id": f"bundle--{uuid_of('stix bundle', ids)}"}
    bundle["objects"] = [_identity(), *objects.values()]
    yield to_json(bundle, indent=True) + "\n"


def _objects(incident: Incident) -> Iterator[Json]:
    first, last = moment(incident.first_seen), moment(incident.last_seen)
    known = {"created": _time(last), "modified": _time(last)} if last else {"created": _SINCE, "modified": _SINCE}
    main = _made("incident", incident.id, known)
    main |= {"name": incident.title or incident.id, "description": _described(incident), "labels": [incident.severity]}
    main["external_references"] = [{"source_name": "stashlight", "external_id": incident.id or "unknown"}]
    patterns = [_pattern(each) for each in dict.fromkeys(incident.techniques) if each]
    seen = [*_observed(incident)]
    yield main
    yield from patterns
    yield from seen
    members = [main, *patterns, *seen]
    if seen and first and last:
        data = _made("observed-data", incident.id, known)
        data |= {"first_observed": _time(first), "last_observed": _time(max(first, last))}
        data |= {"number_observed": max(1, min(_MOST_NUMBER, incident.files.count)), "object_refs": _ids(seen)}
        yield data
        members.append(data)
    for pattern in patterns:
        link = _made("relationship", f"{incident.id} {pattern['id']}", known)
        link |= {"relationship_type": "related-to", "source_ref": main["id"], "target_ref": pattern["id"]}
        yield link
        members.append(link)
    group = _made("grouping", incident.id, known)
    group |= {"name": incident.title or incident.id, "context": "suspicious-activity", "object_refs": _ids(members)}
    yield group


def _observed(incident: Incident) -> Iterator[Json]:
    """Give hosts, accounts, directories, files and processes as observables, each once."""
    found: dict[str, Json] = {}
    for each in (*_accounts(incident), *_files(incident), *_processes(incident)):
        found.setdefault(str(each["id"]), each)
    yield from found.values()


def _accounts(incident: Incident) -> Iterator[Json]:
    for account in filter(None, incident.accounts):
        domain, _, name = account.rpartition("\\")
        kind = {"account_type": "windows-domain"} if domain else {}
        yield _observable("user-account", {"user_id": account, "account_login": name or account, **kind})


def _files(incident: Incident) -> Iterator[Json]:
    for place in filter(None, incident.places):
        yield _observable("directory", {"path": place})
    listed = {file_key(each.path): each for each in incident.listed}
    paths = (
        *(each.path for each in incident.archives),
        *incident.files.examples[:_MOST_FILES],
        *(each.path for each in incident.listed[:_MOST_FILES]),
    )
    first: dict[str, str] = {}
    for path in filter(None, paths):
        first.setdefault(file_key(path), path)
    for path in first.values():
        folder = path[: len(path) - len(name_of(path))].rstrip("\\/")
        directory = _observable("directory", {"path": folder}) if folder else None
        if directory:
            yield directory
        parent = {"parent_directory_ref": directory["id"]} if directory else {}
        told = listed.get(file_key(path))
        file = _observable("file", {**_hashes(told), "name": name_of(path), **parent})
        yield file if told is None or told.bytes is None else {**file, "size": told.bytes}


def _hashes(file: ListedFile | None) -> Json:
    told = (("MD5", file.md5), ("SHA-1", file.sha1), ("SHA-256", file.sha256)) if file else ()
    hashes = {name: value for name, value in told if value}
    return {"hashes": hashes} if hashes else {}


def _processes(incident: Incident) -> Iterator[Json]:
    for command in incident.commands:
        process: Json = {"type": "process", "spec_version": "2.1", "id": f"process--{_drawn('stix', command.event)}"}
        if command.process_id is not None:
            process["pid"] = command.process_id
        if command.command:
            process["command_line"] = command.command
        if time := moment(command.time):
            process["created_time"] = _time(time)
        if command.process:
            image = _observable("file", {"name": name_of(command.process)})
            yield image
            process["image_ref"] = image["id"]
        if len(process) > len(("type", "spec_version", "id")):
            yield process


def _observable(kind: str, properties: Json) -> Json:
    """Give an observable; its id is made of the properties that the standard says contribute."""
    contributing = {"user-account": ("account_type", "user_id", "account_login")}.get(kind, tuple(properties))
    parts = {name: properties[name] for name in contributing if name in properties}
    if isinstance(hashes := parts.get("hashes"), dict):
        # Of several hashes the first in the standard's own order is taken, and `_hashes` keeps to that.
        parts["hashes"] = dict([next(iter(cast("Json", hashes).items()))])
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    made = uuid5(_OBSERVABLES, canonical.encode("utf-8", "backslashreplace").decode())
    return {"type": kind, "spec_version": "2.1", "id": f"{kind}--{made}", **properties}


def _drawn(*parts: str) -> UUID:
    """Give a UUID of version 4, which the standard asks for of a process, yet the same one each time."""
    return UUID(bytes=UUID(uuid_of(*parts)).bytes, version=4)


def _pattern(id: str) -> Json:  # noqa: A002 - the field's word
    known = technique(id)
    pattern = _made("attack-pattern", id, {"created": _SINCE, "modified": _SINCE})
    names = [tactic.name.lower().replace(" ", "-") for tactic in known.tactics]
    if names:
        pattern["kill_chain_phases"] = [{"kill_chain_name": "mitre-attack", "phase_name": name} for name in names]
    reference = {"source_name": "mitre-attack", "external_id": id}
    return pattern | {"name": known.name or id, "external_references": [reference]}


def _identity() -> Json:
    made = _made("identity", "stashlight", {"created": _SINCE, "modified": _SINCE})
    del made["created_by_ref"]
    return made | {"name": "Stashlight", "identity_class": "system"}


def _made(kind: str, key: str, times: dict[str, str]) -> Json:
    whole: Json = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid_of('stix', kind, key)}"}
    return whole | {"created_by_ref": f"identity--{uuid_of('stix', 'identity', 'stashlight')}", **times}


def _described(incident: Incident) -> str:
    reasons = "; ".join(f"{each.points:+d} {each.name}: {each.reason}" for each in incident.factors)
    return f"{incident.severity}, score {incident.score}, {incident.confidence} confidence. {reasons}"


def _ids(objects: Iterable[Json]) -> list[str]:
    return list(dict.fromkeys(str(each["id"]) for each in objects))


def _time(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond:06d}Z"
