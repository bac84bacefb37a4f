"""Everything on one level: NXLog and OTRF, fields extracted by Splunk or Sumo, SecurityEvent, any CSV of these."""

import re

from stashlight.decoders import Layout, Slot
from stashlight.decoders.envelopes import ENVELOPE, SIGNS
from stashlight.events.message_text import fields_of, message_of
from stashlight.events.schema import fold
from stashlight.events.times import has_zone
from stashlight.events.wrapping import ARRIVALS, HOSTS, Actor, Fields, Told, Wrapping, attributes, first, inside

__all__ = ["FLAT"]


_PROVIDERS = ("SourceName", "Provider", "ProviderName", "Provider_Name", "EventSourceName", "source_name", "Source")
_CHANNELS = ("Channel", "LogName", "log_name", "EventLog", "Logfile")
_IDS = ("EventID", "EventCode", "event_id", "Id")
_CREATED = ("TimeCreated", "SystemTime")
# Where none of these stands, nobody took the event's message apart.
_EXTRACTED = frozenset(
    {"Image", "UtcTime", "SubjectUserSid", "SubjectUserName", "TargetUserName", "ScriptBlockText", "SourceAddress"}
)
_WMI = re.compile(
    r'^[ \t]*(SourceName|Logfile|ComputerName|TimeGenerated|EventCode) = "?([^"\r\n]*)"?;\r?$', re.MULTILINE
)


def _read_flat(fields: Fields) -> Told:
    get = fields.get
    provider, channel, host, arrival = get("SourceName"), get("Channel"), get("Hostname"), get("@timestamp")
    local = get("EventTime")
    if provider and channel and host and arrival and isinstance(local, str) and len(local) < 20:
        # NXLog, the commonest: its EventTime (yyyy-mm-dd HH:MM:SS) is local without zone.
        return Told(provider, channel, get("EventID"), host, get("TimeCreated"), arrival, fields)
    provider = provider or first(fields, _PROVIDERS)
    channel = channel or first(fields, _CHANNELS)
    created = fields.get("TimeCreated") or first(fields, _CREATED)
    data = fields
    event_id = first(fields, _IDS)
    raw = fields.get("_raw")
    if isinstance(raw, str) and (provider is None or channel is None or event_id is None):
        said = dict(_WMI.findall(raw))
        provider = provider or said.get("SourceName")
        channel = channel or said.get("Logfile")
        created = created or said.get("TimeGenerated")
        event_id = event_id or said.get("EventCode")
        if "Computer" not in fields and "ComputerName" in said:
            data = {**fields, "Computer": said["ComputerName"]}
    if _EXTRACTED.isdisjoint(fields) and isinstance(provider, str):
        message = fields.get("Message") or (message_of(raw) if isinstance(raw, str) else None)
        if isinstance(message, str):
            data = {**fields_of(message, fold(provider)), **data}
    if described := inside(provider):
        provider = described.get("Name") or attributes(described).get("Name")
    if provider is None and channel is None:
        provider = _provider_of(fields)
    if created is None and isinstance(local := fields.get("EventTime"), str) and has_zone(local):
        # NXLog writes local time without zone: not usable. Other writers of EventTime do name it.
        created = local
    around = inside(fields.get(ENVELOPE))
    return Told(
        provider,
        channel,
        event_id,
        host or first(data, HOSTS) or first(around, HOSTS),
        created,
        arrival or first(fields, ARRIVALS) or first(around, ARRIVALS),
        data,
    )


def _provider_of(fields: Fields) -> str | None:
    """Tell a row without provider and channel by fields that one provider alone writes."""
    if "UtcTime" in fields and ("ProcessGuid" in fields or "Image" in fields):
        return "Microsoft-Windows-Sysmon"
    if "SubjectLogonId" in fields and "SubjectUserSid" in fields:
        return "Microsoft-Windows-Security-Auditing"
    if "ScriptBlockText" in fields and "ScriptBlockId" in fields:
        return "Microsoft-Windows-PowerShell"
    return None


def _flat_actor(fields: Fields) -> Actor:
    return Actor(
        user_sid=first(fields, ("UserID", "UserSid", "Sid")),
        user_name=fields.get("AccountName"),
        user_domain=fields.get("Domain"),
        pid=first(fields, ("ExecutionProcessID", "ExecutionProcessId")),
        message=_message(fields),
    )


def _message(fields: Fields) -> object:
    """Give the rendered text; Sumo's legacy form has it inside `_raw` only."""
    raw = fields.get("_raw")
    return fields.get("Message") or (message_of(raw) if isinstance(raw, str) else None)


# NXLog's records, the commonest: the first branch of `_read_flat`.
_NXLOG = Layout(
    "SourceName",
    ("EventID",),
    (("SourceName", True), ("Channel", True), ("Hostname", True), ("TimeCreated", False), ("@timestamp", True)),
    absent=tuple(sorted(SIGNS - {"message"})),
    prose=("message",),
    short=(("EventTime", 20),),
)
_ACTOR = (
    Slot("first", ("UserID", "UserSid", "Sid")),
    Slot("beside", ("AccountName",)),
    Slot("beside", ("Domain",)),
    Slot("first", ("ExecutionProcessID", "ExecutionProcessId")),
    Slot("some", ("Message",)),
)

# The same without local time, from other carriers: of these the log's own time is there, and the message taken apart.
_CREATED_ONLY = Layout(
    "SourceName",
    ("EventID",),
    (("SourceName", True), ("Channel", True), ("Hostname", True), ("TimeCreated", True), ("@timestamp", True)),
    present=("EventID",),
    some=tuple(sorted(_EXTRACTED)),
    absent=tuple(sorted(SIGNS - {"message"})),
    prose=("message",),
)

FLAT = Wrapping("flat", _read_flat, _flat_actor, layouts=(_NXLOG, _CREATED_ONLY), actor_slots=_ACTOR)
