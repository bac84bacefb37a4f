"""The event"s fields in an object of their own: Sumo JSON, Azure Monitor"s WindowsEvent and Event tables."""

import orjson

from stashlight.events.wrapping import Actor, Fields, Told, Wrapping, attributes, first, inside

__all__ = ["NESTED"]


def _read_nested(fields: Fields) -> Told:
    data = fields.get("EventData")
    provider = fields.get("Provider") or first(fields, ("ProviderName", "Source", "SourceName", "EventSourceName"))
    if described := inside(provider):
        provider = described.get("Name") or attributes(described).get("Name")
    event_id = fields.get("EventID", fields.get("EventCode", fields.get("Id")))
    if described := inside(event_id):
        event_id = described.get("Value", described.get("#text"))
    return Told(
        provider,
        first(fields, ("Channel", "EventLog", "LogName")),
        event_id,
        first(fields, ("Computer", "ComputerName", "Hostname", "MachineName")),
        first(fields, ("TimeCreated", "SystemTime")),
        first(fields, ("TimeGenerated", "_messageTime", "@timestamp")),
        _parsed(data) if isinstance(data, str) else inside(data),
    )


def _parsed(data: str) -> Fields:
    try:
        return inside(orjson.loads(data))
    except orjson.JSONDecodeError:
        return {}


def _nested_actor(fields: Fields) -> Actor:
    return Actor(
        user_sid=inside(fields.get("Security")).get("UserID") or fields.get("UserID"),
        user_name=fields.get("UserName"),
        pid=inside(fields.get("Execution")).get("ProcessID"),
        message=fields.get("Message") or fields.get("RenderedDescription"),
    )


NESTED = Wrapping("nested", _read_nested, _nested_actor)
