"""
Who is who across vocabularies: keys for hosts, accounts and processes that compare with `=`.

A key is None if the record does not say. Windows' own fillers ("-", "", "NULL", "(null)") say nothing.
"""

import re

from stashlight.events.schema import fold

__all__ = ["NOTHING", "account_key", "guid", "host_key", "join_account", "process_key"]

NOTHING = frozenset({"", "-", "NULL", "null", "(null)", "(NULL)", "N/A", "n/a"})

# These names are translated on localised Windows and differ between vocabularies (4688 says HOST$ where Sysmon says
# NT AUTHORITY\SYSTEM); their identifiers do not. https://learn.microsoft.com/windows-server/identity/ad-ds/manage/understand-security-identifiers
_WELL_KNOWN = {"s-1-5-18": "system", "s-1-5-19": "local service", "s-1-5-20": "network service"}
# Identifiers that stand for nobody in particular: 4624 writes them as the subject of a network logon.
_NOBODY = frozenset({"s-1-0-0"})
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}\Z", re.ASCII)
_NO_GUID = "00000000-0000-0000-0000-000000000000"


def host_key(host: str | None) -> str | None:
    """Give the folded name without its domain; an IP address stays whole."""
    if host is None:
        return None
    host = fold(host.strip().lstrip("\\"))
    if not host or host in NOTHING:
        return None
    if ":" in host or _IPV4.match(host):
        return host
    return host.split(".", 1)[0] or host


def join_account(domain: str | None, name: str | None) -> str | None:
    r"""Give DOMAIN\name, or the name alone if there is no domain."""
    if name is None or name in NOTHING:
        return None
    return name if domain is None or domain in NOTHING or "\\" in name or "@" in name else f"{domain}\\{name}"


def account_key(account: str | None, sid: str | None = None) -> str | None:
    """Give the folded name without domain; a well-known identifier beats the translated name, others stand in."""
    sid = fold(sid) if sid and sid not in NOTHING else None
    if sid in _WELL_KNOWN:
        return _WELL_KNOWN[sid]
    name = fold(account.rsplit("\\", 1)[-1].strip()) if account else ""
    if "@" in name.lstrip("@"):
        name = name.split("@", 1)[0] or name
    if not name or name in NOTHING:
        name = sid if sid and sid not in _NOBODY else ""
    return _WELL_KNOWN.get(name, name) or None


def guid(value: str | None) -> str | None:
    """Give a GUID folded and without braces; the all-zero one, which Sysmon writes for a process it missed, is None."""
    if value is None:
        return None
    value = fold(value.strip("{} \t\r\n"))
    return None if not value or value in NOTHING or value == _NO_GUID else value


def process_key(
    process_guid: str | None, host: str | None, pid: int | None, start_us: int | None, name: str | None
) -> str | None:
    """
    Give the identity of a process: its GUID, else `host|pid|start`, else `host|pid|name`.

    `start` is the creation time in µs, which Defender gives with every event, so that all its tables agree.
    The Security log gives none with 4663 or 5156, but the image: its keys end in the folded file name, which 4688 (full
    path), 4663 (full path) and 5156 (device path) share. Such a key is not unique for ever, as pids are used again:
    whoever joins by it takes the latest start before the event.
    """
    if process_guid is not None:
        return process_guid
    if host is None or pid is None:
        return None
    if start_us is not None:
        return f"{host}|{pid}|{start_us}"
    return f"{host}|{pid}|{name or ''}"
