"""
Linux audit log (`/var/log/audit/audit.log`, enriched format) with rules for execve, openat, unlinkat and connect.

https://github.com/linux-audit/audit-documentation/wiki; an audit event is several lines of one time and serial number.
"""

import shlex
from collections.abc import Sequence

from stashlight.simulation.acts import Act, Connect, Delete, Process, Start, Write

SENSOR: str = "auditd"

_CALLS = {Start: (59, "execve"), Write: (257, "openat"), Delete: (263, "unlinkat"), Connect: (42, "connect")}


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    lines: list[str] = []
    for serial, act in enumerate(acts, 84_138):
        if isinstance(act, Start | Write | Delete | Connect) and act.process.host.system == "linux":
            stamp = f"audit({act.time.timestamp():.3f}:{serial}):"
            node = f"node={act.process.host.name} "
            lines += [f"{node}type={kind} msg={stamp} {rest}\n" for kind, rest in _parts(act)]
    return {".audit.log": "".join(lines).encode()} if lines else {}


def _parts(act: Start | Write | Delete | Connect) -> list[tuple[str, str]]:
    parts = [("SYSCALL", _call(act))]
    match act:
        case Start():
            words = _words(act.process.command)
            arguments = " ".join(f"a{n}={_value(word)}" for n, word in enumerate(words))
            parts += [("EXECVE", f"argc={len(words)} {arguments}"), ("CWD", f'cwd="{_home(act.process)}"')]
            parts.append(("PATH", f'item=0 name="{act.process.image}" inode=131 nametype=NORMAL'))
        case Write() | Delete():
            what = "CREATE" if isinstance(act, Write) else "DELETE"
            parent, _, _ = act.path.rpartition("/")
            parts.append(("CWD", f'cwd="{_home(act.process)}"'))
            parts.append(("PATH", f"item=0 name={_value(parent + '/')} inode=130 nametype=PARENT"))
            parts.append(("PATH", f"item=1 name={_value(act.path)} inode=132 nametype={what}"))
        case Connect():
            octets = bytes(int(octet) for octet in act.address.split("."))
            end = b"\x02\x00" + act.port.to_bytes(2, "big") + octets + bytes(8)  # AF_INET, as the kernel has it
            parts.append(("SOCKADDR", f"saddr={end.hex().upper()}"))
    return [*parts, ("EOE", "")]


def _call(act: Start | Write | Delete | Connect) -> str:
    number, name = _CALLS[type(act)]
    process = act.process
    uid = 0 if process.account == "root" else 1000
    return (
        f"arch=c000003e syscall={number} success=yes exit=0 a0=7ffd a1=7ffe a2=0 a3=0 items=2"
        f" ppid={process.parent.pid if process.parent else 1} pid={process.pid} auid={uid} uid={uid} gid={uid}"
        f' tty=pts0 ses=4 comm="{process.image.rsplit("/", 1)[-1][:15]}" exe="{process.image}" key="stashlight"'
        f'\x1dARCH=x86_64 SYSCALL={name} AUID="{process.account}" UID="{process.account}" GID="{process.account}"'
    )


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # quotes that do not close: the words as they stand
        return command.split()


def _value(text: str) -> str:
    """Write text as the kernel does: quoted, or as hex if it holds blanks, quotes or control characters."""
    if any(c <= " " or c in '"\x7f' for c in text) or not text.isascii():
        return text.encode().hex().upper()
    return f'"{text}"'


def _home(process: Process) -> str:
    return "/root" if process.account == "root" else f"/home/{process.account}"
