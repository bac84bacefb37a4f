"""How events come wrapped, one module each; `recognise` chooses by the keys that are there, never by file name."""

from stashlight.events.wrapping import Fields, Wrapping
from stashlight.events.wrappings.audit import AUDIT, AUOMS
from stashlight.events.wrappings.defender import DEFENDER
from stashlight.events.wrappings.elastic import BEATS6, ECS
from stashlight.events.wrappings.event_xml import EVENT
from stashlight.events.wrappings.flat import FLAT
from stashlight.events.wrappings.nested import NESTED

__all__ = ["PLAIN", "recognise"]

PLAIN: tuple[Wrapping, ...] = (FLAT, EVENT, ECS, BEATS6)
"""Those whose common records can be told by their keys alone (`Wrapping.layouts`)."""

# A key that one wrapping alone has.
_MARKS: tuple[tuple[str, Wrapping], ...] = (
    ("Event", EVENT),
    ("winlog", ECS),
    ("event_data", BEATS6),
    ("ActionType", DEFENDER),
    ("audit", AUDIT),
)


def recognise(fields: Fields) -> Wrapping | None:
    """Choose the wrapping of a record; None if no event vocabulary is known to look like this."""
    if "SourceName" in fields and "EventID" in fields and "EventData" not in fields:
        # By far the commonest first.
        return FLAT
    for mark, wrapping in _MARKS:
        if mark in fields:
            return wrapping
    if (
        "EventID" in fields
        or "EventCode" in fields
        or ("Id" in fields and ("LogName" in fields or "ProviderName" in fields))
    ):
        data = fields.get("EventData")
        return NESTED if isinstance(data, dict | str) and data else FLAT
    said, raw = fields.get("EventType"), fields.get("_raw")
    if isinstance(raw, str) and raw.startswith("instance of Win32_NTLogEvent"):
        return FLAT
    return AUOMS if isinstance(said, str) and said.startswith("AUOMS_") else None
