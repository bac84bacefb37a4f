"""
Sumo Logic's JSON form of Windows events (newer collectors): fields of the event in an object of their own.

https://help.sumologic.com/docs/send-data/installed-collectors/sources/local-windows-event-log-source/ (JSON format)
"""

from collections.abc import Sequence

import orjson

from stashlight.simulation.acts import Act
from stashlight.simulation.windows import WindowsEvent, sid, windows_events

SENSOR: str = "windows"


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    return {".sumo.json": b"".join(orjson.dumps(_row(event)) + b"\n" for event in windows_events(acts))}


def _row(event: WindowsEvent) -> dict[str, object]:
    task, version, name = event.task
    writer = event.writer
    return {
        "TimeCreated": f"{event.time:%Y-%m-%dT%H:%M:%S}.{event.time.microsecond // 1000:03d}+0000",
        "EventID": str(event.id),
        "Task": str(task),
        "Correlation": "",
        "Keywords": "",
        "Channel": event.channel,
        "Opcode": "Info",
        "Security": {"UserID": sid(writer.account) if writer else "S-1-5-18"},
        "Provider": {"Guid": event.provider_guid, "Name": event.provider},
        "EventRecordID": event.record,
        "Execution": {"ThreadID": 3972, "ProcessID": writer.pid if writer else 2924},
        "Version": version,
        "Computer": event.host.full_name,
        "Level": "Information",
        "EventData": event.data or {"Data": list(event.unnamed)},
        "Message": event.message or name,
    }
