"""
Windows Security auditing.

Fields: https://learn.microsoft.com/previous-versions/windows/it-pro/windows-10/security/threat-protection/auditing/event-4688

4656 (handle requested) is not taken: 4663 tells what was done with the handle. 4663 counts for files only.
Process ids are hexadecimal in 4663, 4688 and 4624, decimal in 5156, where the field is spelt ProcessID (NXLog:
ProcessId).
"""

from collections.abc import Mapping

from stashlight.events.schema import Kind
from stashlight.events.vocabulary import Every, First, Meaning, Source, Vocabulary

__all__ = ["VOCABULARY"]

_SUBJECT: Mapping[str, Source] = {
    "account": Every(("SubjectDomainName", "SubjectUserName"), by="account"),
    "account_sid": First(("SubjectUserSid",), by="sid"),
    "logon_id": "SubjectLogonId",
}
_REQUESTER: Mapping[str, Source] = {
    **_SUBJECT,
    "client_ip": First(("IpAddress",), by="address"),
    "is_remote": First(("IpAddress",), by="is_elsewhere"),
    "share_name": "ShareName",
    "share_path": "ShareLocalPath",
    "access_mask": "AccessMask",
    "object_type": "ObjectType",
}

VOCABULARY = Vocabulary(
    "security",
    ("microsoft-windows-security-auditing",),
    ("security",),
    {
        4624: Meaning(
            Kind.LOGON,
            {
                "account": Every(("TargetDomainName", "TargetUserName"), by="account"),
                "account_sid": First(("TargetUserSid",), by="sid"),
                "logon_id": "TargetLogonId",
                "logon_type": "LogonType",
                "client_ip": First(("IpAddress",), by="address"),
                "client_host": "WorkstationName",
                "is_remote": First(("LogonType",), by="is_remote_logon"),
                "process_id": "ProcessId",
                "process_path": "ProcessName",
                "source_port": "IpPort",
            },
        ),
        4663: Meaning(
            Kind.FILE_ACCESS,
            {
                **_SUBJECT,
                "process_id": "ProcessId",
                "process_path": "ProcessName",
                "file_path": "ObjectName",
                "access_mask": "AccessMask",
                "object_type": "ObjectType",
                "is_remote": Every(("ProcessName", "ProcessId"), by="is_kernel"),
            },
            only={"ObjectType": frozenset({"file"})},
        ),
        4688: Meaning(
            Kind.PROCESS_START,
            {
                # A process started for somebody else (runas, a service host) runs as the target, as Sysmon's User says.
                "account": Every(
                    ("TargetDomainName", "TargetUserName", "SubjectDomainName", "SubjectUserName"),
                    by="target_or_subject",
                ),
                "account_sid": Every(("TargetUserName", "TargetUserSid", "SubjectUserSid"), by="target_or_subject_sid"),
                "logon_id": Every(("TargetUserName", "TargetLogonId", "SubjectLogonId"), by="target_or_subject_logon"),
                "process_id": "NewProcessId",
                "process_path": "NewProcessName",
                "command_line": First(("CommandLine", "ProcessCommandLine")),
                "integrity_level": "MandatoryLabel",
                "parent_id": "ProcessId",
                "parent_path": "ParentProcessName",
            },
        ),
        5140: Meaning(Kind.SHARE_ACCESS, _REQUESTER),
        5145: Meaning(
            Kind.SHARE_ACCESS,
            {
                **_REQUESTER,
                "relative_path": "RelativeTargetName",
                "file_path": Every(("ShareLocalPath", "ShareName", "RelativeTargetName", "@host"), by="shared_file"),
            },
        ),
        5156: Meaning(
            Kind.NETWORK_CONNECT,
            {
                "process_id": First(("ProcessID", "ProcessId")),
                "process_path": "Application",
                "source_ip": First(("SourceAddress",), by="address"),
                "source_port": "SourcePort",
                "destination_ip": First(("DestAddress",), by="address"),
                "destination_port": "DestPort",
                "initiated": First(("Direction",), by="outbound"),
                "protocol": First(("Protocol",), by="ip_protocol"),
            },
        ),
    },
)
