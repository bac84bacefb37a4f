"""Sources and file types against the commands: a command takes what it names, and nothing else."""

import re
from collections.abc import Iterator
from typing import Final

from stashlight.reports.claims import Claims, Defect, Origin
from stashlight.reports.wording import many

# A quoted path may hold spaces and `&`; a bare one ends at what a shell splits on.
_PATH: Final = re.compile(
    r"[\"']((?:[a-z]:|\\\\|/|%)[^\"']+)[\"']|((?:[a-z]:\\|\\\\|(?<=\s)/(?=\w+/)|%\w+%)[^\s\"'()|&<>;,]*)"
)
_TYPE: Final = re.compile(r"\*\.([a-z0-9_]{1,8}|\*)(?![a-z0-9_.])")
_TAIL: Final = re.compile(r"[\\/]*(?:\*(?:\.\*)?)?[\\/]*\Z")
_LONGEST: Final = 32_768  # no command line of Windows is longer; a script that is stays partly unread
_SHOWN_BY_EVENTS: Final = frozenset({"read", "requester"})


def defects(claims: Claims) -> Iterator[Defect]:
    """Name each source that no command or recorded read touches, and each file type that no command asks for."""
    known = list(dict.fromkeys(command[:_LONGEST].lower() for command in claims.commands if command))
    if not known:
        return
    complete = all(command and len(command) <= _LONGEST for command in claims.commands)
    roots = {_root(found) for command in known for found in _paths(command)}
    for origin in claims.origins:
        if (
            origin.is_folder
            and origin.basis not in _SHOWN_BY_EVENTS
            and not _touched(_root(origin.path.lower()), roots)
        ):
            yield _untouched(origin, complete)
    asked = {found for command in known for found in _TYPE.findall(command)}
    if asked and "*" not in asked and all(_TYPE.search(command) for command in known):
        expected = asked | {path.lower().rpartition(".")[2] for path in claims.made}
        odd = {name: count for name, count in claims.extensions.items() if name.lower().lstrip(".") not in expected}
        for name, count in odd.items():
            how_many = f"{many(count, 'file')} of type " if count is not None else ""
            said = f"{how_many}.{name.lstrip('.') or '(none)'}: no command asks for it ({', '.join(sorted(asked))})"
            yield Defect("file types", "contradiction" if complete else "unproved", said)


def _untouched(origin: Origin, complete: bool) -> Defect:
    files = f" ({many(origin.files, 'file')})" if origin.files is not None else ""
    said = f"source {origin.path}{files}: no command and no recorded read touches it"
    return Defect("sources", "contradiction" if complete else "unproved", said)


def _paths(command: str) -> Iterator[str]:
    for quoted, bare in _PATH.findall(command):
        yield quoted or bare


def _root(path: str) -> str:
    r"""Give a path as a comparable root: `\filesrv\x` means `\\filesrv\x`, a closing `*.*` means everything below."""
    path = path.replace("/", "\\")
    if path.startswith("\\") and not path.startswith("\\\\"):
        path = "\\" + path
    return _TAIL.sub("", path)


def _touched(source: str, roots: set[str]) -> bool:
    """Say if a root is the source, stands above it, or below it."""
    return any(
        source == root or source.startswith(root + "\\") or root.startswith(source + "\\") for root in roots if root
    )
