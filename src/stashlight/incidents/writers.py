"""
What kind of program wrote a pile, and whether the place is its own.

The best single separator of staging from ordinary life is that the writer does not own the place. A program is judged by
where its image lies and what its version resource says, never by its name alone: names are an attacker's to choose.
"""

import re
from typing import Final

from stashlight.events.paths import normalise
from stashlight.frozen import frozen
from stashlight.incidents.lineage import Lineage, Process
from stashlight.incidents.piles import Pile
from stashlight.incidents.places import within

__all__ = ["GENERIC", "SHELLS", "Writer", "image_name", "is_protected", "masquerades", "renamed", "writer_of"]

SHELLS: Final = frozenset(
    "cmd powershell pwsh powershell_ise cscript wscript mshta bash sh dash zsh ksh python python3 pythonw perl ruby php "
    "node rundll32 regsvr32 msbuild installutil wmic xcopy robocopy copy cp mv rsync dd cat tee forfiles find tar ftp certutil "
    "bitsadmin esentutl ntdsutil reg makecab expand extrac32 awk sed".split()
)

# Parents that start everything: sharing them joins nothing.
GENERIC: Final = frozenset(
    "explorer services svchost winlogon userinit wininit system smss csrss lsass taskeng taskhostw sihost runtimebroker "
    "systemd init launchd cron crond atd sshd login containerd-shim dockerd kthreadd wmiprvse w3wp sqlservr sqlagent "
    "conhost dllhost msiexec ccmexec java httpd nginx tomcat apache2".split()
)

# System programs whose name is worth borrowing, and the only places where they live.
_SYSTEM_NAMES: Final = frozenset(
    "svchost lsass services csrss smss winlogon wininit spoolsv explorer taskhostw dllhost rundll32 conhost lsm "
    "searchindexer wuauclt ctfmon sihost runtimebroker msdtc".split()
)
_SYSTEM_HOMES: Final = re.compile(
    r"\A[a-z]:\\windows\\(?:system32\\|syswow64\\|winsxs\\|systemapps\\|immersivecontrolpanel\\)?[^\\]*\Z|\A[a-z]:\\windows\\(?:winsxs|systemapps)\\"
)

_PROTECTED: Final = re.compile(
    r"\A[a-z]:\\(?:windows|program files|program files \(x86\)|windowsazure|packages\\plugins)\\|\A/(?:usr|bin|sbin|lib|opt|snap)/"
)
_SOFT_IN_WINDOWS: Final = re.compile(
    r"\A[a-z]:\\windows\\(?:temp|tasks|debug|tracing|fonts|help|media|registration|system32\\(?:spool|tasks|com\\dmp|microsoft\\crypto|config)|"
    r"servicep[^\\]+\\[^\\]+\\appdata|\$ntuninstall|pla|inf|ime|repair|addins|vss)\\"
)


# Archivers, senders, dumpers, interpreters that intruders bring under another name (ATT&CK T1036.003).
_HIDDEN_TOOLS: Final = frozenset(
    "rar winrar 7z 7za 7zr 7zg 7-zip rclone psexec psexesvc adfind procdump plink pscp psftp winscp sdelete curl wget megasync megacmd "
    "autohotkey autoit3 powershell pwsh cmd cscript wscript mshta rundll32 regsvr32 certutil bitsadmin net net1 xcopy robocopy "
    "ntdsutil esentutl makecab tar python pythonw nc ncat mimikatz sharphound adexplorer nircmd chisel frpc ngrok".split()
)

# System programs write no documents of people; what does so in their name was injected or abused.
_PAPERS: Final = 10

# Every program that Microsoft ships here has a version resource.
_BARE: Final = re.compile(r"[a-z]:\\windows\\(?:(?:system32|syswow64)\\)?[^\\]+\Z")


@frozen
class Writer:
    """
    The program behind a pile, judged.

    `kind` is shell, foreign (lies where users can write), nameless (and has no version resource), masked (claims to be
    another program), system (a part of Windows that writes documents), explorer, remote, installed, unknown; `owns` if
    the place belongs to it; `reason` in words.
    """

    kind: str
    name: str
    owns: bool
    reason: str


def image_name(path: str | None) -> str:
    """Give the folded program name of a path, without `.exe`."""
    return re.sub(r"\.exe\Z", "", re.split(r"[\\/]", path)[-1]) if path else ""


def is_protected(path: str | None) -> bool:
    """True if only administrators can write where this image lies."""
    if not path:
        return False
    path = normalise(path)
    return bool(_PROTECTED.match(path) and not _SOFT_IN_WINDOWS.match(path))


