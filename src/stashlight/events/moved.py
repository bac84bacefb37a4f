"""
Where Elastic's modules move Windows event fields: ECS field → the event's own name, as data.

Winlogbeat's Sysmon and Security modules (7.x in the shipper, 8.x as ingest pipelines) rename fields of
`winlog.event_data` into `process.*`, `file.*`, `user.*`, `source.*`, `destination.*`. Put back, one table per
vocabulary suffices.
Source: https://www.elastic.co/guide/en/beats/winlogbeat/8.17/winlogbeat-module-sysmon.html and its pipelines.
"""

from collections.abc import Mapping

__all__ = ["HASHES", "MOVED", "USERS"]

_ANY: Mapping[str, str] = {
    "process.command_line": "CommandLine",
    "process.working_directory": "CurrentDirectory",
    "process.pe.original_file_name": "OriginalFileName",
    "process.pe.product": "Product",
    "process.pe.description": "Description",
    "process.pe.company": "Company",
    "process.pe.file_version": "FileVersion",
    "process.parent.entity_id": "ParentProcessGuid",
    "process.parent.command_line": "ParentCommandLine",
    "process.entity_id": "ProcessGuid",
    "file.path": "TargetFilename",
    "source.ip": "SourceIp",
    "source.port": "SourcePort",
    "destination.ip": "DestinationIp",
    "destination.port": "DestinationPort",
    "destination.domain": "DestinationHostname",
    "network.transport": "Protocol",
    "powershell.file.script_block_text": "ScriptBlockText",
    "powershell.file.script_block_id": "ScriptBlockId",
    "powershell.sequence": "MessageNumber",
    "powershell.total": "MessageTotal",
    "file.script_path": "Path",
}
_SYSMON: Mapping[str, str] = {
    **_ANY,
    "process.executable": "Image",
    "process.pid": "ProcessId",
    "process.parent.executable": "ParentImage",
    "process.parent.pid": "ParentProcessId",
}
MOVED: Mapping[str, Mapping[str, str]] = {
    "microsoft-windows-sysmon": _SYSMON,
    "linux-sysmon": _SYSMON,
    "microsoft-windows-powershell": {**_ANY, "file.path": "Path"},
    "powershell": {**_ANY, "process.command_line": "HostApplication"},
    "microsoft-windows-security-auditing": {
        **_ANY,
        "process.executable": "NewProcessName",
        "process.pid": "NewProcessId",
        "process.parent.executable": "ParentProcessName",
        "process.parent.pid": "ProcessId",
        "file.path": "ObjectName",
        "source.ip": "IpAddress",
        "source.domain": "WorkstationName",
    },
}
"""Folded provider → ECS field → field of the event."""

USERS: Mapping[str, str] = {"microsoft-windows-sysmon": "User", "linux-sysmon": "User"}
"""Folded provider → the field that `user.domain` and `user.name` were made of."""

HASHES = ("file.hash", "process.hash", "hash")
"""ECS objects that `Hashes` was taken apart into."""
