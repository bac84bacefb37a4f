"""
What kind of place a directory is, and how far up a burst may be rolled.

A place earns points by kind, never alone an incident: most staging directories of the 147 ATT&CK procedures are
new folders below ordinary roots. The table is the deployable form of ATT&CK's mutable element `StagingDirList`;
the first kind that fits counts. Patterns run on folded, normalised directories with a trailing separator.
"""

import re
from functools import lru_cache
from typing import Final

from stashlight.frozen import frozen

__all__ = ["KINDS", "PlaceKind", "above", "boundary", "common", "expanded", "kind_of", "parents", "within"]


@frozen
class PlaceKind:
    """
    A kind of place: its points (0–15) and why people do not normally keep documents there.

    `pattern` is compiled when it is first asked: two dozen of them take 4 ms of a start.
    """

    name: str
    points: int
    reason: str
    pattern: str


_USER = r"\A[a-z]:\\(?:users|documents and settings)\\[^\\]+\\"

KINDS: Final[tuple[PlaceKind, ...]] = (
    PlaceKind(
        "recycle_bin",
        14,
        "nobody keeps files in a recycle bin",
        r"\\(?:\$recycle\.bin|\.?recycle[rd]?|\.trash[^\\/]*)\\",
    ),
    PlaceKind(
        "service_folder",
        14,
        "a folder of the system that users do not write to",
        r"\A[a-z]:\\(?:perflogs|intel|amd|nvidia|msocache|system volume information|recovery|boot|"
        r"windows\\(?:debug|registration|tracing|help|fonts|media|ime|inf|repair|security|tasks|pla|vss|addins|cursors|"
        r"apppatch|branding|globalization|performance|schemas|web|twain_32|system|l2schemas|\$ntuninstall[^\\]*|"
        r"policydefinitions|diagnostics|softwaredistribution\\datastore|system32\\(?:spool\\drivers\\color|tasks|"
        r"wbem\\performance|config\\systemprofile|temp|com|ias|dhcp|oobe|microsoft\\protect)))\\",
    ),
    PlaceKind(
        "web_root",
        16,
        "files here can be fetched from outside",
        r"\\(?:inetpub\\(?!logs|temp|history|custerr)[^\\]+|wwwroot|htdocs|webapps|public_html|owa\\auth|owa\\[\d.]+\\themes|ecp\\auth|"
        r"aspnet_client|template\\layouts)\\|\A/(?:var/www|srv/www|srv/http|usr/share/nginx|usr/local/apache2/htdocs|var/appweb)/",
    ),
    PlaceKind(
        "hidden_unix",
        12,
        "a hidden directory in a world-writable place",
        r"\A/(?:tmp|var/tmp|dev/shm|run|var/run|var/lib|opt|home/[^/]+)/(?:[^/]+/)*\.[^/.][^/]*/",
    ),
    PlaceKind("shared_memory", 12, "memory-backed and world-writable", r"\A/dev/shm/"),
    PlaceKind(
        "admin_share", 12, "an administrative share of another host", r"\A\\\\[^\\]+\\(?:[a-z]\$|admin\$|ipc\$)\\"
    ),
    PlaceKind("public", 9, "world-writable and seldom used", r"\A[a-z]:\\users\\(?:public|default|all users)\\"),
    PlaceKind("hidden_share", 9, "a hidden share", r"\A\\\\[^\\]+\\[^\\]+\$\\"),
    PlaceKind("system32", 9, "a system directory", r"\A[a-z]:\\windows\\(?:system32|syswow64|sysnative)\\"),
    PlaceKind(
        "windows_temp",
        9,
        "the service accounts' temporary directory",
        r"\A[a-z]:\\windows\\(?:temp|servicep[^\\]+\\[^\\]+\\appdata\\local\\temp)\\",
    ),
    PlaceKind(
        "drive_temp", 8, "a temporary directory outside any profile", r"\A[a-z]:\\(?:te?mp|tmp)\\|\A/(?:tmp|var/tmp)/"
    ),
    PlaceKind("windows", 8, "a system directory", r"\A[a-z]:\\windows\\"),
    PlaceKind(
        "user_temp",
        7,
        "a user's temporary directory",
        _USER + r"(?:appdata\\local\\temp|local settings\\temp)\\|\A%te?mp%\\|\A\$env:te?mp\\",
    ),
    PlaceKind(
        "program_data",
        8,
        "written by programs, not by people",
        r"\A[a-z]:\\programdata\\|\A%programdata%\\|\A\$env:programdata\\",
    ),
    PlaceKind(
        "app_data",
        6,
        "a profile's program data",
        _USER + r"(?:appdata|application data|local settings)\\|\A%(?:local)?appdata%\\|\A\$env:(?:local)?appdata\\",
    ),
    PlaceKind("program_files", 6, "the directory of installed programs", r"\A[a-z]:\\program files(?: \(x86\))?\\"),
    PlaceKind(
        "run_directory", 8, "a system run-time directory", r"\A/(?:run|var/run|var/log|var/lib|var/spool|etc|usr|boot)/"
    ),
    PlaceKind("remote_share", 5, "a share of another host", r"\A\\\\[^\\]+\\[^\\]+\\"),
    PlaceKind(
        "users_root", 9, "nobody keeps files beside the profiles", r"\A[a-z]:\\(?:users|documents and settings)\\\Z"
    ),
    PlaceKind("drive_root", 7, "the root of a drive", r"\A[a-z]:\\\Z|\A/\Z"),
    PlaceKind("profile_root", 4, "the root of a profile", _USER + r"\Z"),
    PlaceKind("profile", 1, "a user's own folders", _USER + r"|\A/(?:home/[^/]+|root)/"),
    PlaceKind("root_folder", 5, "a folder of its own below the root of a drive", r"\A[a-z]:\\[^\\]+\\\Z"),
    PlaceKind("ordinary", 0, "an ordinary directory", r""),
)

