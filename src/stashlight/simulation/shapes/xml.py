"""Event XML, one `<Event>` a line, as `wevtutil query-events /format:xml` prints it."""

from collections.abc import Sequence

from stashlight.simulation.acts import Act
from stashlight.simulation.event_xml import event_xml
from stashlight.simulation.windows import windows_events

SENSOR: str = "windows"


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    return {".events.xml": "".join(f"{event_xml(event)}\n" for event in windows_events(acts)).encode()}
