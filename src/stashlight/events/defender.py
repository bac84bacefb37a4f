"""
Microsoft Defender XDR advanced hunting tables, keyed by (table, ActionType).

Columns: https://learn.microsoft.com/defender-xdr/advanced-hunting-devicefileevents-table and its siblings.
All times are UTC. An ActionType taken here occurs in one table only, so rows without a table name are told apart by it.
`…AggregatedReport` rows stand for `AdditionalFields.uniqueEventsAggregated` acts. Repeated acts are sampled and capped
by the sensor, so counts of files, connections and logons are lower bounds.
FileModified becomes file_create, as Sysmon's 11 is written for overwritten files too; `action` keeps the difference.
FolderPath holds the file name in practice while the documentation says folder: both are read (`folder_path`).
On the server, a write over SMB is an act of ntoskrnl.exe; who asked for it stands in the Request columns.
"""

from collections.abc import Mapping

from stashlight.events.schema import Kind
from stashlight.events.vocabulary import Every, First, Meaning, Source, Vocabulary

__all__ = ["VOCABULARY"]

_TIMES = ("Timestamp", "TimeGenerated")
_SAMPLED = {"is_lower_bound": True}

_ROW: Mapping[str, Source] = {
    "action": "ActionType",
    "weight": Every(("ActionType", "AdditionalFields"), by="aggregated"),
}
_INITIATING: Mapping[str, Source] = {
    **_ROW,
    "account": Every(
        ("InitiatingProcessAccountDomain", "InitiatingProcessAccountName", "InitiatingProcessAccountUpn"),
        by="account_or_upn",
    ),
    "account_sid": First(("InitiatingProcessAccountSid",), by="sid"),
    "logon_id": "InitiatingProcessLogonId",
    "process_id": "InitiatingProcessId",
    "process_path": Every(("InitiatingProcessFolderPath", "InitiatingProcessFileName"), by="folder_path"),
    "process_start": "InitiatingProcessCreationTime",
    "command_line": "InitiatingProcessCommandLine",
    "original_file_name": "InitiatingProcessVersionInfoOriginalFileName",
    "file_description": "InitiatingProcessVersionInfoFileDescription",
    "company": "InitiatingProcessVersionInfoCompanyName",
    "product": "InitiatingProcessVersionInfoProductName",
    "file_version": "InitiatingProcessVersionInfoProductVersion",
    "integrity_level": "InitiatingProcessIntegrityLevel",
    "parent_id": "InitiatingProcessParentId",
    "parent_path": "InitiatingProcessParentFileName",
    "parent_start": "InitiatingProcessParentCreationTime",
}
_FILE: Mapping[str, Source] = {
    **_INITIATING,
    "account": Every(
        (
            "RequestProtocol",
            "RequestAccountDomain",
            "RequestAccountName",
            "InitiatingProcessAccountDomain",
            "InitiatingProcessAccountName",
            "InitiatingProcessAccountUpn",
        ),
        by="requester",
    ),
    "account_sid": Every(("RequestProtocol", "RequestAccountSid", "InitiatingProcessAccountSid"), by="requester_sid"),
    "client_ip": First(("RequestSourceIP",), by="address"),
    "source_port": "RequestSourcePort",
    "is_remote": First(("RequestProtocol",), by="is_remote_request"),
    "protocol": "RequestProtocol",
    "share_name": "ShareName",
    "file_path": Every(("FolderPath", "FileName"), by="folder_path"),
    "file_size": "FileSize",
    "file_sha256": First(("SHA256",), by="lower"),
    "hashes": Every(("SHA1", "SHA256", "MD5"), by="hashes"),
    "previous_path": Every(("PreviousFolderPath", "PreviousFileName"), by="folder_path"),
}
_PROCESS: Mapping[str, Source] = {
    **_ROW,
    "account": Every(("AccountDomain", "AccountName", "AccountUpn"), by="account_or_upn"),
    "account_sid": First(("AccountSid",), by="sid"),
    "logon_id": "LogonId",
    "process_id": "ProcessId",
    "process_path": Every(("FolderPath", "FileName"), by="folder_path"),
    "process_start": "ProcessCreationTime",
    "command_line": "ProcessCommandLine",
    "original_file_name": "ProcessVersionInfoOriginalFileName",
    "file_description": "ProcessVersionInfoFileDescription",
    "company": "ProcessVersionInfoCompanyName",
    "product": "ProcessVersionInfoProductName",
    "file_version": "ProcessVersionInfoProductVersion",
    "integrity_level": "ProcessIntegrityLevel",
    "hashes": Every(("SHA1", "SHA256", "MD5"), by="hashes"),
    "file_size": "FileSize",
    "parent_id": "InitiatingProcessId",
    "parent_path": Every(("InitiatingProcessFolderPath", "InitiatingProcessFileName"), by="folder_path"),
    "parent_start": "InitiatingProcessCreationTime",
    "parent_command_line": "InitiatingProcessCommandLine",
    "parent_account": Every(
        ("InitiatingProcessAccountDomain", "InitiatingProcessAccountName", "InitiatingProcessAccountUpn"),
        by="account_or_upn",
    ),
}
_CONNECTION: Mapping[str, Source] = {**_INITIATING, "protocol": "Protocol"}
_OPENED: Mapping[str, Source] = {
    **_CONNECTION,
    "source_ip": First(("LocalIP",), by="address"),
    "source_port": "LocalPort",
    "destination_ip": First(("RemoteIP",), by="address"),
    "destination_port": "RemotePort",
    "destination_host": "RemoteUrl",
}
# An accepted connection is told from the acceptor's side: the remote end is where it came from.
_ACCEPTED: Mapping[str, Source] = {
    **_CONNECTION,
    "source_ip": First(("RemoteIP",), by="address"),
    "source_port": "RemotePort",
    "destination_ip": First(("LocalIP",), by="address"),
    "destination_port": "LocalPort",
}
_LOGON: Mapping[str, Source] = {
    **_ROW,
    "account": Every(("AccountDomain", "AccountName", "AccountUpn"), by="account_or_upn"),
    "account_sid": First(("AccountSid",), by="sid"),
    "logon_id": "LogonId",
    "logon_type": First(("LogonType",), by="logon_type"),
    "client_ip": First(("RemoteIP",), by="address"),
    "client_host": "RemoteDeviceName",
    "is_remote": First(("LogonType",), by="is_remote_logon"),
    "source_port": "RemotePort",
    "protocol": "Protocol",
    "process_id": "InitiatingProcessId",
    "process_path": Every(("InitiatingProcessFolderPath", "InitiatingProcessFileName"), by="folder_path"),
    "process_start": "InitiatingProcessCreationTime",
}


