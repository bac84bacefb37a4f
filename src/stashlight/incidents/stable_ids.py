"""
Identifiers and instants for formats that want UUIDs and epochs: the same incident gives the same ones, always.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, cast
from uuid import UUID, uuid5

import orjson

from stashlight.incidents.document import Incident
from stashlight.incidents.document_json import to_json

__all__ = ["microseconds", "milliseconds", "moment", "revision", "uuid_of"]

# UUIDv5 of the project's address in the URL namespace.
_NAMESPACE: Final = UUID("cb8a80f8-f94e-58e4-8886-2f04770bd99e")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def uuid_of(*parts: str) -> str:
    """Give the UUIDv5 of some texts; their order and their borders count."""
    joined = "\x1f".join(part.encode("utf-8", "backslashreplace").decode() for part in parts)
    return str(uuid5(_NAMESPACE, joined))


def moment(text: str | None) -> datetime | None:
    """Read a time of the result document as UTC; None if it is none."""
    try:
        time = datetime.fromisoformat(text or "")
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def microseconds(time: datetime) -> int:
    """Count microseconds since 1970, exactly: a float of seconds would lose the last digits."""
    span = time - _EPOCH
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def milliseconds(time: datetime) -> int:
    """Count whole milliseconds since 1970."""
    return microseconds(time) // 1000


# Fields that `stashlight/1` has gained since results and tickets of it are about: while they say nothing, an incident
# is what it was. The names of the staged files never count: they repeat what the incident tells already.
_GAINED: Final = ("listings", "listed", "conflicts")
_GAINED_BY_FILES: Final = ("hashed", "present", "deleted")


def revision(incident: Incident) -> str:
    """Give twelve hex digits that change when anything that the incident tells does."""
    told: dict[str, object] = orjson.loads(to_json(replace(incident, files=replace(incident.files, folders=()))))
    files = cast("dict[str, object]", told["files"])
    del files["folders"]
    for whole, gained in ((told, _GAINED), (files, _GAINED_BY_FILES)):
        for name in gained:
            if whole[name] in ([], None):
                del whole[name]
    return hashlib.sha256(to_json(told).encode()).hexdigest()[:12]
