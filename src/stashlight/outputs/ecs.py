"""
Elastic Common Schema alerts, one incident a line (NDJSON), to be indexed like any log.

`event.kind` is `alert`, as for alerts of other products; Kibana's own `.alerts-*` indices are not written
(https://www.elastic.co/guide/en/ecs/current/ecs-event.html).
"""

from collections.abc import Iterator
from typing import Final

from stashlight.incidents.attack import technique
from stashlight.incidents.document import Document, Incident
from stashlight.incidents.document_json import to_json
from stashlight.incidents.severity_scale import SCALE
from stashlight.incidents.stable_ids import moment, revision, uuid_of
from stashlight.terminal import Page

SUFFIX: str = ".ecs.ndjson"

Json = dict[str, object]

_VERSION: Final = "9.0.0"
_KEYWORD_BYTES: Final = 8191  # Lucene keeps at most 32,766 bytes of a keyword, four bytes a character at worst


def render(document: Document, page: Page) -> Iterator[str]:  # noqa: ARG001 - JSON is the same on every page
    """Give one alert a line, highest score first."""
    for incident in document.incidents:
        yield to_json(_alert(incident, document)) + "\n"


def _alert(incident: Incident, document: Document) -> Json:
    event: Json = {
        "kind": "alert",
        "category": ["file", "intrusion_detection"],
        "type": ["info"],
        "module": "stashlight",
        "dataset": "stashlight.incident",
        "provider": "stashlight",
        "id": uuid_of("ecs", incident.id, revision(incident)),
        "action": "data-staged",
        "severity": SCALE[incident.severity].ecs,
        "risk_score": float(incident.score),
        "reason": "; ".join(f"{each.points:+d} {each.name}: {each.reason}" for each in incident.factors),
    }
    for name, text in (("start", incident.first_seen), ("end", incident.last_seen)):
        if moment(text):
            event[name] = text
    alert: Json = {
        "message": incident.title,
        "ecs": {"version": _VERSION},
        "event": event,
        "observer": {"vendor": "Stashlight", "product": "stashlight", "version": document.version},
        "rule": {"id": incident.findings[0].rule, "name": incident.findings[0].title, "ruleset": "stashlight"}
        if incident.findings
        else {"name": incident.title, "ruleset": "stashlight"},
        "threat": _threat(incident),
        "related": {"hosts": [*incident.hosts], "user": [*dict.fromkeys(map(_bare, incident.accounts))]},
        "tags": [*incident.techniques, *(each.name for each in incident.rungs)],
        "labels": {"incident_id": incident.id, "severity": incident.severity, "confidence": incident.confidence},
        "stashlight": _own(incident),
    }
    if moment(incident.last_seen):
        alert["@timestamp"] = incident.last_seen
    if incident.hosts:
        alert["host"] = {"name": incident.hosts[0], "hostname": incident.hosts[0].partition(".")[0]}
    if incident.accounts:
        alert["user"] = _user(incident.accounts[0])
    if incident.places:
        alert["file"] = {"directory": _kept(incident.places[0])}
    if process := _process(incident):
        alert["process"] = process
    return alert


def _threat(incident: Incident) -> Json:
    known = [technique(each) for each in incident.techniques]
    tactics = [*dict.fromkeys(tactic for each in known for tactic in each.tactics)]
    parents = [technique(one) for one in dict.fromkeys(each.parent or each.id for each in known)]
    parts = [each for each in known if each.parent]
    whole: Json = {"framework": "MITRE ATT&CK"}
    if tactics:
        whole["tactic"] = {
            "id": [each.id for each in tactics],
            "name": [each.name for each in tactics],
            "reference": [each.url for each in tactics],
        }
    if parents:
        whole["technique"] = {
            "id": [each.id for each in parents],
            "name": [each.name or each.id for each in parents],
            "reference": [each.url for each in parents],
        }
    if parts:
        sub = {
            "id": [each.id for each in parts],
            "name": [each.name or each.id for each in parts],
            "reference": [each.url for each in parts],
        }
        whole["technique"] = {**_object(whole.get("technique")), "subtechnique": sub}
    return whole


def _process(incident: Incident) -> Json:
    """Give the process of the first command on a rung, as far as it is known."""
    command = next((each for each in incident.commands if each.rung), None)
    if command is None:
        return {}
    fields: Json = {
        "executable": command.process,
        "pid": command.process_id,
        "command_line": command.command,
        "parent": {"executable": command.parent} if command.parent else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _own(incident: Incident) -> Json:
    """Keep under our own name what the standard has no field for."""
    return {
        "places": [_kept(each) for each in incident.places],
        "files": {
            "count": incident.files.count,
            "bytes": incident.files.bytes,
            "sized": incident.files.sized,
            "is_lower_bound": incident.files.is_lower_bound,
        },
        "sensitive": [*incident.files.sensitive],
        "commands": [_kept(each.command) for each in incident.commands if each.command],
        "rules": [each.rule for each in incident.findings],
    }


def _user(account: str) -> Json:
    domain, _, name = account.rpartition("\\")
    return {"name": name or account, **({"domain": domain} if domain and name else {})}


def _bare(account: str) -> str:
    return account.rpartition("\\")[2] or account


def _kept(text: str) -> str:
    return text if len(text) <= _KEYWORD_BYTES else f"{text[: _KEYWORD_BYTES - 1]}…"


def _object(value: object) -> Json:
    return {str(name): each for name, each in value.items()} if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
