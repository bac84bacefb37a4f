"""Event XML, one `<Event>` a line, as `wevtutil query-events /format:xml` prints it."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from stashlight.simulation.acts import Act
from stashlight.simulation.windows import WindowsEvent, windows_events

_NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    return {".events.xml": "".join(_element(event) for event in windows_events(acts)).encode()}


def _element(event: WindowsEvent) -> str:
    task, version, _ = event.task
    data = "".join(f"<Data Name='{name}'>{escape(value)}</Data>" for name, value in event.data.items())
    return (
        f"<Event xmlns='{_NAMESPACE}'><System><Provider Name='{event.provider}' Guid='{event.provider_guid}'/>"
        f"<EventID>{event.id}</EventID><Version>{version}</Version><Level>4</Level><Task>{task}</Task>"
        f"<Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords>"
        f"<TimeCreated SystemTime='{event.time:%Y-%m-%dT%H:%M:%S}.{event.time.microsecond * 10:07d}Z'/>"
        f"<EventRecordID>{event.record}</EventRecordID><Correlation/><Execution ProcessID='2924' ThreadID='4412'/>"
        f"<Channel>{event.channel}</Channel><Computer>{event.host.full_name}</Computer><Security/></System>"
        f"<EventData>{data}</EventData></Event>\n"
    )
