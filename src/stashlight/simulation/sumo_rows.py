"""
Windows events as rows of a Sumo Logic search: fields that were extracted, and `_raw` in the legacy text form.

https://help.sumologic.com/docs/send-data/installed-collectors/sources/local-windows-event-log-source/ (legacy format)
"""

from collections.abc import Iterator, Sequence

from stashlight.simulation.acts import Act
from stashlight.simulation.windows import SECURITY, SYSMON, WindowsEvent, windows_events

__all__ = ["sumo_rows"]

Row = dict[str, str | int]
_CATEGORIES = {SYSMON: "prod/windows/sysmon", SECURITY: "prod/windows/security"}


def sumo_rows(acts: Sequence[Act]) -> Iterator[Row]:
    """Give one row an event; `_messageTime` in milliseconds."""
    for event in windows_events(acts):
        yield {
            "_messageTime": round(event.time.timestamp() * 1000),
            "_sourceHost": event.host.name,
            "_sourceCategory": _CATEGORIES.get(event.provider, "prod/windows/powershell"),
            "_collector": event.host.name,
            "_raw": _legacy(event),
            "EventCode": str(event.id),
            "Computer": event.host.full_name,
            **event.data,
        }


def _legacy(event: WindowsEvent) -> str:
    """Give the text of a Win32_NTLogEvent; quotes and backslashes are escaped in it."""
    task, _, name = event.task
    stamp = f"{event.time:%Y%m%d%H%M%S}.{event.time.microsecond:06d}-000"
    strings = ", ".join(f'"{_escaped(value)}"' for value in (*event.data.values(), *event.unnamed))
    return (
        f'instance of Win32_NTLogEvent\n{{\n\tCategory = {task};\n\tCategoryString = "{name}";\n'
        f'\tComputerName = "{event.host.full_name}";\n\tEventCode = {event.id};\n\tEventIdentifier = {event.id};\n'
        f"\tEventType = 3;\n\tInsertionStrings = {{{strings}}};\n"
        f'\tLogfile = "{event.channel}";\n\tMessage = "{_escaped(_message(event))}";\n\tRecordNumber = {event.record};\n'
        f'\tSourceName = "{event.provider}";\n\tTimeGenerated = "{stamp}";\n\tTimeWritten = "{stamp}";\n'
        f'\tType = "Information";\n\tUser = "";\n}};\n'
    )


def _message(event: WindowsEvent) -> str:
    if event.provider == SYSMON:
        return f"{event.task[2].partition(' (')[0]}:\n" + "\n".join(f"{k}: {v}" for k, v in event.data.items())
    return event.message or event.task[2]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
