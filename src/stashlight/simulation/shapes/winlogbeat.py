"""
ECS documents of Winlogbeat 8, one a line, gzipped: raw `winlog.event_data`, the Sysmon module not in use.

https://www.elastic.co/guide/en/beats/winlogbeat/8.19/exported-fields-winlog.html
"""

import gzip
import io
from collections.abc import Sequence
from datetime import timedelta

import orjson

from stashlight.simulation.acts import Act
from stashlight.simulation.windows import WindowsEvent, windows_events


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    buffer = io.BytesIO()
    # No name and no time in the header: the same acts give the same bytes.
    with gzip.GzipFile("", "wb", 9, buffer, mtime=0) as packed:
        packed.writelines(orjson.dumps(_document(event)) + b"\n" for event in windows_events(acts))
    return {".winlogbeat.ndjson.gz": buffer.getvalue()}


def _document(event: WindowsEvent) -> dict[str, object]:
    _, version, task = event.task
    created = event.time + timedelta(seconds=2)
    return {
        "@timestamp": _iso(event.time.microsecond, f"{event.time:%Y-%m-%dT%H:%M:%S}"),
        "event": {
            "kind": "event",
            "code": str(event.id),
            "provider": event.provider,
            "action": task,
            "created": _iso(created.microsecond, f"{created:%Y-%m-%dT%H:%M:%S}"),
        },
        "winlog": {
            "channel": event.channel,
            "computer_name": event.host.full_name,
            "provider_name": event.provider,
            "provider_guid": event.provider_guid,
            "event_id": str(event.id),
            "record_id": event.record,
            "version": version,
            "task": task,
            "api": "wineventlog",
            "event_data": event.data,
        },
        "host": {"name": event.host.full_name, "os": {"type": "windows"}},
        "agent": {"type": "winlogbeat", "version": "8.19.4"},
        "ecs": {"version": "8.0.0"},
    }


def _iso(microsecond: int, seconds: str) -> str:
    return f"{seconds}.{microsecond // 1000:03d}Z"
