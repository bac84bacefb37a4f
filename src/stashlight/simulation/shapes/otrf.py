"""
Flat JSON lines as OTRF's Security Datasets have them since 2021: the event's own time in UTC, nothing of the collector.

https://github.com/OTRF/Security-Datasets
"""

from collections.abc import Sequence

import orjson

from stashlight.simulation.acts import Act
from stashlight.simulation.windows import WindowsEvent, sid, windows_events

SENSOR: str = "windows"


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    return {".otrf.ndjson": b"".join(orjson.dumps(_line(event)) + b"\n" for event in windows_events(acts))}


def _line(event: WindowsEvent) -> dict[str, object]:
    task, _, name = event.task
    created = f"{event.time:%Y-%m-%dT%H:%M:%S}.{event.time.microsecond // 1000:03d}Z"
    guid = {"ProviderGuid": event.provider_guid} if event.provider_guid else {}
    writer = {"UserID": sid(event.writer.account), "ExecutionProcessID": event.writer.pid} if event.writer else {}
    return {
        "SourceName": event.provider,
        **guid,
        "Level": "4",
        "Keywords": "0x8000000000000000",
        "Channel": event.channel,
        "Hostname": event.host.full_name,
        "TimeCreated": created,
        "@timestamp": created,
        "EventID": event.id,
        "Message": event.message or name,
        "Task": str(task),
        **writer,
        **event.data,
    }
