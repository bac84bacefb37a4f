"""
The Linux audit system, keyed by ("audit", what happened); `audit_event` says what that is.

Fields as `flatten` names them, from the records of one event: https://github.com/linux-audit/audit-documentation/wiki
Best effort: which calls are seen depends on the audit rules, and a path may be relative to a directory the event omits.
"""

from collections.abc import Mapping

from stashlight.events.schema import Kind
from stashlight.events.vocabulary import First, Meaning, Source, Vocabulary

__all__ = ["VOCABULARY", "flatten"]

_ACTOR: Mapping[str, Source] = {
    "action": "syscall",
    "account": First(("user", "uid")),
    "process_id": "pid",
    "process_path": "exe",
    "parent_id": "ppid",
}
_FILE: Mapping[str, Source] = {**_ACTOR, "file_path": "path"}

VOCABULARY = Vocabulary(
    "auditd",
    (),
    (),
    {
        ("audit", "execve"): Meaning(
            Kind.PROCESS_START, {**_ACTOR, "command_line": "command", "current_directory": "cwd"}, ("time",)
        ),
        ("audit", "create"): Meaning(Kind.FILE_CREATE, _FILE, ("time",)),
        ("audit", "delete"): Meaning(Kind.FILE_DELETE, _FILE, ("time",)),
        ("audit", "rename"): Meaning(Kind.FILE_RENAME, {**_FILE, "previous_path": "previous"}, ("time",)),
        ("audit", "connect"): Meaning(
            Kind.NETWORK_CONNECT,
            {**_ACTOR, "destination_ip": First(("address",), by="address"), "destination_port": "port"},
            ("time",),
            {"initiated": True},
        ),
    },
)

# x86-64 and, where it differs, arm64: https://github.com/torvalds/linux/blob/master/include/uapi/asm-generic/unistd.h
_CALLS = {
    "59": "execve", "322": "execveat", "221": "execve", "281": "execveat",
    "82": "rename", "264": "renameat", "316": "renameat2", "276": "renameat2",
    "42": "connect", "203": "connect",
}  # fmt: skip

# EINPROGRESS: how a connection begins that nobody waits for.
_IN_PROGRESS = "-115"

Fields = dict[str, object]


def flatten(parts: list[dict[str, str]]) -> tuple[str, Fields]:
    """Give what happened and the fields that tell it: the parts of one audit event as one flat object."""
    whole: dict[str, str] = {}
    for part in parts:
        for name, value in part.items():
            # EXECVE's a0, a1 … are the command; SYSCALL's are numbers.
            if not (name[0] == "a" and name[1:].isdigit()):
                whole.setdefault(name, value)
    call = whole.get("syscall", "")
    call = _CALLS.get(call, call)
    fields: Fields = {**whole, "syscall": call or None}
    command = _command(parts) or whole.get("cmdline") or whole.get("proctitle")
    if command:
        fields["command"] = command
    # auditd's enriched format writes names beside numbers, in capitals.
    fields["user"] = whole.get("AUID") or whole.get("UID") or whole.get("user")
    if whole.get("AUID") in {None, "unset"}:
        fields["user"] = whole.get("UID") or whole.get("user")
    return _what(call, whole, parts, fields), fields


def _what(call: str, whole: Mapping[str, str], parts: list[dict[str, str]], fields: Fields) -> str:
    if whole.get("success") == "no" and not (call == "connect" and whole.get("exit") == _IN_PROGRESS):
        return f"{call or 'call'} that failed"
    if call.startswith("execve"):
        return "execve"
    if call == "connect":
        return "connect" if _address(whole.get("saddr", ""), fields) else "connect to no address"
    made = [_path(p, whole) for p in parts if p.get("nametype") == "CREATE" and p.get("name")]
    gone = [_path(p, whole) for p in parts if p.get("nametype") == "DELETE" and p.get("name")]
    if made:
        fields["path"] = made[0]
        fields["previous"] = gone[0] if gone else None
        return "rename" if call.startswith("rename") else "create"
    if gone:
        fields["path"] = gone[0]
        return "delete"
    return call or whole.get("type", "")


def _path(part: Mapping[str, str], whole: Mapping[str, str]) -> str:
    name, cwd = part["name"], whole.get("cwd", "")
    return name if name.startswith("/") or not cwd.startswith("/") else f"{cwd.rstrip('/')}/{name.removeprefix('./')}"


def _command(parts: list[dict[str, str]]) -> str:
    arguments = [p for p in parts if p.get("type") == "EXECVE"]
    return " ".join(p[name] for p in arguments for name in p if name[0] == "a" and name[1:].isdigit())


def _address(saddr: str, fields: Fields) -> bool:
    """Read a sockaddr in hex: family, port, address (IPv4 only; IPv6 has four bytes between)."""
    try:
        raw = bytes.fromhex(saddr)
    except ValueError:
        return False
    if raw[:2] == b"\x02\x00" and len(raw) >= 8:
        fields["address"] = ".".join(map(str, raw[4:8]))
    elif raw[:2] == b"\x0a\x00" and len(raw) >= 24:
        fields["address"] = ":".join(raw[i : i + 2].hex() for i in range(8, 24, 2))
    else:
        return False
    fields["port"] = int.from_bytes(raw[2:4], "big")
    return True
