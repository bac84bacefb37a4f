"""
Kusto for Defender XDR and Sentinel: https://learn.microsoft.com/defender-xdr/advanced-hunting-schema-tables.

Sentinel's copy of the tables has TimeGenerated instead of Timestamp.
"""

from stashlight.reports.quoting import kql
from stashlight.reports.subject import Subject

LABEL: str = "KQL (Defender Advanced Hunting; in Sentinel, Timestamp is TimeGenerated)"
LANGUAGE: str = "kusto"

_TABLES = {
    "pile": "DeviceFileEvents",
    "processes": "DeviceProcessEvents",
    "logons": "DeviceLogonEvents",
    "network": "DeviceNetworkEvents",
    "touched": "DeviceFileEvents",
    "account_elsewhere": "DeviceLogonEvents",
    "place_elsewhere": "DeviceFileEvents",
}
_ENDINGS = {
    "pile": '| where ActionType in ("FileCreated", "FileRenamed")\n'
    "| project Timestamp, DeviceName, FolderPath, FileName, FileSize, SHA256, InitiatingProcessAccountName, "
    "InitiatingProcessCommandLine",
    "processes": "| project Timestamp, DeviceName, AccountName, FileName, ProcessCommandLine, "
    "InitiatingProcessFileName, SHA256",
    "logons": "| project Timestamp, DeviceName, AccountName, LogonType, RemoteIP, RemoteDeviceName, ActionType",
    "network": "| project Timestamp, DeviceName, RemoteIP, RemotePort, RemoteUrl, InitiatingProcessFileName, "
    "InitiatingProcessCommandLine",
    "touched": '| where ActionType in ("FileRenamed", "FileModified", "FileDeleted")\n'
    "| project Timestamp, DeviceName, ActionType, FolderPath, FileName, RequestAccountName, RequestSourceIP, "
    "InitiatingProcessCommandLine",
    "account_elsewhere": "| project Timestamp, DeviceName, AccountName, LogonType, RemoteIP, ActionType",
    "place_elsewhere": "| summarize Files = dcount(FolderPath), First = min(Timestamp), Last = max(Timestamp) "
    "by DeviceName, InitiatingProcessAccountName",
}


def query(question: str, subject: Subject) -> str | None:
    """Give one query; `=~` and `startswith` do not care about case."""
    host = _host(subject.host) if subject.host else None
    account = f"AccountName =~ {kql(subject.account)}" if subject.account else None
    place = f"FolderPath startswith {kql(subject.place)}" if subject.place else None
    wanted = {
        "pile": (host, place),
        "processes": (host,),
        "logons": (host,),
        "network": (host,),
        "touched": (host, place),
        "account_elsewhere": (account, f"not({host})" if host else "true"),
        "place_elsewhere": (place, f"not({host})" if host else "true"),
    }[question]
    if not all(wanted):
        return None
    also = [account] if account and question in {"processes", "logons"} else []
    lines = [f"| where {each}" for each in (*_times(question, subject), *wanted, *also) if each != "true"]
    sort = "" if question == "place_elsewhere" else "\n| sort by Timestamp asc"
    return "\n".join([_TABLES[question], *lines, _ENDINGS[question] + sort])


def _host(host: str) -> str:
    return f"DeviceName =~ {kql(host)} or DeviceName startswith {kql(host + '.')}"


def _times(question: str, subject: Subject) -> list[str]:
    time = subject.time_for(question)
    if time is None:
        return ["Timestamp > ago(30d)"]
    return [f"Timestamp between (datetime({time[0]:%Y-%m-%dT%H:%M:%SZ}) .. datetime({time[1]:%Y-%m-%dT%H:%M:%SZ}))"]
