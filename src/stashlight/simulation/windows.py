"""
Acts → records of the Windows event log: Sysmon 1, 3, 11, 26 and Security 4624, 5140, 5145.

Field names and their order are those of Sysmon's schema 4.90 and of Microsoft's description of each Security event
(https://learn.microsoft.com/windows/security/threat-protection/auditing/event-5145). As in reality: Sysmon 11 tells no
size, a write over the network is `System` with pid 4 on the server, and shows there as 5145 too.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from stashlight.simulation.acts import Act, Connect, Delete, Host, Logon, Process, ShareWrite, Start, Write, draw

__all__ = ["WindowsEvent", "windows_events"]

SYSMON = "Microsoft-Windows-Sysmon"
SECURITY = "Microsoft-Windows-Security-Auditing"
_PROVIDER_GUIDS = {
    SYSMON: "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}",
    SECURITY: "{54849625-5478-4994-a5ba-3e3b0328c30d}",
}
_CHANNELS = {SYSMON: "Microsoft-Windows-Sysmon/Operational", SECURITY: "Security"}
_TASKS = {
    1: (1, 5, "Process Create (rule: ProcessCreate)"),
    3: (3, 5, "Network connection detected (rule: NetworkConnect)"),
    11: (11, 2, "File created (rule: FileCreate)"),
    26: (26, 5, "File Delete logged (rule: FileDeleteDetected)"),
    4624: (12544, 2, "Logon"),
    5140: (12808, 1, "File Share"),
    5145: (12811, 0, "Detailed File Share"),
}
_WRITE_DATA = "0x2"
_WRITE_DATA_LIST = "%%4417\n\t\t\t\t"


@dataclass(frozen=True, slots=True)
class WindowsEvent:
    """One record of an event log; `data` is its EventData, every value a string as the log has it."""

    time: datetime
    host: Host
    provider: str
    id: int
    record: int
    data: dict[str, str]

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


def windows_events(acts: Iterable[Act]) -> list[WindowsEvent]:
    """Give the records of one machine's logs, numbered in each channel."""
    events: list[WindowsEvent] = []
    next_record = {SYSMON: 48_211, SECURITY: 913_507}  # a log has a past
    sessions: set[tuple[str, str, str]] = set()
    for act in acts:
        for provider, number, host, data in _records(act, sessions):
            events.append(WindowsEvent(act.time, host, provider, number, next_record[provider], data))
            next_record[provider] += 1
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
        "TargetUserSid": _sid(act.account),
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
        "SubjectUserSid": _sid(act.account),
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


def _sid(account: str) -> str:
    return f"S-1-5-21-1915404170-2273411853-3302911846-{1100 + draw(800, account, 'sid')}"


def _utc(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}.{time.microsecond // 1000:03d}"
