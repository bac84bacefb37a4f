"""Processes started, as Defender's DeviceProcessEvents shows them: Sysmon 1, Security 4688 and Defender's own."""

from stashlight.answers.defender import PARENT_AS_INITIATING, ROW, hashes, version
from stashlight.answers.tables import Table
from stashlight.events.schema import Kind

__all__ = ["TABLE"]

TABLE = Table(
    "DeviceProcessEvents",
    "processes started",
    (Kind.PROCESS_START,),
    {
        **ROW,
        "ActionType": "COALESCE(e.action, 'ProcessCreated')",
        "FileName": "name_of(e.process_path)",
        "FolderPath": "e.process_path",
        **hashes("", "e.hashes"),
        "FileSize": "e.file_size",
        **version("ProcessVersionInfo", "e"),
        "ProcessId": "e.process_id",
        "ProcessCommandLine": "e.command_line",
        "ProcessIntegrityLevel": "integrity_of(e.integrity_level)",
        "ProcessTokenElevation": "",
        "ProcessCreationTime": "time_of(e.ts_us)",
        "AccountDomain": "domain_of(e.account)",
        "AccountName": "user_of(e.account)",
        "AccountSid": "e.account_sid",
        "AccountUpn": "upn_of(e.account)",
        "AccountObjectId": "",
        "LogonId": "e.logon_id",
        **PARENT_AS_INITIATING,
        "ReportId": "e.record",
        "AppGuardContainerId": "",
        "AdditionalFields": "",
    },
)
