"""
Tables of Microsoft Defender XDR's Advanced Hunting, as CSV that the portal exports.

Columns: https://learn.microsoft.com/defender-xdr/advanced-hunting-devicefileevents-table and its sisters; those that
would be empty in every row are left out. `FolderPath` holds the whole path, as it does in practice.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from stashlight.simulation.acts import Act, Connect, Delete, Process, Start, Write

Row = dict[str, str | int]


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    tables: dict[str, list[Row]] = {}
    for number, act in enumerate(acts):
        match act:
            case Write():
                tables.setdefault("DeviceFileEvents", []).append(_file(act, "FileCreated", act.size, number))
            case Delete():
                tables.setdefault("DeviceFileEvents", []).append(_file(act, "FileDeleted", "", number))
            case Start():
                tables.setdefault("DeviceProcessEvents", []).append(_process(act, number))
            case Connect():
                tables.setdefault("DeviceNetworkEvents", []).append(_network(act, number))
            case _:  # logons and writes seen by a server: this sample needs none
                pass
    return {f".{table}.csv": _csv(rows) for table, rows in tables.items()}


def _file(act: Write | Delete, action: str, size: int | str, number: int) -> Row:
    digest = hashlib.sha256(act.path.encode()).hexdigest()
    return (
        _device(act.time, act.process, action)
        | {"FileName": act.path.rsplit("\\", 1)[-1], "FolderPath": act.path, "SHA256": digest, "FileSize": size}
        | _initiating(act.process)
        | {"RequestProtocol": "Local", "ReportId": 70_000 + number, "AdditionalFields": "{}"}
    )


def _process(act: Start, number: int) -> Row:
    process = act.process
    domain, _, name = process.account.lower().rpartition("\\")
    own: Row = {
        "FileName": process.image.rsplit("\\", 1)[-1],
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
    parent = _initiating(process.parent) if process.parent else {}
    return _device(act.time, process, "ProcessCreated") | own | parent | {"ReportId": 70_000 + number}


def _network(act: Connect, number: int) -> Row:
    ends: Row = {"RemoteIP": act.address, "RemotePort": act.port, "RemoteUrl": act.name, "Protocol": "Tcp"}
    local: Row = {"LocalIP": act.process.host.address}
    return (
        _device(act.time, act.process, "ConnectionSuccess")
        | ends
        | local
        | _initiating(act.process)
        | {"ReportId": number}
    )


def _device(time: datetime, process: Process, action: str) -> Row:
    device = hashlib.sha1(process.host.name.encode(), usedforsecurity=False).hexdigest()
    return {
        "Timestamp": _iso(time),
        "DeviceId": device,
        "DeviceName": process.host.full_name.lower(),
        "ActionType": action,
    }


def _initiating(process: Process) -> Row:
    domain, _, name = process.account.lower().rpartition("\\")
    parent = process.parent
    return {
        "InitiatingProcessAccountDomain": domain,
        "InitiatingProcessAccountName": name,
        "InitiatingProcessFolderPath": process.image.lower(),
        "InitiatingProcessFileName": process.image.rsplit("\\", 1)[-1],
        "InitiatingProcessVersionInfoOriginalFileName": process.name,
        "InitiatingProcessVersionInfoCompanyName": process.company,
        "InitiatingProcessId": process.pid,
        "InitiatingProcessCommandLine": process.command,
        "InitiatingProcessCreationTime": _iso(process.started),
        "InitiatingProcessParentId": parent.pid if parent else "",
        "InitiatingProcessParentFileName": parent.image.rsplit("\\", 1)[-1] if parent else "",
    }


def _csv(rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _iso(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond * 10:07d}Z"
