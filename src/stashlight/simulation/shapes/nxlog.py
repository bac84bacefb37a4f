"""
Flat JSON lines as NXLog's `im_msvistalog` with `to_json()` writes them.

`EventTime` is the collector's local time without zone (here: UTC+1), `@timestamp` is when the record arrived
(https://docs.nxlog.co/refman/current/im/msvistalog.html).
"""

from collections.abc import Sequence
from datetime import timedelta

import orjson

from stashlight.simulation.acts import Act
from stashlight.simulation.windows import WindowsEvent, sid, windows_events

SENSOR: str = "windows"


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    return {".nxlog.ndjson": b"".join(orjson.dumps(_line(event)) + b"\n" for event in windows_events(acts))}


def _line(event: WindowsEvent) -> dict[str, object]:
    task, version, category = event.task
    arrived = event.time + timedelta(seconds=1.2)
    return {
        "@timestamp": f"{arrived:%Y-%m-%dT%H:%M:%S}.{arrived.microsecond // 1000:03d}Z",
        "EventTime": f"{event.time + timedelta(hours=1):%Y-%m-%d %H:%M:%S}",
        "Hostname": event.host.full_name,
        "Channel": event.channel,
        "SourceName": event.provider,
        "ProviderGuid": event.provider_guid.upper(),
        "EventID": event.id,
        "Version": version,
        "Task": task,
        "Category": category,
        "Severity": "INFO",
        "RecordNumber": event.record,
        **event.data,
        **_writer(event),
        "SourceModuleName": "eventlog",
        "SourceModuleType": "im_msvistalog",
    }


def _writer(event: WindowsEvent) -> dict[str, object]:
    """Give who wrote the record, where NXLog says more than the data does, and the message of data without names."""
    message = {"Message": event.message} if event.message else {}
    if not event.writer:
        return {**message}
    domain, _, name = event.writer.account.rpartition("\\")
    who = {"Domain": domain, "AccountName": name, "UserID": sid(event.writer.account), "AccountType": "User"}
    return {**message, **who, "ExecutionProcessID": event.writer.pid}
