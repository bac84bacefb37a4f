"""The event"s own XML as nested objects: EVTX files, `wevtutil`, `Get-WinEvent`, XML inside any carrier."""

from stashlight.decoders import Layout, Slot
from stashlight.decoders.envelopes import ENVELOPE, SIGNS
from stashlight.events.wrapping import ARRIVALS, HOSTS, Actor, Fields, Told, Wrapping, attributes, first, inside

__all__ = ["EVENT"]


def _read_event(fields: Fields) -> Told:
    event = inside(fields["Event"])
    system = inside(event.get("System"))
    event_id = system.get("EventID")
    if described := inside(event_id):
        event_id = described.get("#text")
    data = inside(event.get("EventData"))
    if not data:
        data = inside(event.get("UserData"))
        if len(data) == 1 and (own := inside(next(iter(data.values())))):
            # UserData has one element of the provider's own naming around its fields.
            data = own
    provider = attributes(system.get("Provider"))
    around = inside(fields.get(ENVELOPE))
    return Told(
        provider.get("Name") or provider.get("EventSourceName"),
        system.get("Channel"),
        event_id,
        system.get("Computer") or first(around, HOSTS),
        attributes(system.get("TimeCreated")).get("SystemTime"),
        first(around, ARRIVALS) if around else None,
        data,
    )


def _event_actor(fields: Fields) -> Actor:
    event = inside(fields["Event"])
    system = inside(event.get("System"))
    return Actor(
        user_sid=attributes(system.get("Security")).get("UserID"),
        pid=attributes(system.get("Execution")).get("ProcessID"),
        message=inside(event.get("RenderingInfo")).get("Message"),
    )


_EVENT = Layout(
    "Event/System/Provider/#attributes/Name",
    ("Event/System/EventID", "Event/System/EventID/#text"),
    (
        ("Event/System/Provider/#attributes/Name", True),
        ("Event/System/Channel", False),
        ("Event/System/Computer", True),
        ("Event/System/TimeCreated/#attributes/SystemTime", False),
        ("", False),
    ),
    present=("Event/System",),
    absent=("SourceName", ENVELOPE, *sorted(SIGNS)),
    data="Event/EventData",
)
_EVENT_ACTOR = (
    Slot("beside", ("Event/System/Security/#attributes/UserID",)),
    Slot("none"),
    Slot("none"),
    Slot("beside", ("Event/System/Execution/#attributes/ProcessID",)),
    Slot("beside", ("Event/RenderingInfo/Message",)),
)

EVENT = Wrapping("event", _read_event, _event_actor, layouts=(_EVENT,), actor_slots=_EVENT_ACTOR)
