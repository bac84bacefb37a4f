"""
Elastic Common Schema: where an event of a Sigma logsource stands, and how its fields are called.

As Winlogbeat, Elastic Agent's Windows integration and Elastic Defend write them:
https://www.elastic.co/guide/en/ecs/current/ecs-field-reference.html. What ECS has no field for keeps Windows' own name
under `winlog.event_data`. `User` has none: ECS keeps domain and name apart, and a rule may ask for either.
"""

from collections.abc import Callable
from typing import Final

from stashlight.exports.writing import SHARE_FIELDS, Table, Tables

__all__ = ["INDEX", "OPTIONAL", "PROCESS", "tables"]

INDEX: Final = (
    "winlogbeat-*",
    "logs-windows.*",
    "logs-system.security*",
    "logs-endpoint.events.*",
    "logs-auditd_manager.*",
)

PROCESS: Final = {
    "Image": "process.executable", "CommandLine": "process.command_line", "OriginalFileName": "process.pe.original_file_name",
    "Description": "process.pe.description", "Company": "process.pe.company", "Product": "process.pe.product",
    "FileVersion": "process.pe.file_version", "CurrentDirectory": "process.working_directory",
    "ParentImage": "process.parent.executable", "ParentCommandLine": "process.parent.command_line",
    "ProcessId": "process.pid", "ParentProcessId": "process.parent.pid", "ProcessGuid": "process.entity_id",
    **{name: f"winlog.event_data.{name}" for name in ("Hashes", "IntegrityLevel", "LogonId", "ParentUser", "TerminalSessionId")},
}  # fmt: skip
_FILE: Final = PROCESS | {"TargetFilename": "file.path"}
_NETWORK: Final = PROCESS | {
    "DestinationIp": "destination.ip", "DestinationPort": "destination.port", "DestinationHostname": "destination.domain",
    "SourceIp": "source.ip", "SourcePort": "source.port", "Protocol": "network.transport",
}  # fmt: skip
_DATA = "winlog.event_data."
_ROLES: Final = {
    "host": "host.name", "account": "user.name", "process": "process.entity_id", "place": "file.directory"
}  # fmt: skip
_SHARE: Final = {
    "host": "winlog.computer_name", "account": _DATA + "SubjectUserName", "client": _DATA + "IpAddress",
    "share": _DATA + "ShareName",
}  # fmt: skip

# Fields that an index may not have at all: EQL asks for them with a question mark.
OPTIONAL: Final = ("process.pe.", "winlog.", "powershell.", "process.parent.", "file.directory")


def tables(source: Callable[[str, str, str], str]) -> Tables:
    """Give the tables; `source` writes the selection by event category, type and code ("" for what does not matter)."""
    script = {"host": "host.name", "account": "user.name"}
    found: dict[str, Table] = {}
    for product in ("windows", "linux", "macos"):
        found |= {
            f"{product}/process_creation": Table(source("process", "start", product), PROCESS, _ROLES),
            f"{product}/file_event": Table(source("file", "creation", product), _FILE, _ROLES),
            f"{product}/file_delete": Table(source("file", "deletion", product), _FILE, _ROLES),
            f"{product}/network_connection": Table(source("network", "start", product), _NETWORK, _ROLES),
        }
    share = Table(
        source("", "", "5145"), {"EventID": "event.code", **{name: _DATA + name for name in SHARE_FIELDS}}, _SHARE
    )
    return found | {
        "windows/ps_script": Table(
            source("", "", "4104"),
            {"ScriptBlockText": "powershell.file.script_block_text", "Path": "file.path"},
            script,
        ),
        "windows/ps_module": Table(
            source("", "", "4103"), {name: _DATA + name for name in ("Payload", "ContextInfo")}, script
        ),
        "windows/ps_classic_script": Table(
            source("", "", "800"), {"Data": "message"}, script, note="the data of event 800 are searched in `message`"
        ),
        "windows/share_write": share,
        "windows/security/5145": share,
    }
