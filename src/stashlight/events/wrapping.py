"""
How a record wraps its event: which keys name provider, id, host and time, and where the event's own fields lie.

One reader for each wrapping; `recognise` chooses by the keys that are there, never by file name. Kept apart from the
vocabularies, which say what the fields mean: any vocabulary may come in any wrapping.
"""

import re
from collections.abc import Callable
from typing import NamedTuple, cast

import orjson

from stashlight.events import moved
from stashlight.events.schema import fold
from stashlight.events.times import has_zone

__all__ = ["DEFENDER", "Actor", "Told", "Wrapping", "recognise"]

Fields = dict[str, object]
_NONE: Fields = {}


class Told(NamedTuple):
    """An event out of its wrapping. `created`: the log's own time; `arrival`: when a collector had it."""

    provider: object
    channel: object
    event_id: object
    host: object
    created: object
    arrival: object
    data: Fields


class Actor(NamedTuple):
    """What the wrapping says of who logged the event; a writer's process, not always the actor's."""

    user_sid: object = None
    user_name: object = None
    user_domain: object = None
    pid: object = None
    message: object = None


class Wrapping(NamedTuple):
    """One way to wrap an event: `read` takes it out, `actor` fetches what few vocabularies ask for."""

    name: str
    read: Callable[[Fields], Told]
    actor: Callable[[Fields], Actor]


def recognise(fields: Fields) -> Wrapping | None:
    """Choose the wrapping by the keys that are there; None if no event vocabulary is known to look like this."""
    if "SourceName" in fields and "EventID" in fields and "EventData" not in fields:
        return FLAT
    for mark, wrapping in _MARKS:
        if mark in fields:
            return wrapping
    if "EventID" in fields or "EventCode" in fields or "Id" in fields:
        data = fields.get("EventData")
        if isinstance(data, dict | str) and data:
            return NESTED
        return FLAT
    return None


def _dict(value: object) -> Fields:
    return cast("Fields", value) if isinstance(value, dict) else _NONE


def _attributes(value: object) -> Fields:
    return _dict(_dict(value).get("#attributes"))


def _first(fields: Fields, names: tuple[str, ...]) -> object:
    for name in names:
        value = fields.get(name)
        if value is not None and value not in ("", "-"):
            return value
    return None


# --- the event's own XML, as EVTX or text -----------------------------------------------------------------------------


def _read_event(fields: Fields) -> Told:
    event = _dict(fields["Event"])
    system = _dict(event.get("System"))
    event_id = system.get("EventID")
    if isinstance(event_id, dict):
        event_id = _dict(event_id).get("#text")
    data = event.get("EventData")
    if not data:
        data = event.get("UserData")
        inner = _dict(data)
        # UserData has one element of the provider's own naming around its fields.
        if len(inner) == 1 and isinstance(value := next(iter(inner.values())), dict):
            data = value
    provider = _attributes(system.get("Provider"))
    return Told(
        provider.get("Name") or provider.get("EventSourceName"),
        system.get("Channel"),
        event_id,
        system.get("Computer"),
        _attributes(system.get("TimeCreated")).get("SystemTime"),
        None,
        _dict(data),
    )


def _event_actor(fields: Fields) -> Actor:
    event = _dict(fields["Event"])
    system = _dict(event.get("System"))
    return Actor(
        user_sid=_attributes(system.get("Security")).get("UserID"),
        pid=_attributes(system.get("Execution")).get("ProcessID"),
        message=_dict(event.get("RenderingInfo")).get("Message"),
    )


# --- Elastic: Winlogbeat 7 and 8, and 6 -------------------------------------------------------------------------------


def _read_ecs(fields: Fields) -> Told:
    winlog = _dict(fields["winlog"])
    provider = winlog.get("provider_name") or _dict(fields.get("event")).get("provider")
    event_id = winlog.get("event_id")
    if event_id is None:
        event_id = _dict(fields.get("event")).get("code")
    elif isinstance(event_id, dict):
        event_id = _dict(event_id).get("id")
    data = _dict(winlog.get("event_data") or winlog.get("user_data"))
    if "process" in fields or "file" in fields or "source" in fields or "user" in fields or "powershell" in fields:
        data = _put_back(fields, provider, data)
    return Told(
        provider,
        winlog.get("channel"),
        event_id,
        winlog.get("computer_name") or _dict(fields.get("host")).get("name"),
        # Winlogbeat's @timestamp is the log's TimeCreated; when it read the event stands in event.created.
        fields.get("@timestamp"),
        _dict(fields.get("event")).get("created"),
        data,
    )


