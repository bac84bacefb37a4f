"""
Acts → rows of Microsoft Defender XDR's Advanced Hunting, by table.

Columns: https://learn.microsoft.com/defender-xdr/advanced-hunting-devicefileevents-table and its sisters; those that
would be empty in every row are left out. `FolderPath` holds the whole path, as it does in practice. A write over the
network is an act of ntoskrnl.exe on the server, with who asked for it in the Request columns. Script blocks and audited
reads have no table here.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from stashlight.simulation.acts import Act, Connect, Delete, Host, Logon, Process, ShareWrite, Start, Write

__all__ = ["Row", "defender_tables"]

Row = dict[str, str | int]

_LOGON_TYPES = {2: "Interactive", 3: "Network", 10: "RemoteInteractive"}


def defender_tables(acts: Sequence[Act]) -> dict[str, list[Row]]:
    """Give the rows of each table that has any."""
    tables: dict[str, list[Row]] = {}
    for number, act in enumerate(acts):
        if (act.host if isinstance(act, Logon) else act.process.host).system == "linux":
            continue
        match act:
            case Write():
                tables.setdefault("DeviceFileEvents", []).append(_file(act, "FileCreated", act.size, number))
            case Delete():
                tables.setdefault("DeviceFileEvents", []).append(_file(act, "FileDeleted", "", number))
            case Start():
                tables.setdefault("DeviceProcessEvents", []).append(_process(act, number))
            case Connect():
                tables.setdefault("DeviceNetworkEvents", []).append(_network(act, number))
            case ShareWrite():
                tables.setdefault("DeviceFileEvents", []).append(_share(act, number))
            case Logon():
                tables.setdefault("DeviceLogonEvents", []).append(_logon(act, number))
            case _:  # of script blocks and reads Defender's tables tell nothing
                pass
    return tables


def _share(act: ShareWrite, number: int) -> Row:
    path = f"{act.share_path}\\{act.relative}"
    domain, _, name = act.account.lower().rpartition("\\")
    kernel: Row = {
        "InitiatingProcessAccountDomain": "nt authority",
        "InitiatingProcessAccountName": "system",
        "InitiatingProcessFolderPath": "",
        "InitiatingProcessFileName": "ntoskrnl.exe",
        "InitiatingProcessId": 4,
    }
    request: Row = {
        "RequestProtocol": "SMB",
        "RequestSourceIP": act.address,
        "RequestAccountDomain": domain,
        "RequestAccountName": name,
        "ShareName": act.share,
    }
    own: Row = {
        "FileName": _last(path),
        "FolderPath": path,
        "SHA256": hashlib.sha256(path.encode()).hexdigest(),
        "FileSize": act.size,
    }
    rest: Row = {"ReportId": 70_000 + number, "AdditionalFields": "{}"}
    return _device(act.time, act.process.host, "FileCreated") | own | kernel | request | rest


def _logon(act: Logon, number: int) -> Row:
    domain, _, name = act.account.lower().rpartition("\\")
    own: Row = {
        "LogonType": _LOGON_TYPES.get(act.type, "Interactive"),
        "AccountDomain": domain,
        "AccountName": name,
        "RemoteIP": "" if act.address == "-" else act.address,
        "ReportId": 70_000 + number,
    }
    return _device(act.time, act.host, "LogonSuccess") | own


def _file(act: Write | Delete, action: str, size: int | str, number: int) -> Row:
    digest = hashlib.sha256(act.path.encode()).hexdigest()
    return (
        _device(act.time, act.process.host, action)
        | {"FileName": _last(act.path), "FolderPath": act.path, "SHA256": digest, "FileSize": size}
        | _initiating(act.process)
        | {"RequestProtocol": "Local", "ReportId": 70_000 + number, "AdditionalFields": "{}"}
    )


def _process(act: Start, number: int) -> Row:
    process = act.process
    domain, _, name = process.account.lower().rpartition("\\")
    own: Row = {
        "FileName": _last(process.image),
        "FolderPath": process.image,
        "ProcessVersionInfoOriginalFileName": process.name,
        "ProcessVersionInfoFileDescription": process.description,
        "ProcessVersionInfoCompanyName": process.company,
        "ProcessId": process.pid,
        "ProcessCommandLine": process.command,
        "ProcessIntegrityLevel": "System" if name == "system" else "Medium",
        "ProcessCreationTime": _iso(process.started),
        "AccountDomain": domain,
        "AccountName": name,
    }
    parent = _initiating(process.parent) if process.parent else dict.fromkeys(_initiating(process), "")
    return _device(act.time, process.host, "ProcessCreated") | own | parent | {"ReportId": 70_000 + number}


def _network(act: Connect, number: int) -> Row:
    ends: Row = {"RemoteIP": act.address, "RemotePort": act.port, "RemoteUrl": act.name, "Protocol": "Tcp"}
    local: Row = {"LocalIP": act.process.host.address}
    return (
        _device(act.time, act.process.host, "ConnectionSuccess")
        | ends
        | local
        | _initiating(act.process)
        | {"ReportId": number}
    )


def _device(time: datetime, host: Host, action: str) -> Row:
    device = hashlib.sha1(host.name.encode(), usedforsecurity=False).hexdigest()
    return {
        "Timestamp": _iso(time),
        "DeviceId": device,
        "DeviceName": host.full_name.lower(),
        "ActionType": action,
    }


def _initiating(process: Process) -> Row:
    domain, _, name = process.account.lower().rpartition("\\")
    parent = process.parent
    return {
        "InitiatingProcessAccountDomain": domain,
        "InitiatingProcessAccountName": name,
        "InitiatingProcessFolderPath": process.image.lower(),
        "InitiatingProcessFileName": _last(process.image),
        "InitiatingProcessVersionInfoOriginalFileName": process.name,
        "InitiatingProcessVersionInfoCompanyName": process.company,
        "InitiatingProcessId": process.pid,
        "InitiatingProcessCommandLine": process.command,
        "InitiatingProcessCreationTime": _iso(process.started),
        "InitiatingProcessParentId": parent.pid if parent else "",
        "InitiatingProcessParentFileName": _last(parent.image) if parent else "",
    }


def _last(path: str) -> str:
    return path.replace("/", "\\").rsplit("\\", 1)[-1]


def _iso(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond * 10:07d}Z"
