"""
Windows Security auditing, as Sentinel's SecurityEvent shows it, for the event ids that are read.

4624, 4663, 4688, 5140, 5145, 5156: https://learn.microsoft.com/azure/azure-monitor/reference/tables/securityevent
"""

from stashlight.answers.tables import Table
from stashlight.events.schema import Kind

__all__ = ["TABLE"]


def _of(event_ids: str, expression: str) -> str:
    return f"CASE WHEN e.event_id IN ({event_ids}) THEN {expression} END"


TABLE = Table(
    "SecurityEvent",
    "Windows Security auditing: 4624, 4663, 4688, 5140, 5145, 5156",
    (Kind.PROCESS_START, Kind.LOGON, Kind.FILE_ACCESS, Kind.SHARE_ACCESS, Kind.NETWORK_CONNECT),
    {
        "TimeGenerated": "time_of(e.ts_us)",
        "Computer": "e.host",
        "EventID": "e.event_id",
        "Channel": "e.channel",
        "EventSourceName": "e.provider_name",
        "Account": "e.account",
        # Of 4688 the account that the process runs as, of 4624 the one that logged on.
        "SubjectUserName": _of("4663, 5140, 5145, 4688", "user_of(e.account)"),
        "SubjectDomainName": _of("4663, 5140, 5145, 4688", "domain_of(e.account)"),
        "SubjectUserSid": _of("4663, 5140, 5145, 4688", "e.account_sid"),
        "SubjectLogonId": _of("4663, 5140, 5145, 4688", "'0x' || lower(to_hex(e.logon_id))"),
        "TargetUserName": _of("4624", "user_of(e.account)"),
        "TargetDomainName": _of("4624", "domain_of(e.account)"),
        "TargetUserSid": _of("4624", "e.account_sid"),
        "TargetLogonId": _of("4624", "'0x' || lower(to_hex(e.logon_id))"),
        "LogonType": "e.logon_type",
        "IpAddress": "e.client_ip",
        "IpPort": _of("4624", "e.source_port"),
        "WorkstationName": "e.client_host",
        "NewProcessName": _of("4688", "e.process_path"),
        "NewProcessId": _of("4688", "'0x' || lower(to_hex(e.process_id))"),
        "Process": "name_of(e.process_path)",
        "ProcessName": _of("4624, 4663", "e.process_path"),
        "ProcessId": "'0x' || lower(to_hex(CASE WHEN e.event_id = 4688 THEN e.parent_id ELSE e.process_id END))",
        "CommandLine": _of("4688", "e.command_line"),
        "ParentProcessName": _of("4688", "e.parent_path"),
        "MandatoryLabel": _of("4688", "e.integrity_level"),
        "ObjectName": _of("4663", "e.file_path"),
        "ObjectType": "e.object_type",
        "AccessMask": "'0x' || lower(to_hex(e.access_mask))",
        "ShareName": "e.share_name",
        "ShareLocalPath": "e.share_path",
        "RelativeTargetName": "e.relative_path",
        "Activity": "",
        "EventData": "",
    },
    "e.provider = 'security'",
)
