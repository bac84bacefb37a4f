"""
Documents of Winlogbeat 6, one a line: `event_data` on the top level.

https://www.elastic.co/guide/en/beats/winlogbeat/6.8/exported-fields-eventlog.html
"""

from collections.abc import Sequence

import orjson

from stashlight.simulation.acts import Act
from stashlight.simulation.windows import WindowsEvent, sid, windows_events

SENSOR: str = "windows"


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    return {".winlogbeat6.ndjson": b"".join(orjson.dumps(_document(event)) + b"\n" for event in windows_events(acts))}


def _document(event: WindowsEvent) -> dict[str, object]:
    _, version, task = event.task
    writer: dict[str, object] = {"process_id": 2924, "thread_id": 4412}
    if event.writer:
        domain, _, name = event.writer.account.rpartition("\\")
        writer["process_id"] = event.writer.pid
        writer["user"] = {"identifier": sid(event.writer.account), "domain": domain, "name": name, "type": "User"}
    return {
        "@timestamp": f"{event.time:%Y-%m-%dT%H:%M:%S}.{event.time.microsecond // 1000:03d}Z",
        "@metadata": {"beat": "winlogbeat", "type": "doc", "version": "6.8.23"},
        "computer_name": event.host.full_name,
        "source_name": event.provider,
        "provider_guid": event.provider_guid,
        "log_name": event.channel,
        "event_id": event.id,
        "record_number": str(event.record),
        "task": task,
        "level": "Information",
        "opcode": "Info",
        "version": version,
        **writer,
        "type": "wineventlog",
        "event_data": event.data or {f"param{n}": value for n, value in enumerate(event.unnamed, 1)},
        "message": event.message or task,
        "host": {"name": event.host.name},
        "beat": {"name": event.host.name, "hostname": event.host.name, "version": "6.8.23"},
    }