def _with_aggregated(table: str, action: str, meaning: Meaning) -> dict[int | tuple[str, str], Meaning]:
    return {(table, action): meaning, (table, f"{action}AggregatedReport"): meaning}


_CREATED = Meaning(Kind.FILE_CREATE, _FILE, _TIMES, _SAMPLED)

VOCABULARY = Vocabulary(
    "defender",
    (),
    (),
    {
        **_with_aggregated("DeviceFileEvents", "FileCreated", _CREATED),
        **_with_aggregated("DeviceFileEvents", "FileModified", _CREATED),
        **_with_aggregated("DeviceFileEvents", "FileRenamed", Meaning(Kind.FILE_RENAME, _FILE, _TIMES, _SAMPLED)),
        **_with_aggregated("DeviceFileEvents", "FileDeleted", Meaning(Kind.FILE_DELETE, _FILE, _TIMES, _SAMPLED)),
        **_with_aggregated("DeviceProcessEvents", "ProcessCreated", Meaning(Kind.PROCESS_START, _PROCESS, _TIMES)),
        **_with_aggregated(
            "DeviceNetworkEvents",
            "ConnectionSuccess",
            Meaning(Kind.NETWORK_CONNECT, _OPENED, _TIMES, {**_SAMPLED, "initiated": True}),
        ),
        **_with_aggregated(
            "DeviceNetworkEvents",
            "InboundConnectionAccepted",
            Meaning(Kind.NETWORK_CONNECT, _ACCEPTED, _TIMES, {**_SAMPLED, "initiated": False}),
        ),
        **_with_aggregated("DeviceLogonEvents", "LogonSuccess", Meaning(Kind.LOGON, _LOGON, _TIMES, _SAMPLED)),
    },
)