def masquerades(process: Process | None, path: str | None) -> str | None:
    """Say how the program claims to be another one, None if it does not."""
    name = image_name(path)
    if path and path[1:3] == ":\\" and name in _SYSTEM_NAMES and not _SYSTEM_HOMES.match(path):
        return f"{name}.exe does not live in {path.rpartition(chr(92))[0]}"
    if path and name == "explorer" and "\\syswow64\\" in path:
        return None
    original = process.original if process else None
    return f"{name}.exe was built as {original}" if original and renamed(path, original) else None


def renamed(path: str | None, original: str | None) -> bool:
    """
    True if a tool worth hiding, by its version resource, carries another name where users can write.

    Only such tools: every Electron program was built as `electron.exe`, and side-loading hosts keep their own names.
    """
    built = re.sub(r"(?:64|a|-con|console)?(?:\.exe|\.mui|\.dll)+\Z", "", original or "")
    name = image_name(path)
    # `7za.exe` built as `7za.exe` is no disguise: what comes off one name comes off the other.
    plain = re.sub(r"(?:64|a|-con|console)\Z", "", name)
    hidden = built in _HIDDEN_TOOLS and name and not is_protected(path)
    return bool(hidden and not _similar(built, name) and not _similar(built, plain))


def _strays(path: str, process: Process | None) -> bool:
    """True if an interpreter lies in a temporary directory, or where users can write and has no version resource."""
    if is_protected(path) or path.startswith("/") or "\\appdata\\local\\programs\\" in path:
        return False
    bare = process is not None and process.provider != "security" and not (process.original or process.company)
    return bare or bool(re.search(r"\\te?mp\\", path))


def _similar(left: str, right: str) -> bool:
    """True if one name is the other but for digits, bitness and version: `7za` and `7z`, `setup_1.2` and `setup`."""
    a, b = (re.sub(r"[\W_\d]+|x64|x86|win", "", n) for n in (left, right))
    return a == b or (len(a) > 2 and len(b) > 2 and (a.startswith(b) or b.startswith(a)))


def writer_of(pile: Pile, lineage: Lineage) -> Writer:
    """Judge the program that wrote a pile."""
    if pile.is_remote:
        return Writer(
            "remote",
            "System",
            False,
            f"written over the network by {pile.account or 'an unknown account'} from {pile.client or 'an unknown host'}",
        )
    process = lineage.get(pile.process_key)
    path = pile.process_path or (process.path if process else None)
    path = normalise(path) if path else None
    name = image_name(path)
    if not path:
        return Writer("unknown", "", False, "the source does not say which program wrote")
    mask = masquerades(process, path)
    if mask:
        return Writer("masked", name, False, mask)
    if name in SHELLS and not _strays(path, process):
        return Writer("shell", name, False, f"{name} writes what it is told to")
    if name == "explorer":
        if "\\syswow64\\" in path:
            return Writer("masked", name, False, "the 32-bit explorer.exe is not a user's shell")
        return Writer("explorer", name, False, "copied by hand in Explorer")
    owns = _owns(path, name, process, pile.place)
    if is_protected(path):
        if (
            process is not None
            and process.provider in ("sysmon", "defender")
            and _BARE.match(path)
            and not (process.original or process.company or process.description)
        ):
            return Writer("nameless", name, False, f"{name} lies in a system directory but has no version resource")
        papers = pile.classes.get("document", 0) + pile.classes.get("mail", 0) + pile.classes.get("design", 0)
        if "\\windows\\" in path and papers >= _PAPERS and not owns and "\\serviceprofiles\\" not in pile.place:
            return Writer("system", name, False, f"{name}, a part of Windows, writes {papers:,} documents")
        return Writer("installed", name, owns, f"installed program {name}")
    if (
        process is not None
        and process.provider != "security"
        and not (process.original or process.company or process.description)
    ):
        return Writer("nameless", name, owns, f"{path} lies where ordinary users can write and has no version resource")
    return Writer("foreign", name, owns, f"{path} lies where ordinary users can write")


def _owns(path: str, name: str, process: Process | None, place: str) -> bool:
    """True if the place lies in the program's own folder, or carries the name of the program, its product or its maker."""
    home = path.rpartition("\\" if "\\" in path else "/")[0]
    if is_protected(path) and within(place, home):
        return True
    words = {w for w in re.split(r"[\W_]+", name) if len(w) > 2}
    if process and is_protected(path):
        words |= {
            w for text in (process.company, process.description) for w in re.split(r"[\W_]+", text or "") if len(w) > 3
        }
    words -= {
        "windows",
        "microsoft",
        "host",
        "service",
        "agent",
        "client",
        "corporation",
        "system",
        "update",
        "setup",
        "program",
        "manager",
    }
    parts = re.split(r"[\\/]", place)
    return any(word in part for word in words for part in parts)