def _put_back(fields: Fields, provider: object, data: Fields) -> Fields:
    who = fold(provider) if isinstance(provider, str) else ""
    names = moved.MOVED.get(who)
    if names is None:
        return data
    whole = dict(data)
    for path, name in _STEPS[who]:
        if name not in whole:
            value: object = fields
            for step in path:
                value = _dict(value).get(step)
            if value is not None:
                whole[name] = value
    user = moved.USERS.get(who)
    if user is not None:
        _put_back_sysmon(fields, whole, user)
    return whole


def _put_back_sysmon(fields: Fields, whole: Fields, user: str) -> None:
    account = _dict(fields.get("user"))
    if user not in whole and isinstance(name := account.get("name"), str):
        domain = account.get("domain")
        whole[user] = f"{domain}\\{name}" if isinstance(domain, str) and domain else name
    if "UtcTime" not in whole and "@timestamp" in fields:
        # The module parses UtcTime into @timestamp and drops it.
        whole["UtcTime"] = fields["@timestamp"]
    if "Hashes" not in whole and "Hash" not in whole:
        for path in moved.HASHES:
            value: object = fields
            for step in path.split("."):
                value = _dict(value).get(step)
            hashes = ",".join(f"{k.upper()}={v}" for k, v in _dict(value).items() if isinstance(v, str) and v)
            if hashes:
                whole["Hashes"] = hashes
                return


_STEPS = {who: tuple((tuple(path.split(".")), name) for path, name in names.items()) for who, names in moved.MOVED.items()}


def _ecs_actor(fields: Fields) -> Actor:
    winlog = _dict(fields["winlog"])
    user = _dict(winlog.get("user")) or _dict(fields.get("user"))
    pid = _dict(winlog.get("process")).get("pid") or _dict(fields.get("process")).get("pid")
    return Actor(user.get("identifier") or user.get("id"), user.get("name"), user.get("domain"), pid, fields.get("message"))


def _read_beats6(fields: Fields) -> Told:
    return Told(
        fields.get("source_name"),
        fields.get("log_name"),
        fields.get("event_id"),
        fields.get("computer_name"),
        fields.get("@timestamp"),
        None,
        _dict(fields.get("event_data") or fields.get("user_data")),
    )


def _beats6_actor(fields: Fields) -> Actor:
    user = _dict(fields.get("user"))
    return Actor(user.get("identifier"), user.get("name"), user.get("domain"), fields.get("process_id"), fields.get("message"))


# --- event fields in an object of their own: Sumo JSON, Azure Monitor's WindowsEvent and Event tables ------------------


def _read_nested(fields: Fields) -> Told:
    data = fields.get("EventData")
    if isinstance(data, str):
        data = _parsed(data)
    provider = fields.get("Provider") or _first(fields, ("ProviderName", "Source", "SourceName", "EventSourceName"))
    if isinstance(provider, dict):
        provider = _dict(provider).get("Name") or _attributes(provider).get("Name")
    event_id = fields.get("EventID", fields.get("EventCode", fields.get("Id")))
    if isinstance(event_id, dict):
        event_id = _dict(event_id).get("Value", _dict(event_id).get("#text"))
    return Told(
        provider,
        _first(fields, ("Channel", "EventLog", "LogName")),
        event_id,
        _first(fields, ("Computer", "ComputerName", "Hostname", "MachineName")),
        _first(fields, ("TimeCreated", "SystemTime")),
        _first(fields, ("TimeGenerated", "_messageTime", "@timestamp")),
        _dict(data),
    )


def _parsed(data: str) -> Fields:
    try:
        return _dict(orjson.loads(data))
    except orjson.JSONDecodeError:
        return _NONE


def _nested_actor(fields: Fields) -> Actor:
    return Actor(
        user_sid=_dict(fields.get("Security")).get("UserID") or fields.get("UserID"),
        user_name=fields.get("UserName"),
        pid=_dict(fields.get("Execution")).get("ProcessID"),
        message=fields.get("Message") or fields.get("RenderedDescription"),
    )


