"""
Acts → records of the Windows event log: Sysmon 1, 3, 11, 26; Security 4624, 4663, 4688, 5140, 5145; PowerShell's.

Field names and their order are those of Sysmon's schema 4.90 and of Microsoft's description of each Security event
(https://learn.microsoft.com/windows/security/threat-protection/auditing/event-5145). As in reality: Sysmon 11 tells no
size, a write over the network is `System` with pid 4 on the server, and shows there as 5145 too. 4688 and 4663 come only
from hosts that audit.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from stashlight.simulation.acts import (
    Act,
    Connect,
    Delete,
    Host,
    Logon,
    Process,
    Read,
    Script,
    ShareWrite,
    Start,
    Write,
    draw,
)
from stashlight.simulation.powershell import CLASSIC, POWERSHELL, script_records

__all__ = ["WindowsEvent", "sid", "windows_events"]

SYSMON = "Microsoft-Windows-Sysmon"
SECURITY = "Microsoft-Windows-Security-Auditing"
_PROVIDER_GUIDS = {
    SYSMON: "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}",
    SECURITY: "{54849625-5478-4994-a5ba-3e3b0328c30d}",
    POWERSHELL: "{a0c1853b-5c40-4b15-8766-3cf1c58f985a}",
    CLASSIC: "",
}
_CHANNELS = {
    SYSMON: "Microsoft-Windows-Sysmon/Operational",
    SECURITY: "Security",
    POWERSHELL: "Microsoft-Windows-PowerShell/Operational",
    CLASSIC: "Windows PowerShell",
}
_FIRST_RECORD = {SYSMON: 48_211, SECURITY: 913_507, POWERSHELL: 7_118, CLASSIC: 2_903}  # a log has a past
_TASKS = {
    1: (1, 5, "Process Create (rule: ProcessCreate)"),
    3: (3, 5, "Network connection detected (rule: NetworkConnect)"),
    11: (11, 2, "File created (rule: FileCreate)"),
    26: (26, 5, "File Delete logged (rule: FileDeleteDetected)"),
    800: (8, 0, "Pipeline Execution Details"),
    4103: (106, 1, "Executing Pipeline"),
    4104: (2, 1, "Execute a Remote Command"),
    4624: (12544, 2, "Logon"),
    4663: (12800, 1, "File System"),
    4688: (13312, 2, "Process Creation"),
    5140: (12808, 1, "File Share"),
    5145: (12811, 0, "Detailed File Share"),
}
_WRITE_DATA = "0x2"
_WRITE_DATA_LIST = "%%4417\n\t\t\t\t"


@dataclass(frozen=True, slots=True)
class WindowsEvent:
    """
    One record of an event log; `data` is its EventData, every value a string as the log has it.

    `unnamed` are values without a name, as older providers write them; `writer` is the process that wrote the record,
    where that says more than the data does (PowerShell).
    """

    time: datetime
    host: Host
    provider: str
    id: int
    record: int
    data: dict[str, str]
    unnamed: tuple[str, ...] = ()
    writer: Process | None = None

    @property
    def provider_guid(self) -> str:
        return _PROVIDER_GUIDS[self.provider]

    @property
    def channel(self) -> str:
        return _CHANNELS[self.provider]

    @property
    def task(self) -> tuple[int, int, str]:
        """Number of the task, version of the event, name of the task."""
        return _TASKS[self.id]

    @property
    def message(self) -> str:
        """The rendered text, of the one event that has no names for its values; else ""."""
        if not self.unnamed:
            return ""
        line, context, details = self.unnamed
        return (
            f"Pipeline execution details for command line: {line}. \r\n\r\nContext Information: \r\n{context}\r\n\r\n"
            f"Details: \r\n{details}"
        )


def windows_events(acts: Iterable[Act]) -> list[WindowsEvent]:
    """Give the records of the logs of all Windows machines, numbered in each channel."""
    events: list[WindowsEvent] = []
    next_record: dict[tuple[str, str], int] = {}
    sessions: set[tuple[str, str, str]] = set()

    def log(act: Act, host: Host, provider: str, number: int, data: dict[str, str], unnamed: tuple[str, ...]) -> None:
        record = next_record.get((host.name, provider), _FIRST_RECORD[provider])
        next_record[host.name, provider] = record + 1
        writer = act.process if isinstance(act, Script) else None
        events.append(WindowsEvent(act.time, host, provider, number, record, data, unnamed, writer))

    for act in acts:
        if isinstance(act, Script):
            for provider, number, data, unnamed in script_records(act):
                log(act, act.process.host, provider, number, data, unnamed)
        elif (act.host if isinstance(act, Logon) else act.process.host).system == "windows":
            for provider, number, host, data in _records(act, sessions):
                log(act, host, provider, number, data, ())
    return events


def _records(act: Act, sessions: set[tuple[str, str, str]]) -> Iterator[tuple[str, int, Host, dict[str, str]]]:
    match act:
        case Logon():
            yield SECURITY, 4624, act.host, _logon(act)
        case ShareWrite():
            host = act.process.host
            session = (act.account, act.address, act.share)
            if session not in sessions:  # 5140 comes once a session, 5145 for every access
                sessions.add(session)
                yield SECURITY, 4624, host, _logon(Logon(act.time, host, act.account, 3, act.address))
                yield SECURITY, 5140, host, _share(act, "0x1", "%%4416\n\t\t\t\t")
            yield SECURITY, 5145, host, _share(act, _WRITE_DATA, _WRITE_DATA_LIST, act.relative)
            yield SYSMON, 11, host, _write(act.process, act.time, f"{act.share_path}\\{act.relative}")
        case Start():
            yield SYSMON, 1, act.process.host, _start(act.process)
            if act.process.host.audits:
                yield SECURITY, 4688, act.process.host, _audited_start(act.process)
        case Read():
            yield SECURITY, 4663, act.process.host, _audited_read(act)
        case Write():
            yield SYSMON, 11, act.process.host, _write(act.process, act.time, act.path)
        case Delete():
            own = _own(act.process, act.time)
            yield (
                SYSMON,
                26,
                act.process.host,
                own | {"TargetFilename": act.path, "Hashes": "", "IsExecutable": "false"},
            )
        case Connect():
            yield SYSMON, 3, act.process.host, _connect(act)
        case Script():
            pass  # has logs of its own


def _own(process: Process, time: datetime) -> dict[str, str]:
    return {
        "RuleName": "-",
        "UtcTime": _utc(time),
        "ProcessGuid": f"{{{process.guid}}}",
        "ProcessId": str(process.pid),
        "Image": process.image,
        "User": process.account,
    }


def _start(process: Process) -> dict[str, str]:
    parent = process.parent
    digest = hashlib.sha256(process.name.encode()).hexdigest().upper()
    return _own(process, process.started) | {
        "FileVersion": "-",
        "Description": process.description,
        "Product": "-",
        "Company": process.company,
        "OriginalFileName": process.name,
        "CommandLine": process.command,
        "CurrentDirectory": "C:\\Windows\\system32\\",
        "LogonId": _logon_id(process.account),
        "TerminalSessionId": "2",
        "IntegrityLevel": "System" if process.account.endswith("SYSTEM") else "Medium",
        "Hashes": f"SHA256={digest}",
        "ParentProcessGuid": f"{{{parent.guid}}}" if parent else "{00000000-0000-0000-0000-000000000000}",
        "ParentProcessId": str(parent.pid) if parent else "0",
        "ParentImage": parent.image if parent else "-",
        "ParentCommandLine": parent.command if parent else "-",
        "ParentUser": parent.account if parent else "-",
    }


def _audited_start(process: Process) -> dict[str, str]:
    parent = process.parent
    system = process.account.endswith("SYSTEM")
    return _subject(process) | {
        "NewProcessId": hex(process.pid),
        "NewProcessName": process.image,
        "TokenElevationType": "%%1936" if system else "%%1938",
        "ProcessId": hex(parent.pid) if parent else "0x4",
        "CommandLine": process.command,
        "TargetUserSid": "S-1-0-0",
        "TargetUserName": "-",
        "TargetDomainName": "-",
        "TargetLogonId": "0x0",
        "ParentProcessName": parent.image if parent else "-",
        "MandatoryLabel": "S-1-16-16384" if system else "S-1-16-8192",
    }


def _audited_read(act: Read) -> dict[str, str]:
    return _subject(act.process) | {
        "ObjectServer": "Security",
        "ObjectType": "File",
        "ObjectName": act.path,
        "HandleId": hex(0x100 + 4 * draw(4000, act.path, "handle")),
        "AccessList": "%%4416\n\t\t\t\t",
        "AccessMask": "0x1",
        "ProcessId": hex(act.process.pid),
        "ProcessName": act.process.image,
        "ResourceAttributes": "S:AI",
    }


def _subject(process: Process) -> dict[str, str]:
    domain, _, name = process.account.rpartition("\\")
    return {
        "SubjectUserSid": sid(process.account),
        "SubjectUserName": name,
        "SubjectDomainName": domain,
        "SubjectLogonId": _logon_id(process.account),
    }


def _write(process: Process, time: datetime, path: str) -> dict[str, str]:
    return _own(process, time) | {"TargetFilename": path, "CreationUtcTime": _utc(time)}


def _connect(act: Connect) -> dict[str, str]:
    host = act.process.host
    return _own(act.process, act.time) | {
        "Protocol": "tcp",
        "Initiated": "true",
        "SourceIsIpv6": "false",
        "SourceIp": host.address,
        "SourceHostname": host.full_name,
        "SourcePort": str(49152 + draw(16000, act.time, "port")),
        "SourcePortName": "-",
        "DestinationIsIpv6": "false",
        "DestinationIp": act.address,
        "DestinationHostname": act.name,
        "DestinationPort": str(act.port),
        "DestinationPortName": "-",
    }


def _logon(act: Logon) -> dict[str, str]:
    domain, _, name = act.account.rpartition("\\")
    return {
        "SubjectUserSid": "S-1-5-18",
        "SubjectUserName": f"{act.host.name}$",
        "SubjectDomainName": domain,
        "SubjectLogonId": "0x3e7",
        "TargetUserSid": sid(act.account),
        "TargetUserName": name,
        "TargetDomainName": domain,
        "TargetLogonId": _logon_id(act.account),
        "LogonType": str(act.type),
        "LogonProcessName": "User32 " if act.type != 3 else "Kerberos",
        "AuthenticationPackageName": "Negotiate" if act.type != 3 else "Kerberos",
        "WorkstationName": "-",
        "ProcessId": "0x3c8",
        "ProcessName": "C:\\Windows\\System32\\svchost.exe" if act.type != 3 else "-",
        "IpAddress": act.address,
        "IpPort": str(49152 + draw(16000, act.time, act.address)),
    }


def _share(act: ShareWrite, mask: str, rights: str, relative: str = "") -> dict[str, str]:
    domain, _, name = act.account.rpartition("\\")
    data = {
        "SubjectUserSid": sid(act.account),
        "SubjectUserName": name,
        "SubjectDomainName": domain,
        "SubjectLogonId": _logon_id(act.account),
        "ObjectType": "File",
        "IpAddress": act.address,
        "IpPort": str(49152 + draw(16000, act.address, act.share)),
        "ShareName": f"\\\\*\\{act.share}",
        "ShareLocalPath": f"\\??\\{act.share_path}",
    }
    target = {"RelativeTargetName": relative} if relative else {}
    reason = {"AccessReason": "-"} if relative else {}
    return data | target | {"AccessMask": mask, "AccessList": rights} | reason


def _logon_id(account: str) -> str:
    return "0x3e7" if account.endswith("SYSTEM") else hex(0x100000 + draw(0xEFFFFF, account, "logon"))


def sid(account: str) -> str:
    """Give the security identifier of an account."""
    if account.endswith("SYSTEM"):
        return "S-1-5-18"
    return f"S-1-5-21-1915404170-2273411853-3302911846-{1100 + draw(800, account, 'sid')}"


def _utc(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}.{time.microsecond // 1000:03d}"
