"""
What a wrapping gives: the event out of it, and what it says of who logged it; and safe ways into nested objects.

Wrappings are kept apart from vocabularies, which say what the fields mean: any vocabulary may come in any wrapping.
"""

from collections.abc import Callable
from typing import NamedTuple, cast

from stashlight.decoders import Layout, Slot

__all__ = ["ARRIVALS", "HOSTS", "Actor", "Fields", "Told", "Wrapping", "attributes", "first", "inside", "no_actor"]

Fields = dict[str, object]
_EMPTY: Fields = {}

HOSTS = ("Hostname", "Computer", "ComputerName", "MachineName", "host_name", "_sourceHost", "host", "HostName")
"""Names under which carriers write the host."""

ARRIVALS = ("@timestamp", "TimeGenerated", "_time", "_messageTime", "_messagetime", "time")
"""Names under which carriers write when they had the event."""


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
    # Told by what happened (ActionType, audit call) instead of provider and id.
    is_told_by_action: bool = False
    # Of which records `read` gives just this, and how `actor` is then; none if that cannot be written down.
    layouts: tuple[Layout, ...] = ()
    actor_slots: tuple[Slot, ...] | None = None


def inside(value: object) -> Fields:
    """Give an object as it is, nothing else as an empty one."""
    return cast("Fields", value) if isinstance(value, dict) else _EMPTY


def attributes(value: object) -> Fields:
    """Give the XML attributes of an element in the evtx form."""
    return inside(inside(value).get("#attributes"))


def first(fields: Fields, names: tuple[str, ...]) -> object:
    """Give the first of the fields that says anything."""
    for name in names:
        value = fields.get(name)
        if value is not None and value not in ("", "-"):
            return value
    return None


def no_actor(_fields: Fields) -> Actor:
    """Say nothing about who logged the event."""
    return Actor()
