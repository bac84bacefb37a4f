"""
One Windows event as XML text → nested dicts in the form that the `evtx` package gives.

    <Event><System><EventID Qualifiers='0'>325</EventID>…</System><EventData><Data Name='a'>b</Data></EventData></Event>
    {"Event": {"System": {"EventID": {"#attributes": {"Qualifiers": "0"}, "#text": 325}, …}, "EventData": {"a": "b"}}}

Sources: https://learn.microsoft.com/windows/win32/wes/eventschema-schema and the output of the evtx package.
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

__all__ = ["MAX_EVENT_XML", "EventXmlError", "event_data", "event_id", "parse_event"]

MAX_EVENT_XML = 1 << 20
"""Bytes. Windows refuses events over 64 KB; as text with its rendered message one stays well below 1 MB."""

_MAX_DEPTH = 32
_ID = re.compile(rb"<EventID(?:\s[^>]{0,200})?>\s{0,16}0{0,16}(\d{1,9})\s{0,16}<")
_ID_TEXT = re.compile(_ID.pattern.decode())
# Numbers in the evtx package's output; everything else is text.
_NUMBERS = frozenset({"EventID", "Version", "Level", "Task", "Opcode", "EventRecordID"})
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
    "|&#(?:x0{0,8}[0-8bcBCefEF]|x0{0,8}1[0-9a-fA-F]|0{0,8}(?:[0-8]|1[124-9]|2\\d|3[01]));"
)


class EventXmlError(ValueError):
    """This is not one well-formed event."""


def event_id(xml: bytes | str) -> int | None:
    """Look up the event id without parsing; None if it does not stand where it should."""
    found = _ID_TEXT.search(xml) if isinstance(xml, str) else _ID.search(xml)
    return int(found[1]) if found else None


def parse_event(xml: bytes | str) -> tuple[dict[str, object], bool]:
    """
    Parse one `<Event>` element; the second value says whether characters had to be replaced.

    Windows writes control characters into event text that XML forbids, and logs hold bytes that are not UTF-8:
    both become U+FFFD. Entities other than XML's own five are refused: only the text from `<Event` to `</Event>`
    is parsed, where no DTD can stand.

    Raises:
        EventXmlError: not one well-formed event, or larger or deeper than any real one.
    """
    if len(xml) > MAX_EVENT_XML:
        message = f"event of {len(xml):,} bytes is larger than any Windows event"
        raise EventXmlError(message)
    try:
        return {"Event": _event(ET.XML(xml))}, False
    except (ET.ParseError, UnicodeError) as error:
        text = xml if isinstance(xml, str) else xml.decode("utf-8", "replace")
        cleaned = _ILLEGAL.sub("\ufffd", text.encode("utf-8", "replace").decode())
        if cleaned.encode() == (xml if isinstance(xml, bytes) else xml.encode("utf-8", "replace")):
            message = f"malformed event: {error}"
            raise EventXmlError(message) from error
        try:
            return {"Event": _event(ET.XML(cleaned))}, True
        except ET.ParseError as again:
            message = f"malformed event: {again}"
            raise EventXmlError(message) from again


def event_data(xml: str) -> dict[str, object] | None:
    """Give the fields of an `<EventData>` element anywhere in `xml` (Sentinel's `DataItem`), None if there is none."""
    start = xml.find("<EventData")
    end = xml.find("</EventData>", start)
    if start < 0 or end < 0 or end - start > MAX_EVENT_XML:
        return None
    try:
        return _data(ET.XML(_ILLEGAL.sub("\ufffd", xml[start : end + 12])))
    except (ET.ParseError, UnicodeError, EventXmlError):
        return None


def _event(root: ET.Element) -> dict[str, object]:
    if _tag(root) != "Event":
        message = f"<{_tag(root)}> where <Event> was expected"
        raise EventXmlError(message)
    event: dict[str, object] = {}
    for section in root:
        name = _tag(section)
        if name == "System":
            event[name] = {_tag(child): _value(child, number=_tag(child) in _NUMBERS) for child in section}
        elif name == "EventData":
            event[name] = _data(section)
        else:
            event[name] = _value(section)
    if "System" not in event:
        message = "an event without <System>"
        raise EventXmlError(message)
    return event


def _data(section: ET.Element) -> dict[str, object] | None:
    fields: dict[str, object] = {}
    unnamed: list[str | None] = []
    for child in section:
        name = child.get("Name")
        if name is not None and _tag(child) == "Data":
            _add(fields, name, "".join(child.itertext()))
        elif _tag(child) == "Data":
            unnamed.append("".join(child.itertext()))
        else:
            _add(fields, _tag(child), _value(child))
    if unnamed:
        fields["Data"] = {"#text": unnamed if len(unnamed) > 1 else unnamed[0]}
    return fields or None


def _value(element: ET.Element, *, number: bool = False, depth: int = 0) -> object:
    if depth > _MAX_DEPTH:
        message = f"elements nested deeper than {_MAX_DEPTH}"
        raise EventXmlError(message)
    text = element.text if element.text and element.text.strip() else None
    content: object = int(text) if text and number and text.strip().isdecimal() and len(text) < 20 else text
    if len(element):
        children: dict[str, object] = {"#attributes": _attributes(element)} if element.attrib else {}
        for child in element:
            _add(children, _tag(child), _value(child, depth=depth + 1))
        return children
    if not element.attrib:
        return content
    return {"#attributes": _attributes(element)} | ({} if content is None else {"#text": content})


def _attributes(element: ET.Element) -> dict[str, object]:
    process = _tag(element) == "Execution"
    return {
        _local(name): int(value) if process and value.isdecimal() and len(value) < 20 else value
        for name, value in element.attrib.items()
    }


def _add(fields: dict[str, object], name: str, value: object) -> None:
    """A name that occurs again gets a number, as the evtx package does it."""
    fields[next(key for key in _names(name) if key not in fields)] = value


def _names(name: str) -> Iterator[str]:
    yield name
    number = 1
    while True:
        yield f"{name}_{number}"
        number += 1


def _tag(element: ET.Element) -> str:
    return _local(element.tag)


def _local(name: str) -> str:
    return name.rpartition("}")[2]
