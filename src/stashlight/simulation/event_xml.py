"""A record of the Windows event log as XML, on one line, as `wevtutil` and Splunk's XmlWinEventLog have it."""

from xml.sax.saxutils import escape

from stashlight.simulation.windows import WindowsEvent, sid

__all__ = ["event_xml"]

_NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"


def event_xml(event: WindowsEvent) -> str:
    """Give the `<Event>` element, without an end of line."""
    task, version, _ = event.task
    data = "".join(f"<Data Name='{name}'>{escape(value)}</Data>" for name, value in event.data.items())
    data += "".join(f"<Data>{escape(value)}</Data>" for value in event.unnamed)
    guid = f" Guid='{event.provider_guid}'" if event.provider_guid else ""
    pid, security = "2924", "<Security/>"
    if event.writer:
        pid, security = str(event.writer.pid), f"<Security UserID='{sid(event.writer.account)}'/>"
    return (
        f"<Event xmlns='{_NAMESPACE}'><System><Provider Name='{event.provider}'{guid}/>"
        f"<EventID>{event.id}</EventID><Version>{version}</Version><Level>4</Level><Task>{task}</Task>"
        f"<Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords>"
        f"<TimeCreated SystemTime='{event.time:%Y-%m-%dT%H:%M:%S}.{event.time.microsecond * 10:07d}Z'/>"
        f"<EventRecordID>{event.record}</EventRecordID><Correlation/><Execution ProcessID='{pid}' ThreadID='4412'/>"
        f"<Channel>{event.channel}</Channel><Computer>{event.host.full_name}</Computer>{security}</System>"
        f"<EventData>{data}</EventData></Event>"
    )
