r"""
Functions that turn a record's values into a column's, by the names under which the vocabularies ask for them.

`ONE` take one value, `MANY` take several; all are pure and give None for what they do not understand.
Values arrive as the container had them: text, numbers, booleans, lists.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import cast

import orjson

from stashlight.events import identity, paths
from stashlight.events.identity import NOTHING
from stashlight.events.schema import fold
from stashlight.events.wrapping import inside

__all__ = ["MANY", "ONE", "number", "text", "truth"]

_INT64 = 1 << 63
_LOOPBACK = frozenset({"127.0.0.1", "::1", "0:0:0:0:0:0:0:1", "local"})
# https://www.iana.org/assignments/protocol-numbers
_IP_PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
# https://learn.microsoft.com/windows-server/identity/securing-privileged-access/reference-tools-logon-types
_LOGON_TYPES = {
    "interactive": 2,
    "network": 3,
    "batch": 4,
    "service": 5,
    "unlock": 7,
    "networkcleartext": 8,
    "newcredentials": 9,
    "remoteinteractive": 10,
    "cachedinteractive": 11,
    "cachedremoteinteractive": 12,
    "cachedunlock": 13,
}
_REMOTE_LOGONS = frozenset({3, 8, 10, 12})
_KERNEL_IMAGES = frozenset({"system", "ntoskrnl.exe"})


def text(value: object) -> str | None:
    """Give text as written; Windows' fillers are None, lists become lines."""
    if isinstance(value, str):
        return None if len(value) < 7 and value in NOTHING else value
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict | list):
        return "\n".join(filter(None, map(_said, _values(cast("object", value))))) or None
    return _said(value)


