"""
An event's rendered message → the event's fields, for carriers that keep nothing else.

Sysmon writes `Field: value` lines; the Security log titled sections with labels of its own; PowerShell's 4104 the script
between two set phrases. English only: the text is Windows' own and is translated with it, the field names are not.
Sources: the events' own templates, https://learn.microsoft.com/previous-versions/windows/it-pro/windows-10/security/threat-protection/auditing/event-4688
"""

import re
from collections.abc import Mapping

__all__ = ["fields_of", "message_of"]

_MOF_MESSAGE = re.compile(r'\bMessage = "((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SCRIPT = re.compile(
    r"\ACreating Scriptblock text \((\d+) of (\d+)\):\r?\n(.*)\r?\n\r?\nScriptBlock ID: (\S+)\r?\nPath: ?(.*)",
    re.DOTALL,
)

_WHO: Mapping[str, str] = {
    "security id": "UserSid",
    "account name": "UserName",
    "account domain": "DomainName",
    "logon id": "LogonId",
}
_WHOSE: Mapping[str, str] = {
    "subject": "Subject",
    "creator subject": "Subject",
    "target subject": "Target",
    "new logon": "Target",
}
# Label → fields, where the label means the same in whatever section it stands.
_LABELS: Mapping[str, tuple[str, ...]] = {
    "new process id": ("NewProcessId",),
    "new process name": ("NewProcessName",),
    "mandatory label": ("MandatoryLabel",),
    "creator process id": ("ProcessId",),
    "creator process name": ("ParentProcessName",),
    "process command line": ("CommandLine",),
    "process id": ("ProcessId", "ProcessID"),
    "process name": ("ProcessName",),
    "application name": ("Application",),
    "object type": ("ObjectType",),
    "object name": ("ObjectName",),
    "access mask": ("AccessMask",),
    "logon type": ("LogonType",),
    "workstation name": ("WorkstationName",),
    "source network address": ("IpAddress",),
    "source address": ("IpAddress", "SourceAddress"),
    "source port": ("IpPort", "SourcePort"),
    "destination address": ("DestAddress",),
    "destination port": ("DestPort",),
    "direction": ("Direction",),
    "protocol": ("Protocol",),
    "share name": ("ShareName",),
    "share path": ("ShareLocalPath",),
    "relative target name": ("RelativeTargetName",),
}


def message_of(raw: str) -> str | None:
    """Give the message of an event in WMI's text form, `instance of Win32_NTLogEvent { … Message = "…"; };`."""
    found = _MOF_MESSAGE.search(raw)
    return _ESCAPE.sub(r"\1", found[1]) if found else None


def fields_of(message: str, provider: str) -> dict[str, object]:
    """Give the fields that the message of a (folded) provider tells; none for a provider that is not known."""
    if provider.endswith("sysmon"):
        return _lines(message)
    if provider == "microsoft-windows-security-auditing":
        return _sections(message)
    found = _SCRIPT.match(message) if provider == "microsoft-windows-powershell" else None
    if found is None:
        return {}
    names = ("MessageNumber", "MessageTotal", "ScriptBlockText", "ScriptBlockId", "Path")
    return dict(zip(names, found.groups(), strict=True))


def _lines(message: str) -> dict[str, object]:
    fields: dict[str, object] = {}
    for line in message.splitlines():
        name, colon, value = line.partition(": ")
        if colon and name.isidentifier():
            fields.setdefault(name, value)
    return fields


def _sections(message: str) -> dict[str, object]:
    fields: dict[str, object] = {}
    section = ""
    for line in message.splitlines():
        label, colon, value = line.partition(":")
        label, value = label.strip().casefold(), value.strip()
        if not colon:
            continue
        if not value and line[:1] not in {" ", "\t"}:
            section = label
        elif label in _WHO and section in _WHOSE:
            fields.setdefault(_WHOSE[section] + _WHO[label], value)
        else:
            for name in _LABELS.get(label, ()):
                fields.setdefault(name, value)
    return fields
