"""
Columns that Defender's device tables share, as expressions over our events.

Names and order: https://learn.microsoft.com/defender-xdr/advanced-hunting-devicefileevents-table and its siblings, with
TimeGenerated as Sentinel's copies have it. DeviceId is the folded host name: logs other than Defender's have no id.
What Sysmon writes into an event of its own, such as the command line of the process that made a file, comes from the
process start with the same identity.
"""

from typing import Final

__all__ = ["INITIATING", "PARENT_AS_INITIATING", "ROW", "hashes", "version"]

ROW: Final = {
    "Timestamp": "time_of(e.ts_us)",
    "TimeGenerated": "time_of(e.ts_us)",
    "DeviceId": "e.host_key",
    "DeviceName": "e.host",
}

_VERSION: Final = {
    "CompanyName": "company",
    "ProductName": "product",
    "ProductVersion": "file_version",
    "InternalFileName": "",
    "OriginalFileName": "original_file_name",
    "FileDescription": "file_description",
}


def version(prefix: str, *sources: str) -> dict[str, str]:
    """Give the columns of a version resource, taken from the first of the `sources` that has them."""
    return {
        f"{prefix}{name}": f"COALESCE({', '.join(f'{s}.{column}' for s in sources)})" if column else ""
        for name, column in _VERSION.items()
    }


def hashes(prefix: str, source: str) -> dict[str, str]:
    """Give the three hashes out of one text such as `SHA1=…,SHA256=…`."""
    return {f"{prefix}{name}": f"hash_of({source}, '{name}')" for name in ("SHA1", "SHA256", "MD5")}


# Of a file, a connection or a script: the process that did it. A requester over the network is not that process.
_ACTOR: Final = "CASE WHEN e.provider = 'defender' AND e.is_remote THEN NULL ELSE COALESCE(e.account, s.account) END"

INITIATING: Final = {
    "InitiatingProcessAccountDomain": f"domain_of({_ACTOR})",
    "InitiatingProcessAccountName": f"user_of({_ACTOR})",
    "InitiatingProcessAccountSid": "CASE WHEN e.provider = 'defender' AND e.is_remote THEN NULL "
    "ELSE COALESCE(e.account_sid, s.account_sid) END",
    "InitiatingProcessAccountUpn": f"upn_of({_ACTOR})",
    "InitiatingProcessAccountObjectId": "",
    **hashes("InitiatingProcess", "s.hashes"),
    "InitiatingProcessFolderPath": "COALESCE(e.process_path, s.process_path)",
    "InitiatingProcessFileName": "name_of(COALESCE(e.process_path, s.process_path))",
    "InitiatingProcessFileSize": "s.file_size",
    **version("InitiatingProcessVersionInfo", "e", "s"),
    "InitiatingProcessId": "COALESCE(e.process_id, s.process_id)",
    "InitiatingProcessCommandLine": "COALESCE(e.command_line, s.command_line)",
    "InitiatingProcessCreationTime": "time_of(s.ts_us)",
    "InitiatingProcessIntegrityLevel": "integrity_of(COALESCE(e.integrity_level, s.integrity_level))",
    "InitiatingProcessTokenElevation": "",
    "InitiatingProcessParentId": "COALESCE(e.parent_id, s.parent_id)",
    "InitiatingProcessParentFileName": "name_of(COALESCE(e.parent_path, s.parent_path))",
    "InitiatingProcessParentCreationTime": "time_of(p.ts_us)",
    "InitiatingProcessSessionId": "",
    "InitiatingProcessLogonId": "COALESCE(e.logon_id, s.logon_id)",
}

# Of a process start: the process that started it.
PARENT_AS_INITIATING: Final = {
    "InitiatingProcessAccountDomain": "domain_of(COALESCE(e.parent_account, p.account))",
    "InitiatingProcessAccountName": "user_of(COALESCE(e.parent_account, p.account))",
    "InitiatingProcessAccountSid": "p.account_sid",
    "InitiatingProcessAccountUpn": "upn_of(COALESCE(e.parent_account, p.account))",
    "InitiatingProcessAccountObjectId": "",
    **hashes("InitiatingProcess", "p.hashes"),
    "InitiatingProcessFolderPath": "COALESCE(e.parent_path, p.process_path)",
    "InitiatingProcessFileName": "name_of(COALESCE(e.parent_path, p.process_path))",
    "InitiatingProcessFileSize": "p.file_size",
    **version("InitiatingProcessVersionInfo", "p"),
    "InitiatingProcessId": "COALESCE(e.parent_id, p.process_id)",
    "InitiatingProcessCommandLine": "COALESCE(e.parent_command_line, p.command_line)",
    "InitiatingProcessCreationTime": "time_of(p.ts_us)",
    "InitiatingProcessIntegrityLevel": "integrity_of(p.integrity_level)",
    "InitiatingProcessTokenElevation": "",
    "InitiatingProcessParentId": "p.parent_id",
    "InitiatingProcessParentFileName": "name_of(p.parent_path)",
    "InitiatingProcessParentCreationTime": "",
    "InitiatingProcessSessionId": "",
    "InitiatingProcessLogonId": "p.logon_id",
    "InitiatingProcessSignerType": "",
    "InitiatingProcessSignatureStatus": "",
}
