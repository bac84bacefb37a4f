"""
ECS documents of Winlogbeat 7 with its modules in use: what they move out of `winlog.event_data` is missing there.

https://www.elastic.co/guide/en/beats/winlogbeat/7.17/winlogbeat-module-sysmon.html and its sisters security, powershell
"""

from collections.abc import Sequence
from typing import cast

import orjson

from stashlight.simulation.acts import Act
from stashlight.simulation.shapes import winlogbeat
from stashlight.simulation.windows import SYSMON, WindowsEvent, windows_events

SENSOR: str = "windows"

_PROCESS = {
    "ProcessGuid": "entity_id",
    "CommandLine": "command_line",
    "CurrentDirectory": "working_directory",
    "Image": "executable",
}
_RESOURCE = {
    "OriginalFileName": "original_file_name",
    "Product": "product",
    "Description": "description",
    "Company": "company",
    "FileVersion": "file_version",
}
_PARENT = {"ParentProcessGuid": "entity_id", "ParentCommandLine": "command_line", "ParentImage": "executable"}
_SCRIPT = {"ScriptBlockText": "script_block_text", "ScriptBlockId": "script_block_id"}


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    lines = [orjson.dumps(_moved(event)) + b"\n" for event in windows_events(acts)]
    return {".winlogbeat7.ndjson": b"".join(lines)}


def _moved(event: WindowsEvent) -> dict[str, object]:
    whole = winlogbeat.document(event)
    data = dict(event.data)
    parts: dict[str, object] = {}
    if event.provider == SYSMON:
        parts = _sysmon(data)
    elif event.id == 4688:
        parts = _start(data)
    elif event.id == 4104:
        file = {name: data.pop(key) for key, name in _SCRIPT.items()}
        parts = {
            "powershell": {
                "file": file,
                "sequence": int(data.pop("MessageNumber")),
                "total": int(data.pop("MessageTotal")),
            }
        }
    if parts:
        whole["winlog"] = cast("dict[str, object]", whole["winlog"]) | {"event_data": data}
    return whole | parts | {"agent": {"type": "winlogbeat", "version": "7.17.29"}, "ecs": {"version": "1.12.0"}}


def _sysmon(data: dict[str, str]) -> dict[str, object]:
    """Take out of `data` what the Sysmon module moves."""
    data.pop("UtcTime")  # becomes @timestamp
    process: dict[str, object] = _taken(data, _PROCESS)
    process["pid"] = int(data.pop("ProcessId"))
    parts: dict[str, object] = {"process": process}
    domain, _, name = data.pop("User").rpartition("\\")
    parts["user"] = {"domain": domain, "name": name}
    if resource := _taken(data, _RESOURCE):
        process["pe"] = resource
    if parent := _taken(data, _PARENT):
        process["parent"] = {**parent, "pid": int(data.pop("ParentProcessId"))}
    if "TargetFilename" in data:
        parts["file"] = {"path": data.pop("TargetFilename")}
    if "DestinationIp" in data:
        parts["source"] = {"ip": data.pop("SourceIp"), "port": int(data.pop("SourcePort"))}
        parts["destination"] = {
            "ip": data.pop("DestinationIp"),
            "port": int(data.pop("DestinationPort")),
            "domain": data.pop("DestinationHostname"),
        }
        parts["network"] = {"transport": data.pop("Protocol"), "direction": "egress"}
    return parts


def _start(data: dict[str, str]) -> dict[str, object]:
    """Take out of a 4688 what the Security module moves."""
    process: dict[str, object] = {
        "executable": data.pop("NewProcessName"),
        "pid": int(data.pop("NewProcessId"), 16),
        "command_line": data.pop("CommandLine"),
        "parent": {"executable": data.pop("ParentProcessName"), "pid": int(data.pop("ProcessId"), 16)},
    }
    return {"process": process}


def _taken(data: dict[str, str], names: dict[str, str]) -> dict[str, object]:
    return {name: data.pop(key) for key, name in names.items() if key in data}
