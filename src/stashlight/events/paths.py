r"""
One spelling for each place on disk, so that places compare with `=` and `starts_with`.

Windows paths: `\\?\`, `\??\`, `\\.\C:`, `\DosDevices\` and `\\?\GLOBALROOT` off, `\Device\Mup\` → `\\`,
`\SystemRoot` → `C:\Windows`, `/` → `\`, doubled backslashes single (the two of a UNC path stay), no trailing separator
but for a drive's root, no named stream, folded. `\Device\HarddiskVolume3\` stays as it is: which drive that is, the
record does not say. 8.3 names stay.
Linux paths: doubled slashes single, no trailing one, case as written, since there it means something.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from stashlight.events.schema import fold

__all__ = ["Place", "base", "is_unc", "is_windows", "join", "normalise", "parents", "share_root", "split", "stream"]

_DRIVE = re.compile(r"[A-Za-z]:")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_RUN = re.compile(r"\\{2,}")
_SLASHES = re.compile(r"/{2,}")
# Prefixes of the object manager and the Win32 file name space; compared folded, on a path whose backslashes are single.
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file#win32-file-namespaces
_PREFIXES = (
    ("\\\\?\\unc\\", "\\\\"),
    ("\\??\\unc\\", "\\\\"),
    ("\\\\.\\unc\\", "\\\\"),
    ("\\\\?\\globalroot\\", "\\"),
    ("\\\\.\\globalroot\\", "\\"),
    ("\\??\\globalroot\\", "\\"),
    ("\\\\??\\", "\\??\\"),
    ("\\\\systemroot\\", "\\systemroot\\"),
    ("\\\\device\\harddiskvolume", "\\device\\harddiskvolume"),
    ("\\dosdevices\\", "\\??\\"),
    ("\\global??\\", "\\??\\"),
    ("\\systemroot\\", "c:\\windows\\"),
    ("\\device\\mup\\;lanmanredirector\\", "\\device\\lanmanredirector\\"),
    ("\\device\\mup\\", "\\\\"),
    ("\\device\\lanmanredirector\\", "\\\\"),
    ("\\device\\webdavredirector\\", "\\\\"),
)
_BEFORE_DRIVE = ("\\\\?\\", "\\??\\", "\\\\.\\")


class Place(NamedTuple):
    """Where a file lies: directory as `normalise` gives it, folded name, folded extension without dot."""

    directory: str | None
    name: str | None
    extension: str | None


def is_windows(path: str) -> bool:
    r"""Tell a Windows path (a drive, a backslash, no slash at all) from one that begins with `/` or has only `/`."""
    if _DRIVE.match(path):
        return True
    return not path.startswith("/") and ("\\" in path or "/" not in path)


def normalise(path: str) -> str:
    """Give the one spelling of `path`; doing it again changes nothing."""
    if not is_windows(path):
        path = _SLASHES.sub("/", path)
        path = path.rstrip("/") or "/"
        # `A/` is a name without any slash, and on Windows as likely as not.
        return normalise(path) if is_windows(path) else path
    path = fold(path).replace("/", "\\")
    seen = ""
    while path != seen:
        # A prefix that comes off may uncover another one, or a stream; hardly any path comes here twice.
        seen = path
        if path[1:3] != ":\\" or "\\\\" in path:
            path = _odd(path)
        path = _without_stream(path)
    return path


def _odd(path: str) -> str:
    unc = path.startswith("\\\\")
    path = _RUN.sub(r"\\", path)
    if unc:
        path = "\\" + path
    for prefix, replacement in _PREFIXES:
        if path.startswith(prefix):
            path = replacement + path[len(prefix) :]
    if path == "\\systemroot":
        path = "c:\\windows"
    for prefix in _BEFORE_DRIVE:
        if path.startswith(prefix) and _DRIVE.match(path, len(prefix)):
            path = path[len(prefix) :]
    return path


def _without_stream(path: str) -> str:
    """Take off the stream of the last part and separators at the end, in one pass from behind."""
    drive = 2 if _DRIVE.match(path) else 0
    end = len(path)
    while True:
        while end > drive and path[end - 1] == "\\":
            end -= 1
        start = max(path.rfind("\\", 0, end) + 1, drive)
        colon = path.find(":", start, end)
        if colon < 0 or colon == drive == start:
            break
        end = colon
    if end == drive == 2:
        return path[:2] + "\\"
    return path[:end] or path[:1]


def stream(path: str) -> str | None:
    r"""Give the name of the stream: `zone.identifier` for `C:\x.zip:Zone.Identifier`, None if there is none."""
    if not is_windows(path):
        return None
    last = re.split(r"[\\/]", path)[-1]
    if _DRIVE.match(path) and last == path:
        last = last[2:]
    name = last.partition(":")[2].partition(":")[0]
    return fold(name) or None


def split(path: str) -> Place:
    r"""Give directory, name and extension; a name that has no directory gives None for it."""
    # By far the most paths are already plain; the long way round gives the same for them.
    if (
        path[1:3] == ":\\"
        and path[0] in _LETTERS
        and "/" not in path
        and "\\\\" not in path
        and path.find(":", 2) < 0
        and path[-1] != "\\"
    ):
        path = fold(path)
        cut = path.rindex("\\")
        name = path[cut + 1 :]
        dot = name.rfind(".")
        return Place(path[:cut] if cut > 2 else path[:3], name, name[dot + 1 :] or None if dot > 0 else None)
    return _split(normalise(path))


def _split(whole: str) -> Place:
    if not whole:
        return Place(None, None, None)
    mark = "\\" if is_windows(whole) else "/"
    directory, found, name = whole.rpartition(mark)
    if not name:
        return Place(whole, None, None)
    if len(directory) == 2 and _DRIVE.match(directory):
        directory += "\\"
    elif found and not directory.strip(mark):
        # The file stands at the root; `\\\\server` alone stands nowhere.
        directory = "" if directory else mark
    elif directory and (directory[0] not in "/\\" or ":" in directory):
        # Relative, or with a colon in the middle: no file system has it, but it is written somewhere.
        directory = normalise(directory)
    name = fold(name)
    stem, dot, extension = name.rpartition(".")
    return Place(directory or None, name, extension if dot and stem and extension else None)


def base(path: str) -> str:
    """Give the last part of the path as written, without stream."""
    last = re.split(r"[\\/]" if is_windows(path) else "/", path.rstrip("\\/"))[-1]
    return last.partition(":")[0] if is_windows(path) else last


def join(directory: str, name: str) -> str:
    """Put a name below a directory, with the directory's own separator."""
    if not directory:
        return name
    mark = "\\" if is_windows(directory) else "/"
    return directory.rstrip(mark) + mark + name.lstrip(mark)


def is_unc(path: str) -> bool:
    r"""Tell whether the path names another machine: `\\server\share…`, not `\\?\C:\…` nor `\\.\pipe\…`."""
    whole = normalise(path)
    return whole.startswith("\\\\") and whole[2:3] not in {"", "?", "."} and "\\" in whole[2:]


def share_root(path: str) -> str | None:
    r"""Give `\\server\share` of a UNC path, else None."""
    whole = normalise(path)
    if not is_unc(whole):
        return None
    server, _, rest = whole[2:].partition("\\")
    share = rest.partition("\\")[0]
    return f"\\\\{server}\\{share}" if share else None


def parents(path: str) -> Iterator[str]:
    r"""Give the directories above a path, nearest first, down to the drive's root, the share's root or `/`."""
    whole = normalise(path)
    stop = share_root(whole)
    while whole != stop:
        directory = _split(whole).directory
        if directory is None or directory == whole:
            return
        yield directory
        whole = directory
