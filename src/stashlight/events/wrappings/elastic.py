"""Elastic: Winlogbeat 7 and 8 (`winlog`, with fields moved by its modules or not), and 6."""

from stashlight.decoders import Layout, Slot
from stashlight.decoders.envelopes import SIGNS
from stashlight.events import moved
from stashlight.events.schema import fold
from stashlight.events.wrapping import Actor, Fields, Told, Wrapping, inside

__all__ = ["BEATS6", "ECS"]


def _read_ecs(fields: Fields) -> Told:
    winlog = inside(fields["winlog"])
    provider = winlog.get("provider_name") or inside(fields.get("event")).get("provider")
    event_id = winlog.get("event_id")
    if event_id is None:
        event_id = inside(fields.get("event")).get("code")
    elif described := inside(event_id):
        event_id = described.get("id")
    data = inside(winlog.get("event_data") or winlog.get("user_data"))
    if "process" in fields or "file" in fields or "source" in fields or "user" in fields or "powershell" in fields:
        data = _put_back(fields, provider, data)
    return Told(
        provider,
        winlog.get("channel"),
        event_id,
        winlog.get("computer_name") or inside(fields.get("host")).get("name"),
        # Winlogbeat's @timestamp is the log's TimeCreated; when it read the event stands in event.created.
        fields.get("@timestamp"),
        inside(fields.get("event")).get("created"),
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
                value = inside(value).get(step)
            if value is not None:
                whole[name] = value
    user = moved.USERS.get(who)
    if user is not None:
        _put_back_sysmon(fields, whole, user)
    return whole


def _put_back_sysmon(fields: Fields, whole: Fields, user: str) -> None:
    account = inside(fields.get("user"))
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
                value = inside(value).get(step)
            hashes = ",".join(f"{k.upper()}={v}" for k, v in inside(value).items() if isinstance(v, str) and v)
            if hashes:
                whole["Hashes"] = hashes
                return


_STEPS = {
    who: tuple((tuple(path.split(".")), name) for path, name in names.items()) for who, names in moved.MOVED.items()
}


def _ecs_actor(fields: Fields) -> Actor:
    winlog = inside(fields["winlog"])
    user = inside(winlog.get("user")) or inside(fields.get("user"))
    pid = inside(winlog.get("process")).get("pid") or inside(fields.get("process")).get("pid")
    return Actor(
        user.get("identifier") or user.get("id"), user.get("name"), user.get("domain"), pid, fields.get("message")
    )


def _read_beats6(fields: Fields) -> Told:
    return Told(
        fields.get("source_name"),
        fields.get("log_name"),
        fields.get("event_id"),
        fields.get("computer_name"),
        fields.get("@timestamp"),
        None,
        inside(fields.get("event_data") or fields.get("user_data")),
    )


def _beats6_actor(fields: Fields) -> Actor:
    user = inside(fields.get("user"))
    return Actor(
        user.get("identifier"), user.get("name"), user.get("domain"), fields.get("process_id"), fields.get("message")
    )


# Records without fields that a module has moved.
_ECS = Layout(
    "winlog/provider_name",
    ("winlog/event_id",),
    (
        ("winlog/provider_name", True),
        ("winlog/channel", False),
        ("winlog/computer_name", True),
        ("@timestamp", False),
        ("event/created", False),
    ),
    present=("winlog",),
    absent=(
        *("process", "file", "source", "user", "powershell", "sourcetype", "index", "SourceName", "Event"),
        *sorted(SIGNS - {"message", "event"}),
    ),
    prose=("message",),
    data="winlog/event_data",
)
_ECS_ACTOR = (
    Slot("some", ("winlog/user/identifier", "winlog/user/id")),
    Slot("beside", ("winlog/user/name",)),
    Slot("beside", ("winlog/user/domain",)),
    Slot("some", ("winlog/process/pid",)),
    Slot("beside", ("message",)),
)

ECS = Wrapping("ecs", _read_ecs, _ecs_actor, layouts=(_ECS,), actor_slots=_ECS_ACTOR)
_BEATS6 = Layout(
    "source_name",
    ("event_id",),
    (("source_name", True), ("log_name", False), ("computer_name", False), ("@timestamp", False), ("", False)),
    present=("event_data",),
    absent=("SourceName", "Event", "winlog", *sorted(SIGNS - {"message"})),
    prose=("message",),
    data="event_data",
)
BEATS6 = Wrapping("beats6", _read_beats6, _beats6_actor, layouts=(_BEATS6,))
