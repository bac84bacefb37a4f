"""
What has no table of its own in Defender's scheme, in the form of its DeviceEvents.

Script blocks are `PowerShellCommand` with the text in AdditionalFields, as Defender writes them. It has no words for the
others: `FileRead` (Security 4663), `ShareObjectAccessed` (5140, 5145) and `FileStreamCreated` (Sysmon 15) are ours.
"""

from stashlight.answers.defender import INITIATING, ROW, hashes
from stashlight.answers.tables import Table
from stashlight.events.schema import Kind

__all__ = ["TABLE"]

TABLE = Table(
    "DeviceEvents",
    "script blocks, audited reads, share accesses and named streams",
    (Kind.SCRIPT_BLOCK, Kind.FILE_ACCESS, Kind.SHARE_ACCESS, Kind.FILE_STREAM),
    {
        **ROW,
        "ActionType": "COALESCE(e.action, CASE e.kind WHEN 'script_block' THEN 'PowerShellCommand' "
        "WHEN 'file_access' THEN 'FileRead' WHEN 'share_access' THEN 'ShareObjectAccessed' ELSE 'FileStreamCreated' END)",
        "FileName": "name_of(COALESCE(e.file_path, e.relative_path, e.script_path))",
        "FolderPath": "COALESCE(e.file_path, e.script_path)",
        **hashes("", "e.hashes"),
        "FileSize": "e.file_size",
        "AccountDomain": "domain_of(e.account)",
        "AccountName": "user_of(e.account)",
        "AccountSid": "e.account_sid",
        "RemoteUrl": "",
        "RemoteDeviceName": "e.client_host",
        "RemoteIP": "e.client_ip",
        "RemotePort": "",
        "LocalIP": "",
        "LocalPort": "",
        "ProcessId": "e.process_id",
        "ProcessCommandLine": "",
        "LogonId": "e.logon_id",
        "RegistryKey": "",
        "RegistryValueName": "",
        "RegistryValueData": "",
        **INITIATING,
        "ReportId": "e.record",
        "AppGuardContainerId": "",
        "AdditionalFields": "CASE e.kind WHEN 'script_block' THEN to_json({'Command': e.script_text, "
        "'ScriptBlockId': e.script_id, 'Part': e.script_part, 'Parts': e.script_parts}) "
        "WHEN 'share_access' THEN to_json({'ShareName': e.share_name, 'ShareLocalPath': e.share_path, "
        "'RelativeTargetName': e.relative_path, 'AccessMask': e.access_mask}) "
        "WHEN 'file_access' THEN to_json({'ObjectType': e.object_type, 'AccessMask': e.access_mask}) "
        "ELSE to_json({'Contents': e.stream_contents}) END::VARCHAR",
    },
)
