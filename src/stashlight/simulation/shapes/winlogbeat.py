"""
ECS documents of Winlogbeat 8, one a line: raw `winlog.event_data`, the Sysmon module not in use.

https://www.elastic.co/guide/en/beats/winlogbeat/8.19/exported-fields-winlog.html
"""

from collections.abc import Sequence
from datetime import timedelta

import orjson

from stashlight.simulation.acts import Act
from stashlight.simulation.windows import WindowsEvent, sid, windows_events

SENSOR: str = "windows"


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    return {".winlogbeat.ndjson": b"".join(orjson.dumps(document(event)) + b"\n" for event in windows_events(acts))}


def document(event: WindowsEvent) -> dict[str, object]:
    """Give one event as Winlogbeat 8 writes it."""
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
            "event_data": event.data or {f"param{n}": value for n, value in enumerate(event.unnamed, 1)},
            **_writer(event),
        },
        **({"message": event.message} if event.message else {}),
        "host": {"name": event.host.full_name, "os": {"type": "windows"}},
        "agent": {"type": "winlogbeat", "version": "8.19.4"},
        "ecs": {"version": "8.0.0"},
    }


def _writer(event: WindowsEvent) -> dict[str, object]:
    if not event.writer:
        return {}
    domain, _, name = event.writer.account.rpartition("\\")
    return {
        "process": {"pid": event.writer.pid},
        "user": {"identifier": sid(event.writer.account), "domain": domain, "name": name, "type": "User"},
    }


def _iso(microsecond: int, seconds: str) -> str:
    return f"{seconds}.{microsecond // 1000:03d}Z"