def _said(value: object) -> str | None:
    """Write any value as text: scalars as they are, Parquet's times in ISO, what is nested deeper as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        try:
            return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
        except TypeError:
            return "(nested too deeply)"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def number(value: object) -> int | None:
    """Give a whole number, decimal or 0x…; None outside 64 bits."""
    if isinstance(value, str):
        value = value.strip()
        try:
            if value[:2] in {"0x", "0X"}:
                whole = int(value, 16)
            elif value.isascii() and (value.isdigit() or value[:1] == "-"):
                whole = int(value)
            else:
                return None
        except ValueError:
            return None
    elif isinstance(value, bool):
        return None
    elif isinstance(value, int):
        whole = value
    elif isinstance(value, float) and value.is_integer():
        whole = int(value)
    else:
        return None
    return whole if -_INT64 <= whole < _INT64 else None


def truth(value: object) -> bool | None:
    """Give true or false for what says so: true, "True", 1, "0"."""
    if isinstance(value, bool):
        return value
    said = fold(value) if isinstance(value, str) else str(value)
    return True if said in {"true", "1"} else False if said in {"false", "0"} else None


def _values(value: object) -> list[object]:
    """Give the unnamed values of an event (`Data: {"#text": [...]}`, a list, one text) in order."""
    if described := inside(value):
        value = described.get("#text", described)
    if isinstance(value, list):
        return cast("list[object]", value)
    return [] if value is None or value == {} else [value]


def _guid(value: object) -> str | None:
    return identity.guid(text(value))


def _lower(value: object) -> str | None:
    said = text(value)
    return None if said is None else fold(said)


def _version(value: object) -> str | None:
    # Sysmon before 10 wrote "?" for a missing version resource.
    said = text(value)
    return None if said == "?" else said


def _sid(value: object) -> str | None:
    said = text(value)
    return None if said == "S-1-0-0" else said


def _address(value: object) -> str | None:
    said = text(value)
    if said is None:
        return None
    return said[7:] if said[:7].lower() == "::ffff:" else said


def _is_elsewhere(value: object) -> bool | None:
    said = _address(value)
    return None if said is None else fold(said) not in _LOOPBACK


def _sha256(value: object) -> str | None:
    found = re.search(r"\bSHA256=([0-9A-Fa-f]{64})(?![0-9A-Fa-f])", text(value) or "")
    return found[1].lower() if found else None


def _outbound(value: object) -> bool | None:
    # %%14592 inbound, %%14593 outbound: https://learn.microsoft.com/previous-versions/windows/it-pro/windows-10/security/threat-protection/auditing/event-5156
    said = fold(text(value) or "")
    return True if said in {"%%14593", "outbound"} else False if said in {"%%14592", "inbound"} else None


def _ip_protocol(value: object) -> str | None:
    said = text(value)
    return None if said is None else _IP_PROTOCOLS.get(said, said)


def _logon_type(value: object) -> int | None:
    said = text(value)
    return None if said is None else _LOGON_TYPES.get(fold(said), number(said))


def _is_remote_logon(value: object) -> bool | None:
    kind = _logon_type(value)
    return None if kind is None else kind in _REMOTE_LOGONS


def _is_remote_request(value: object) -> bool | None:
    return {"smb": True, "nfs": True, "local": False}.get(fold(text(value) or ""))


def _is_kernel(image: object, pid: object) -> bool | None:
    said = text(image)
    if said is not None and fold(said) in _KERNEL_IMAGES:
        return True
    process_id = number(pid)
    if process_id is None:
        return None if said is None else False
    return process_id == 4


def _account(domain: object, name: object) -> str | None:
    return identity.join_account(text(domain), text(name))


def _account_or_upn(domain: object, name: object, upn: object) -> str | None:
    return _account(domain, name) or text(upn)


def _has_target(name: object) -> bool:
    return text(name) is not None


def _target_or_subject(target_domain: object, target: object, domain: object, name: object) -> str | None:
    return _account(target_domain, target) or _account(domain, name)


def _target_or_subject_sid(target: object, target_sid: object, sid: object) -> str | None:
    return _sid(target_sid) if _has_target(target) else _sid(sid)


def _target_or_subject_logon(target: object, target_logon: object, logon: object) -> int | None:
    return number(target_logon) if _has_target(target) else number(logon)


def _requester(
    protocol: object, domain: object, name: object, own_domain: object, own_name: object, upn: object
) -> str | None:
    asked = _account(domain, name) if _is_remote_request(protocol) else None
    return asked or _account_or_upn(own_domain, own_name, upn)


def _requester_sid(protocol: object, sid: object, own_sid: object) -> str | None:
    return _sid(sid) if _is_remote_request(protocol) and text(sid) else _sid(own_sid)


def _shared_file(local: object, share: object, relative: object, host: object) -> str | None:
    r"""Give the local path below the share; `\\host\share\…` if the event does not say where the share lies."""
    name, below, root, server = text(share), text(relative), text(local), text(host)
    share_name = paths.base(name) if name else ""
    if fold(share_name) == "ipc$":
        # Named pipes, not files.
        return None
    if root is None:
        if not share_name or server is None:
            return None
        root = f"\\\\{server}\\{share_name}"
    elif root.startswith("\\??\\"):
        root = root[4:]
    return root if below is None or below == "\\" else paths.join(root, below)


def _folder_path(folder: object, name: object) -> str | None:
    r"""Give the whole path, whether FolderPath holds the file name or not."""
    where, what = text(folder), text(name)
    if where is None or what is None:
        return where or what
    return where if fold(paths.base(where)) == fold(what) else paths.join(where, what)


def _hashes(sha1: object, sha256: object, md5: object) -> str | None:
    named = (("SHA1", text(sha1)), ("SHA256", text(sha256)), ("MD5", text(md5)))
    return ",".join(f"{n}={v}" for n, v in named if v) or None


def _aggregated(action: object, additional: object) -> int:
    said = text(action)
    if said is None or not said.endswith("AggregatedReport"):
        return 1
    fields: object = additional
    if isinstance(additional, str):
        try:
            fields = orjson.loads(additional)
        except orjson.JSONDecodeError:
            return 1
    return max(1, number(inside(fields).get("uniqueEventsAggregated")) or 1)


def _line(said: str | None, *labels: str) -> str | None:
    """Find `label = value` at the start of a line: ContextInfo of 4103 ("User = x"), context of 800 ("UserId=x")."""
    if said is None:
        return None
    for label in labels:
        at = said.find(label)
        while at >= 0:
            end = said.find("\n", at)
            line = said[at + len(label) : end if end >= 0 else None].lstrip(" \t")
            begun = said[said.rfind("\n", 0, at) + 1 : at]
            if line.startswith("=") and not begun.strip():
                return text(line[1:].strip())
            at = said.find(label, at + len(label))
    return None


def _context_application(value: object) -> str | None:
    return _line(text(value), "Host Application", "HostApplication")


def _context_script(value: object) -> str | None:
    return _line(text(value), "Script Name", "ScriptName")


def _context_user(context: object, domain: object, name: object) -> str | None:
    return _line(text(context), "User", "UserId") or _account(domain, name)


def _pipeline_user(value: object) -> str | None:
    return _line(text(value), "UserId", "User")


def _pipeline_text(data: object, message: object) -> str | None:
    """Give pipeline and details of an event 800: the first and third unnamed value, or the whole message."""
    values = [v for v in map(text, _values(data)[::2]) if v]
    return "\n".join(values) if values else text(message)


_DATABASE = re.compile(r"\(\d+, ([^\r\n]{1,4096}?)\)\.")
_DATABASE_PID = re.compile(r"\A\S+ \((\d+),")


def _database_path(data: object, message: object) -> str | None:
    values = _values(data)
    if len(values) > 4:
        return text(values[4])
    found = _DATABASE.search(text(message) or "")
    return found[1] if found else None


def _database_pid(data: object, message: object) -> int | None:
    values = _values(data)
    if len(values) > 4:
        # "3392", or "2772,D,100" since Windows 10.
        return number((text(values[1]) or "").partition(",")[0])
    found = _DATABASE_PID.match(text(message) or "")
    return number(found[1]) if found else None


ONE: dict[str, Callable[[object], str | int | bool | None]] = {
    "address": _address,
    "context_application": _context_application,
    "context_script": _context_script,
    "guid": _guid,
    "ip_protocol": _ip_protocol,
    "is_elsewhere": _is_elsewhere,
    "is_remote_logon": _is_remote_logon,
    "is_remote_request": _is_remote_request,
    "logon_type": _logon_type,
    "lower": _lower,
    "outbound": _outbound,
    "pipeline_application": _context_application,
    "pipeline_script": _context_script,
    "pipeline_user": _pipeline_user,
    "sha256": _sha256,
    "sid": _sid,
    "version": _version,
}

MANY: dict[str, Callable[..., str | int | bool | None]] = {
    "account": _account,
    "account_or_upn": _account_or_upn,
    "aggregated": _aggregated,
    "context_user": _context_user,
    "database_path": _database_path,
    "database_pid": _database_pid,
    "folder_path": _folder_path,
    "hashes": _hashes,
    "is_kernel": _is_kernel,
    "pipeline_text": _pipeline_text,
    "requester": _requester,
    "requester_sid": _requester_sid,
    "shared_file": _shared_file,
    "target_or_subject": _target_or_subject,
    "target_or_subject_logon": _target_or_subject_logon,
    "target_or_subject_sid": _target_or_subject_sid,
}
