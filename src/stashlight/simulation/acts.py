"""What happened on a machine, free of any log vocabulary: the noun of the simulation."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

__all__ = [
    "Act",
    "Connect",
    "Delete",
    "Host",
    "Logon",
    "Process",
    "Read",
    "Script",
    "ShareWrite",
    "Start",
    "Write",
    "draw",
]


@dataclass(frozen=True, slots=True)
class Host:
    """
    A machine; `domain` is its DNS domain, `address` its IPv4 address, `system` "windows", "linux" or "macos".

    `audits` says that everything is logged that can be: process starts and file reads in the Security log, too, and
    what PowerShell runs as modules and pipelines. `machine` are the 8 hex digits that its process GUIDs begin with.
    """

    name: str
    domain: str
    address: str
    system: str = "windows"
    audits: bool = False
    machine: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.name}.{self.domain}"


@dataclass(frozen=True, slots=True)
class Process:
    """A process; `name` and `description` are those of its version resource, whatever its file is called."""

    host: Host
    image: str
    command: str
    account: str
    started: datetime
    parent: "Process | None"
    name: str
    description: str
    company: str

    @property
    def pid(self) -> int:
        return 4 if self.image == "System" else 1000 + 4 * draw(6000, "pid", self.guid)

    @property
    def guid(self) -> str:
        digest = hashlib.blake2b(f"{self.host.name}|{self.image}|{self.command}|{self.started}".encode()).hexdigest()
        return f"{self.host.machine or digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-000000000400"


@dataclass(frozen=True, slots=True)
class Start:
    """A process started."""

    time: datetime
    process: Process


@dataclass(frozen=True, slots=True)
class Write:
    """A process made a file of `size` bytes."""

    time: datetime
    process: Process
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Delete:
    """A process deleted a file."""

    time: datetime
    process: Process
    path: str


@dataclass(frozen=True, slots=True)
class Read:
    """A process read a file whose reads are audited."""

    time: datetime
    process: Process
    path: str


@dataclass(frozen=True, slots=True)
class Script:
    """PowerShell ran a script block; `path` is the file that it came from, "" if it was typed."""

    time: datetime
    process: Process
    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Connect:
    """A process opened a TCP connection."""

    time: datetime
    process: Process
    address: str
    name: str
    port: int


@dataclass(frozen=True, slots=True)
class Logon:
    """An account logged on: `type` is Windows' logon type, `address` where it came from."""

    time: datetime
    host: Host
    account: str
    type: int
    address: str


@dataclass(frozen=True, slots=True)
class ShareWrite:
    """A file written over the network, as the server sees it; `process` is the server's kernel (pid 4)."""

    time: datetime
    process: Process
    account: str
    address: str
    share: str
    share_path: str
    relative: str
    size: int


Act = Start | Write | Delete | Read | Script | Connect | Logon | ShareWrite


def draw(below: int, *key: object) -> int:
    """Choose a number from 0 to `below` - 1 that depends on nothing but `key`."""
    digest = hashlib.blake2b("|".join(map(str, key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % below
