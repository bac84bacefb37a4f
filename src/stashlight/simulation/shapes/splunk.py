"""
Splunk's search export: JSON lines with a `result` each, its `_raw` the event's XML, beside it what Splunk extracted.

https://docs.splunk.com/Documentation/Splunk/latest/RESTREF/RESTsearch (`search/v2/jobs/export`); source types and
names of fields as the Splunk Add-on for Microsoft Windows gives them.
"""

from collections.abc import Sequence

import orjson

from stashlight.simulation.acts import Act
from stashlight.simulation.event_xml import event_xml
from stashlight.simulation.windows import WindowsEvent, windows_events

SENSOR: str = "windows"


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    lines = [
        orjson.dumps({"preview": False, "offset": number, "result": _row(event)}) + b"\n"
        for number, event in enumerate(windows_events(acts))
    ]
    return {".splunk.ndjson": b"".join(lines)}


def _row(event: WindowsEvent) -> dict[str, object]:
    return {
        "_time": f"{event.time:%Y-%m-%dT%H:%M:%S}.{event.time.microsecond // 1000:03d}+00:00",
        "host": event.host.name,
        "source": f"XmlWinEventLog:{event.channel}",
        "sourcetype": "XmlWinEventLog",
        "index": "wineventlog",
        "EventCode": str(event.id),
        "EventID": str(event.id),
        "Computer": event.host.full_name,
        "Channel": event.channel,
        "RecordID": str(event.record),
        **event.data,
        "_raw": event_xml(event),
    }
