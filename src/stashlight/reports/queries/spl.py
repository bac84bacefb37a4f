"""
Splunk SPL over Windows events as the Splunk add-ons for Sysmon and Windows name their fields.

Values are compared in `where`, whose strings know no wildcards; times are epoch seconds, which no time zone shifts.
"""

from stashlight.reports.quoting import spl
from stashlight.reports.subject import Subject

LABEL: str = "SPL (Splunk; adapt index and sourcetype)"
LANGUAGE: str = "spl"

_SYSMON = 'index=* source="*WinEventLog:Microsoft-Windows-Sysmon/Operational"'
_SECURITY = 'index=* source="*WinEventLog:Security"'
_SEARCHES = {
    "pile": f"{_SYSMON} EventCode=11",
    "processes": f"{_SYSMON} EventCode=1",
    "logons": f"{_SECURITY} EventCode=4624",
    "network": f"{_SYSMON} EventCode=3",
    "touched": f"({_SYSMON} EventCode IN (23, 26)) OR ({_SECURITY} EventCode=4663)",
    "account_elsewhere": f"{_SECURITY} EventCode=4624",
    "place_elsewhere": f"{_SYSMON} EventCode=11",
}
_TABLES = {
    "pile": "| table _time, on, User, Image, TargetFilename",
    "processes": "| table _time, on, who, Image, CommandLine, ParentImage, Hashes",
    "logons": "| table _time, on, who, Logon_Type, Source_Network_Address, IpAddress",
    "network": "| table _time, on, User, Image, DestinationIp, DestinationPort, DestinationHostname",
    "touched": "| table _time, on, EventCode, User, Image, path",
    "account_elsewhere": "| stats count, min(_time) AS first, max(_time) AS last BY on, Logon_Type, "
    "Source_Network_Address",
    "place_elsewhere": "| stats dc(TargetFilename) AS files, min(_time) AS first, max(_time) AS last BY on, User",
}
_FIELDS = (
    "| eval on=lower(coalesce(Computer, ComputerName, host)), "
    'who=lower(mvindex(split(coalesce(User, TargetUserName, Account_Name), "\\\\"), -1)), '
    "path=lower(coalesce(TargetFilename, ObjectName, Object_Name))"
)


def query(question: str, subject: Subject) -> str | None:
    """Give one search."""
    host = _host(subject.host.lower()) if subject.host else None
    account = f"who={spl(subject.account.lower())}" if subject.account else None
    place = f"substr(path, 1, {len(subject.place)})={spl(subject.place.lower())}" if subject.place else None
    elsewhere = f"NOT ({host})" if host else "true()"
    wanted = {
        "pile": (host, place),
        "processes": (host, account or "true()"),
        "logons": (host, account or "true()"),
        "network": (host,),
        "touched": (host, place),
        "account_elsewhere": (account, elsewhere),
        "place_elsewhere": (place, elsewhere),
    }[question]
    if not all(wanted):
        return None
    where = " AND ".join(f"({each})" for each in wanted if each and each != "true()")
    return "\n".join(
        [f"{_SEARCHES[question]} {_times(question, subject)}", _FIELDS, f"| where {where}", _TABLES[question]]
    )


def _host(host: str) -> str:
    return f"on={spl(host)} OR substr(on, 1, {len(host) + 1})={spl(host + '.')}"


def _times(question: str, subject: Subject) -> str:
    time = subject.time_for(question)
    return f"earliest={int(time[0].timestamp())} latest={int(time[1].timestamp())}" if time else "earliest=-30d"