# Never roll a burst up to these: they hold everything.
_BOUNDARY: Final = re.compile(
    r"\A(?:[a-z]:\\|[a-z]:\\(?:users|documents and settings|windows|programdata|program files(?: \(x86\))?|inetpub|"
    r"windows\\(?:system32|syswow64|winsxs|serviceprofiles)|users\\[^\\]+|users\\[^\\]+\\appdata(?:\\[^\\]+)?|"
    r"users\\[^\\]+\\appdata\\local\\temp|windows\\temp|programdata\\microsoft(?:\\windows)?)|\\\\[^\\]+|"
    r"/|/(?:home|root|usr|var|etc|opt|tmp|srv|mnt|home/[^/]+|usr/[^/]+|var/[^/]+))\Z"
)

# Where many programs and people write side by side.
_COMMON: Final = re.compile(
    r"\A(?:[a-z]:\\(?:te?mp|users\\(?:public|default)(?:\\(?:documents|downloads|desktop|music|pictures|videos|libraries))?|"
    r"perflogs|\$recycle\.bin|windows\\(?:debug|tasks|fonts))|[a-z]:\\users\\[^\\]+\\(?:desktop|documents|downloads|pictures|music|videos)|"
    r"[a-z]:\\users\\[^\\]+\\appdata\\(?:local|roaming|locallow)(?:\\[^\\]+)?|/(?:tmp|var/tmp|dev/shm|run|var/run|var/log|var/lib))\Z"
)


@lru_cache(maxsize=65536)
def kind_of(directory: str) -> PlaceKind:
    """Give the kind of a folded directory."""
    mark = "/" if directory.startswith("/") else "\\"
    text = directory if directory.endswith(mark) else directory + mark
    return next(kind for kind in KINDS if re.search(kind.pattern, text, re.DOTALL))


def boundary(directory: str) -> bool:
    """True if a burst must not be rolled up to this directory."""
    return bool(_BOUNDARY.match(directory)) or (directory.startswith("\\\\") and directory.count("\\") < 4)


_VARIABLES: Final = {
    "temp": r"\appdata\local\temp",
    "tmp": r"\appdata\local\temp",
    "appdata": r"\appdata\roaming",
    "localappdata": r"\appdata\local",
    "userprofile": "",
    "programdata": r"c:\programdata",
    "allusersprofile": r"c:\programdata",
    "public": r"c:\users\public",
    "windir": r"c:\windows",
    "systemroot": r"c:\windows",
    "systemdrive": "c:",
}


def expanded(place: str, account: str | None) -> list[str]:
    r"""
    Give the directories that a place with a variable may mean for an account: to compare with, never to report.

    `*` stands for a profile that is not known. `%TEMP%` of a service is `C:\\Windows\\Temp`; profiles may be renamed,
    so this is a candidate, not a fact.
    """
    match = re.match(r"(?:%(\w+)%|\$\{?env:(\w+)\}?)(.*)\Z", place, re.DOTALL)
    value = _VARIABLES.get((match.group(1) or match.group(2)).lower()) if match else None
    if match is None or value is None:
        return []
    if value.startswith("c:"):
        return [value + match.group(3)]
    found = [f"c:\\users\\{account}{value}{match.group(3)}"] if account and account != "system" else []
    found += [f"*{value}{match.group(3)}"] if not account and value else []
    return found + ([f"c:\\windows\\temp{match.group(3)}"] if value.endswith("temp") else [])


def above(directory: str) -> str:
    """Give the parent of a normalised directory, "" above a drive, a server or `/`."""
    if directory.startswith("/"):
        return directory.rpartition("/")[0] or ("/" if directory != "/" else "")
    head = directory.rstrip("\\").rpartition("\\")[0]
    return head + "\\" if head.endswith(":") else head.rstrip("\\")


# A path of 260 characters has no more levels; longer ones are rare, and 16,000 levels are an attack on memory.
_DEEPEST: Final = 130


def parents(directory: str) -> list[str]:
    """Give the normalised directory and all above it, deepest first; of one too deep for people only the deepest."""
    found: list[str] = []
    while directory and len(found) < _DEEPEST:
        found.append(directory)
        directory = above(directory)
    return found


def within(directory: str, root: str) -> bool:
    """True if `directory` is `root` or lies below it; both normalised."""
    mark = "/" if root.startswith("/") else "\\"
    return directory == root or directory.startswith(root.rstrip(mark) + mark)


def common(directory: str) -> bool:
    """True if unrelated programs share this directory, so that being in it joins nothing."""
    return boundary(directory) or bool(_COMMON.search(directory))
