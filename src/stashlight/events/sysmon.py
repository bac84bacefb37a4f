"""
Sysmon, on Windows and Linux.

Fields: https://learn.microsoft.com/sysinternals/downloads/sysmon

Not taken, on purpose: 2 (creation time changed), 17/18 (pipes), and 29 (executable written), which repeats an event 11
of the same file for executables only.
11 also tells of overwritten files and of directories; it has no size, no hash, and `User` since 13.30 only.
"""

from collections.abc import Mapping

from stashlight.events.schema import Kind
from stashlight.events.vocabulary import Every, First, Meaning, Source, Vocabulary

__all__ = ["EVENTS", "LINUX", "VOCABULARY"]

_TIMES = ("UtcTime",)

_ACTOR: Mapping[str, Source] = {
    "account": "User",
    "process_guid": First(("ProcessGuid", "ProcessGUID"), by="guid"),
    "process_id": "ProcessId",
    "process_path": "Image",
}
_TARGET: Mapping[str, Source] = {
    **_ACTOR,
    "file_path": "TargetFilename",
    # A write over SMB is logged on the server only, as an act of the kernel (pid 4, Image "System").
    "is_remote": Every(("Image", "ProcessId"), by="is_kernel"),
}
_DELETED: Mapping[str, Source] = {**_TARGET, "hashes": "Hashes", "file_sha256": First(("Hashes",), by="sha256")}

EVENTS: Mapping[int | tuple[str, str], Meaning] = {
    1: Meaning(
        Kind.PROCESS_START,
        {
            **_ACTOR,
            "logon_id": "LogonId",
            "command_line": "CommandLine",
            "current_directory": "CurrentDirectory",
            "original_file_name": First(("OriginalFileName",), by="version"),
            "file_description": First(("Description",), by="version"),
            "company": First(("Company",), by="version"),
            "product": First(("Product",), by="version"),
            "file_version": First(("FileVersion",), by="version"),
            "integrity_level": "IntegrityLevel",
            "hashes": "Hashes",
            "parent_guid": First(("ParentProcessGuid", "ParentProcessGUID"), by="guid"),
            "parent_id": "ParentProcessId",
            "parent_path": "ParentImage",
            "parent_command_line": "ParentCommandLine",
            "parent_account": "ParentUser",
        },
        _TIMES,
    ),
    3: Meaning(
        Kind.NETWORK_CONNECT,
        {
            **_ACTOR,
            "source_ip": First(("SourceIp",), by="address"),
            "source_port": "SourcePort",
            "destination_ip": First(("DestinationIp",), by="address"),
            "destination_port": "DestinationPort",
            "destination_host": "DestinationHostname",
            "initiated": "Initiated",
            "protocol": "Protocol",
        },
        _TIMES,
    ),
    11: Meaning(Kind.FILE_CREATE, _TARGET, _TIMES),
    15: Meaning(
        Kind.FILE_STREAM,
        {
            **_TARGET,
            "hashes": First(("Hash", "Hashes")),
            "file_sha256": First(("Hash", "Hashes"), by="sha256"),
            "stream_contents": "Contents",
        },
        _TIMES,
    ),
    23: Meaning(Kind.FILE_DELETE, _DELETED, _TIMES),
    26: Meaning(Kind.FILE_DELETE, _DELETED, _TIMES),
}

VOCABULARY = Vocabulary("sysmon", ("microsoft-windows-sysmon",), ("microsoft-windows-sysmon/operational",), EVENTS)
# Sysmon for Linux speaks the same fields: https://github.com/Sysinternals/SysmonForLinux
LINUX = Vocabulary("sysmon_linux", ("linux-sysmon",), ("linux-sysmon/operational",), EVENTS)
