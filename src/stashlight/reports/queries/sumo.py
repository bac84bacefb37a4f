"""
Sumo Logic over Windows events in JSON: https://help.sumologic.com/docs/search/search-query-language/.

Values stand in anchored regular expressions: `matches /…/` is infix there, and backslashes in its strings are not.
"""

from stashlight.reports.quoting import regex
from stashlight.reports.subject import Subject

LABEL: str = "Sumo Logic (adapt the source category)"
LANGUAGE: str = "sumo"

_EVENTS = {
    "pile": "11",
    "processes": "1",
    "logons": "4624",
    "network": "3",
    "touched": "23|26|4663",
    "account_elsewhere": "4624",
    "place_elsewhere": "11",
}
_FIELDS = {
    "pile": "Computer, User, Image, TargetFilename",
    "processes": "Computer, User, Image, CommandLine, ParentImage",
    "logons": "Computer, TargetUserName, LogonType, IpAddress",
    "network": "Computer, User, Image, DestinationIp, DestinationPort, DestinationHostname",
    "touched": "Computer, User, Image, EventID, path",
    "account_elsewhere": "Computer, TargetUserName, LogonType, IpAddress",
    "place_elsewhere": "Computer, User, Image, TargetFilename",
}
_ACCOUNTS = {"processes": "User", "logons": "TargetUserName", "account_elsewhere": "TargetUserName"}


def query(question: str, subject: Subject) -> str | None:
    """Give one search."""
    host = rf"Computer matches /(?i)^{regex(subject.host)}(\..*)?$/" if subject.host else None
    place = f"path matches /(?i)^{regex(subject.place)}.*$/" if subject.place else None
    who = _ACCOUNTS.get(question)
    account = rf"{who} matches /(?i)^(.*\\)?{regex(subject.account)}(@.*)?$/" if who and subject.account else None
    elsewhere = f"!({host})" if host else ""
    wanted = {
        "pile": (host, place),
        "processes": (host,),
        "logons": (host,),
        "network": (host,),
        "touched": (host, place),
        "account_elsewhere": (account,),
        "place_elsewhere": (place,),
    }[question]
    if not all(wanted):
        return None
    also = [account] if account and question in {"processes", "logons"} else []
    also += [elsewhere] if elsewhere and question.endswith("elsewhere") else []
    lines = [
        "_sourceCategory=*windows* OR _sourceCategory=*sysmon*",
        f"| where EventID matches /^({_EVENTS[question]})$/",
        "| if(isNull(TargetFilename), ObjectName, TargetFilename) as path",
        *(f"| where {each}" for each in (*wanted, *also)),
        *_times(question, subject),
        f"| fields _messageTime, {_FIELDS[question]}",
        "| sort by _messageTime asc",
    ]
    return "\n".join(lines)


def _times(question: str, subject: Subject) -> list[str]:
    time = subject.time_for(question)
    if time is None:
        return []
    first, last = (int(each.timestamp()) * 1000 for each in time)
    return [f"| where _messageTime >= {first} and _messageTime <= {last}"]
