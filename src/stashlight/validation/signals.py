"""
The signals by which logs tell of a procedure: one for each kind of record.

Names are those that an administrator switches on: `Sysmon 1`, `Security 4688`, `DeviceProcessEvents`. `FAMILIES` are
those that show the same, so that an expectation holds in whatever shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["FAMILIES", "SENSORS", "SIGNALS", "Signal", "label"]


@dataclass(frozen=True, slots=True)
class Signal:
    """One kind of record; `where` is a condition over `events`, `switch` says how to have it logged."""

    name: str
    sensor: str
    where: str
    switch: str


_SYSMON = "Sysmon with a configuration that includes the event"
_SHARE = "audit policy Object Access > "
_MDE = "Defender for Endpoint"


def _of(provider: str, *ids: int) -> str:
    return f"provider = '{provider}' AND event_id IN ({', '.join(map(str, ids))})"


def _kind(provider: str, kind: str) -> str:
    return f"provider = '{provider}' AND kind = '{kind}'"


SIGNALS: tuple[Signal, ...] = (
    Signal("Sysmon 1", "windows", _of("sysmon", 1), _SYSMON),
    Signal("Sysmon 3", "windows", _of("sysmon", 3), _SYSMON),
    Signal("Sysmon 11", "windows", _of("sysmon", 11), _SYSMON),
    Signal("Sysmon 23/26", "windows", _of("sysmon", 23, 26), _SYSMON),
    Signal("Security 4624", "windows", _of("security", 4624), "audit policy Logon/Logoff > Logon"),
    Signal(
        "Security 4663", "windows", _of("security", 4663), f"{_SHARE}File System, and an audit entry on the folders"
    ),
    Signal(
        "Security 4688",
        "windows",
        _of("security", 4688),
        "audit policy Detailed Tracking > Process Creation, with the command line included by policy",
    ),
    Signal("Security 5140", "windows", _of("security", 5140), f"{_SHARE}File Share"),
    Signal("Security 5145", "windows", _of("security", 5145), f"{_SHARE}Detailed File Share"),
    Signal("PowerShell 4104", "windows", _of("powershell", 4104), "policy Turn on PowerShell Script Block Logging"),
    Signal("PowerShell 4103", "windows", _of("powershell", 4103), "policy Turn on Module Logging"),
    Signal(
        "PowerShell 800", "windows", _of("powershell", 800), "policy Turn on Module Logging (Windows PowerShell log)"
    ),
    Signal("DeviceProcessEvents", "defender", _kind("defender", "process_start"), _MDE),
    Signal(
        "DeviceFileEvents",
        "defender",
        "provider = 'defender' AND kind IN ('file_create', 'file_rename', 'file_delete')",
        _MDE,
    ),
    Signal("DeviceNetworkEvents", "defender", _kind("defender", "network_connect"), _MDE),
    Signal("DeviceLogonEvents", "defender", _kind("defender", "logon"), _MDE),
    Signal("Linux Sysmon 1", "sysmon_linux", _of("sysmon_linux", 1), "Sysmon for Linux"),
    Signal("Linux Sysmon 3", "sysmon_linux", _of("sysmon_linux", 3), "Sysmon for Linux"),
    Signal("Linux Sysmon 11", "sysmon_linux", _of("sysmon_linux", 11), "Sysmon for Linux"),
    Signal("Linux Sysmon 23", "sysmon_linux", _of("sysmon_linux", 23, 26), "Sysmon for Linux"),
    Signal("auditd execve", "auditd", _kind("auditd", "process_start"), "audit rule -S execve"),
    Signal("auditd connect", "auditd", _kind("auditd", "network_connect"), "audit rule -S connect"),
    Signal("auditd create", "auditd", _kind("auditd", "file_create"), "audit rules -S openat,creat with -F success=1"),
    Signal("auditd delete", "auditd", _kind("auditd", "file_delete"), "audit rules -S unlink,unlinkat"),
)

SENSORS: Mapping[str, frozenset[str]] = {
    "windows": frozenset({"windows", "defender"}),
    "linux": frozenset({"sysmon_linux", "auditd"}),
    "macos": frozenset({"defender"}),
}
"""Who sees what happens on a system."""

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "process": ("Sysmon 1", "Security 4688", "DeviceProcessEvents", "Linux Sysmon 1", "auditd execve"),
    # Process starts that tell what the program was built as, whatever its file is called.
    "version": ("Sysmon 1", "DeviceProcessEvents"),
    "file": ("Sysmon 11", "DeviceFileEvents", "Linux Sysmon 11", "auditd create"),
    "deletion": ("Sysmon 23/26", "DeviceFileEvents", "Linux Sysmon 23", "auditd delete"),
    "connection": ("Sysmon 3", "DeviceNetworkEvents", "Linux Sysmon 3", "auditd connect"),
    "logon": ("Security 4624", "DeviceLogonEvents"),
    "share": ("Security 5140", "Security 5145"),
    "read": ("Security 4663",),
    "script": ("PowerShell 4104",),
    "module": ("PowerShell 4103",),
    "pipeline": ("PowerShell 800",),
}


def label() -> str:
    """Give the SQL that names the signal of an event; NULL if it is none of these."""
    cases = " ".join(f"WHEN {signal.where} THEN '{signal.name}'" for signal in SIGNALS)
    return f"CASE {cases} END"
