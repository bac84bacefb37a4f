"""
What a forwarder sends to Splunk's HTTP Event Collector: an envelope a line, the event as XML text.

https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector
"""

from collections.abc import Sequence

import orjson

from stashlight.simulation.acts import Act
from stashlight.simulation.event_xml import event_xml
from stashlight.simulation.windows import windows_events

SENSOR: str = "windows"


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    lines = [
        orjson.dumps(
            {
                "time": round(event.time.timestamp(), 3),
                "host": event.host.name,
                "source": f"XmlWinEventLog:{event.channel}",
                "sourcetype": "XmlWinEventLog",
                "index": "wineventlog",
                "event": event_xml(event),
            }
        )
        + b"\n"
        for event in windows_events(acts)
    ]
    return {".splunk-hec.ndjson": b"".join(lines)}
