"""Linux audit events: of several parts as auditd writes them, or one text as Azure"s agent (auoms) does."""

import re
from typing import cast

from stashlight.decoders.audit_text import audit_fields
from stashlight.decoders.envelopes import ENVELOPE
from stashlight.events.auditd import flatten
from stashlight.events.wrapping import HOSTS, Fields, Told, Wrapping, first, inside, no_actor

__all__ = ["AUDIT", "AUOMS"]


def _read_audit(fields: Fields) -> Told:
    parts = fields.get("parts")
    stamp = inside(fields.get("audit"))
    host = stamp.get("node") or first(inside(fields.get(ENVELOPE)), HOSTS)
    return _told_audit(cast("list[object]", parts) if isinstance(parts, list) else [], stamp.get("time"), host)


def _read_auoms(fields: Fields) -> Told:
    text = fields.get("EventData")
    part: dict[str, object] = dict(audit_fields(text, "EXECVE")) if isinstance(text, str) else {}
    stamp = re.search(r"audit\((\d{1,12}\.\d{1,9}):", str(fields.get("SyslogMessage", ""))[:200])
    time = stamp[1] if stamp else fields.get("TimeGenerated")
    return _told_audit([part], time, part.get("node") or first(fields, HOSTS))


def _told_audit(parts: list[object], time: object, host: object) -> Told:
    texts = [{k: v for k, v in inside(part).items() if k and isinstance(v, str)} for part in parts]
    what, data = flatten(texts)
    return Told("auditd", "audit", what, host, time, None, {**data, "time": time})


AUDIT = Wrapping("audit", _read_audit, no_actor, is_told_by_action=True)
AUOMS = Wrapping("auoms", _read_auoms, no_actor, is_told_by_action=True)