# --- everything on one level: NXLog and OTRF, Splunk and Sumo extracted fields, SecurityEvent, any CSV of these --------

_PROVIDERS = ("SourceName", "Provider", "ProviderName", "Provider_Name", "EventSourceName", "source_name", "Source")
_CHANNELS = ("Channel", "LogName", "log_name", "EventLog", "Logfile")
_IDS = ("EventID", "EventCode", "event_id", "Id")
_HOSTS = ("Hostname", "Computer", "ComputerName", "MachineName", "host_name", "_sourceHost", "host")
_CREATED = ("TimeCreated", "SystemTime")
_ARRIVALS = ("@timestamp", "TimeGenerated", "_time", "_messageTime", "_messagetime")
_WMI = re.compile(r'^[ \t]*(SourceName|Logfile|ComputerName|TimeGenerated|RecordNumber) = "?([^"\r\n]*)"?;\r?$', re.MULTILINE)


def _read_flat(fields: Fields) -> Told:
    get = fields.get
    provider, channel, host, arrival = get("SourceName"), get("Channel"), get("Hostname"), get("@timestamp")
    local = get("EventTime")
    if provider and channel and host and arrival and isinstance(local, str) and len(local) < 20:
        # NXLog, the commonest: its EventTime (yyyy-mm-dd HH:MM:SS) is local without zone.
        return Told(provider, channel, get("EventID"), host, get("TimeCreated"), arrival, fields)
    provider = provider or _first(fields, _PROVIDERS)
    channel = channel or _first(fields, _CHANNELS)
    created = fields.get("TimeCreated") or _first(fields, _CREATED)
    data = fields
    raw = fields.get("_raw")
    if isinstance(raw, str) and (provider is None or channel is None):
        said = dict(_WMI.findall(raw))
        provider = provider or said.get("SourceName")
        channel = channel or said.get("Logfile")
        created = created or said.get("TimeGenerated")
        if "Computer" not in fields and "ComputerName" in said:
            data = {**fields, "Computer": said["ComputerName"]}
    if isinstance(provider, dict):
        provider = _dict(provider).get("Name") or _attributes(provider).get("Name")
    if provider is None and channel is None:
        provider = _provider_of(fields)
    if created is None and isinstance(local := fields.get("EventTime"), str) and has_zone(local):
        # NXLog writes local time without zone: not usable. Other writers of EventTime do name it.
        created = local
    event_id = fields.get("EventID")
    return Told(
        provider,
        channel,
        event_id if event_id is not None else _first(fields, _IDS),
        data.get("Hostname") or _first(data, _HOSTS),
        created,
        fields.get("@timestamp") or _first(fields, _ARRIVALS),
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
        user_sid=_first(fields, ("UserID", "UserSid", "Sid")),
        user_name=fields.get("AccountName"),
        user_domain=fields.get("Domain"),
        pid=_first(fields, ("ExecutionProcessID", "ExecutionProcessId")),
        message=fields.get("Message"),
    )


# --- Defender advanced hunting ----------------------------------------------------------------------------------------


def _read_defender(fields: Fields) -> Told:
    table = _first(fields, ("Type", "category", "Category", "TableName", "$table"))
    if table is None and "TargetDeviceName" in fields:
        # Defender for Identity knows a LogonSuccess too, of domain controllers' authentications.
        table = "IdentityLogonEvents"
    return Told(
        None,
        table,
        fields.get("ActionType"),
        fields.get("DeviceName"),
        fields.get("Timestamp [UTC]") or fields.get("Timestamp"),
        fields.get("TimeGenerated"),
        fields,
    )


def _no_actor(_fields: Fields) -> Actor:
    return Actor()


EVENT = Wrapping("event", _read_event, _event_actor)
ECS = Wrapping("ecs", _read_ecs, _ecs_actor)
BEATS6 = Wrapping("beats6", _read_beats6, _beats6_actor)
NESTED = Wrapping("nested", _read_nested, _nested_actor)
FLAT = Wrapping("flat", _read_flat, _flat_actor)
DEFENDER = Wrapping("defender", _read_defender, _no_actor)

_MARKS: tuple[tuple[str, Wrapping], ...] = (
    ("Event", EVENT),
    ("winlog", ECS),
    ("event_data", BEATS6),
    ("ActionType", DEFENDER),
)
