"""
Take off the wrappers that carriers put around an event: one JSON object → the events inside.

| wrapper | what comes out |
|---|---|
| HEC `{"event": …, "time", "host", "sourcetype"}` | the event: dict, or its JSON or XML text parsed |
| Splunk `{"result": {…, "_raw"}}`, `{"results": [...]}` | the event in `_raw` if it is XML or JSON, else the row |
| rows with `_raw`, `message`, `SyslogMessage` | the event if the text is XML; legacy text stays as it is |
| Elasticsearch `_source`, `hits.hits` | the documents |
| Event Hub, streaming API `records[]`, rows with `properties` | the rows |
| `EventData` as JSON or XML text (Sentinel) | the same row, `EventData` as a dict |

What a wrapper knew (host, arrival time, category …) is kept beside the event under `#envelope`, a name that no
product uses: the event's own words come first, but some events have no host or time of their own.
Everything else passes untouched.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import orjson

from stashlight.decoders.batch import ALL, Wanted
from stashlight.decoders.event_xml import EventXmlError, event_data, event_id, parse_event

__all__ = ["ENVELOPE", "SIGNS", "unwrap"]

ENVELOPE = "#envelope"

_MAX_DEPTH = 6
"""Wrappers in wrappers: an Event Hub message of a Splunk row of an XML event has three. More is an attack."""

_TEXTS = ("_raw", "SyslogMessage", "message", "EventXml", "xml")
_LISTS = ("records", "results", "value", "events", "Records", "Events")
# An object with none of these is an event itself: most are, and this one look is what they cost.
SIGNS = frozenset({*_TEXTS, *_LISTS, "_source", "hits", "result", "event", "properties", "EventData"})

Object = dict[str, object]


def unwrap(item: Object, wanted: Wanted = ALL) -> Sequence[Object]:
    """
    Give the events that `item` holds, usually itself.

    XML text whose event id is not wanted is left out before it is parsed, for speed. Text that looks like an event
    but cannot be parsed leaves its wrapper as it is, so that it is seen and counted further on.
    """
    return (item,) if SIGNS.isdisjoint(item) else list(_unwrap(item, wanted, {}, 0))


def _unwrap(item: Object, wanted: Wanted, outer: Object, depth: int) -> Iterator[Object]:
    if depth >= _MAX_DEPTH:
        yield _labelled(item, outer)
        return
    for inner, label in _inside(item):
        for each in inner:
            yield from _unwrap(each, wanted, outer | label, depth + 1)
        return
    text = _event_text(item)
    if text is None:
        yield _labelled(_opened(item), outer)
        return
    key, xml = text
    if not wanted.takes(event_id(xml)):
        return
    try:
        event, _ = parse_event(xml)
    except EventXmlError:
        yield _labelled(item, outer)
        return
    yield _labelled(event, outer | _label(item, key))


def _inside(item: Object) -> Iterator[tuple[list[Object], Object]]:
    """Give the objects that `item` merely carries, and what it says about them; nothing if it is an event itself."""
    if isinstance(source := item.get("_source"), dict):
        yield [cast("Object", source)], _label(item, "_source")
    elif isinstance(hits := item.get("hits"), dict) and (found := _dicts(cast("Object", hits).get("hits"))):
        yield found, {}
    elif isinstance(result := item.get("result"), dict) and ("_raw" in result or "_time" in result):
        yield [cast("Object", result)], {}
    elif (event := _hec(item)) is not None:
        yield [event], _label(item, "event")
    elif isinstance(properties := item.get("properties"), dict) and ("category" in item or "time" in item):
        yield [cast("Object", properties)], _label(item, "properties")
    elif (raw := _json_text(item.get("_raw"))) is not None:
        yield [raw], _label(item, "_raw")
    else:
        for key in _LISTS:
            # One list of objects and little else: a wrapper. An event that has a list of records is not one.
            if len(item) <= len(_LISTS) and (rows := _dicts(item.get(key))):
                yield rows, _label(item, key)
                return


def _hec(item: Object) -> Object | None:
    """https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector."""
    if "event" not in item or not ({"sourcetype", "source", "index"} & item.keys()) or "@timestamp" in item:
        return None
    event = item["event"]
    if isinstance(event, dict):
        return cast("Object", event)
    if isinstance(event, str):
        return {"_raw": event} if _is_event_xml(event) else _json_text(event)
    return None


def _event_text(item: Object) -> tuple[str, str] | None:
    """Find the field that holds an event as XML text."""
    for key in _TEXTS:
        value = item.get(key)
        if isinstance(value, str) and _is_event_xml(value):
            return key, _cut_event(value)
    event = item.get("event")
    original = cast("Object", event).get("original") if isinstance(event, dict) else event
    # Winlogbeat's include_xml keeps the XML beside the parsed event: there the document itself says more.
    if isinstance(original, str) and _is_event_xml(original) and "winlog" not in item:
        return "event", _cut_event(original)
    return None


def _is_event_xml(text: str) -> bool:
    at = text.find("<Event", 0, 300)
    return at >= 0 and text[at + 6 : at + 7] in {" ", ">", "\n", "\r", "\t"} and "</Event>" in text


def _cut_event(text: str) -> str:
    return text[text.index("<Event") : text.rindex("</Event>") + 8]


def _opened(item: Object) -> Object:
    """Sentinel and others carry `EventData` as text: JSON in WindowsEvent, XML in Event."""
    data = item.get("EventData")
    if isinstance(data, str):
        opened = _json_text(data) or (event_data(data) if "<EventData" in data else None)
        if opened is not None:
            return item | {"EventData": opened}
    return item


def _json_text(value: object) -> Object | None:
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        try:
            parsed: object = orjson.loads(value)
        except orjson.JSONDecodeError:
            return None
        return cast("Object", parsed) if isinstance(parsed, dict) else None
    return None


def _dicts(value: object) -> list[Object]:
    rows = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Object", row) for row in rows] if rows and all(isinstance(row, dict) for row in rows) else []


def _label(item: Object, inner: str) -> Object:
    """What a wrapper says besides its content: short scalars, and HEC's `fields`."""
    label: Object = {}
    for key, value in item.items():
        if key == "fields" and isinstance(value, dict):
            label |= cast("Object", value)
        elif key != inner and (isinstance(value, (int, float)) or (isinstance(value, str) and len(value) <= 512)):
            label[key] = value
    return label


def _labelled(item: Object, outer: Mapping[str, object]) -> Object:
    return item | {ENVELOPE: dict(outer)} if outer else item
