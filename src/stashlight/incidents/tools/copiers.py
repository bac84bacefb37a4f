"""
Copying and moving: cmd built-ins, xcopy, robocopy, PowerShell item commands, POSIX cp, mv, rsync, dd.

https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/robocopy (and xcopy, copy, move)
"""

import re
from typing import Final

from stashlight.incidents.acts import Act, Image
from stashlight.incidents.arguments import looks_like_path, named, operands, upstream_roots
from stashlight.incidents.commands import Statement, statements

__all__ = ["NAME", "read"]

NAME: str = "copiers"

_POWERSHELL: Final = {"copy-item": False, "cpi": False, "move-item": True, "mi": True}
_POSIX: Final = {"cp": False, "mv": True, "rsync": False, "install": False, "ditto": False}
_LOOP_VARIABLE: Final = re.compile(r"\A(?:%{1,2}~?\w*|\$_\S*|\$\w+(?:\.\w+)*|@\w+|\{\})\Z", re.IGNORECASE)


def read(statement: Statement, image: Image) -> Act | None:
    """Give the copying act, None if this is no copier."""
    del image
    name = statement.program
    if name == "robocopy":
        return _robocopy(statement)
    if name == "xcopy":
        return _plain(statement, "xcopy", moves=False)
    if name in ("copy", "move") and statement.shell != "ps":
        return _plain(statement, name, moves=name == "move")
    if name in _POWERSHELL or (statement.shell == "ps" and name in ("copy", "move", "cp", "mv")):
        return _item(statement, moves=_POWERSHELL.get(name, name in ("move", "mv")))
    if name in _POSIX:
        return _posix(statement)
    if name == "dd":
        target = named(statement.words[1:], "of")
        source = named(statement.words[1:], "if")
        return Act("stage", "dd", (source,) if source else (), target, True) if target else None
    if name in ("forfiles", "find"):
        return _each(statement)
    return _dotnet(statement)


def _robocopy(statement: Statement) -> Act | None:
    rest = operands(statement.words[1:], "/")
    low = [w.lower() for w in statement.words[1:] if w.startswith("/")]
    if len(rest) < 2 or any(s in ("/l", "/create") for s in low):
        return None
    traits: set[str] = set()
    if any(s.startswith("/mir") or s == "/purge" for s in low):
        traits.add("mirrors")
    if any(s.startswith(("/log", "/unilog")) for s in low):
        traits.add("logs")
    if any(s in ("/mov", "/move") for s in low):
        traits.add("moves")
    if any(s in ("/e", "/s", "/mir") for s in low):
        traits.add("recursive")
    patterns = [w for w in rest[2:] if "*" in w or "." in w]
    if patterns and patterns != ["*.*"]:
        traits.add("filtered")
    if any(s.startswith(("/maxage", "/minage", "/max:", "/xf")) for s in low):
        traits.add("filtered")
    return Act("stage", "robocopy", (rest[0],), rest[1], False, frozenset(traits))


def _plain(statement: Statement, tool: str, *, moves: bool) -> Act | None:
    rest = [w for w in operands(statement.words[1:], "/") if w != "+"]
    if not rest:
        return None
    source = rest[0]
    target = rest[-1] if len(rest) > 1 else "."
    sources = statement.roots if _LOOP_VARIABLE.match(source) and statement.roots else (source,)
    traits = {"moves"} if moves else set[str]()
    if statement.patterns or re.search(r"\*\.\w{2,5}\Z", source):
        traits.add("filtered")
    if statement.roots or any(w.lower() in ("/s", "/e") for w in statement.words):
        traits.add("recursive")
    if _LOOP_VARIABLE.match(target):
        return None
    return Act(
        "stage", tool, _named_sources(sources, rest), _here(target, statement), _file(target, source), frozenset(traits)
    )


def _named_sources(sources: tuple[str, ...], rest: list[str]) -> tuple[str, ...]:
    return (
        sources
        if sources and not _LOOP_VARIABLE.match(sources[0])
        else tuple(w for w in rest[:1] if not _LOOP_VARIABLE.match(w))
    )


def _here(target: str, statement: Statement) -> str | None:
    if target in (".", ".\\"):
        return statement.directory
    return target


def _file(target: str, source: str) -> bool:
    """True if the target names a file: it has an extension, does not end in a separator and the source is one file."""
    last = re.split(r"[\\/]", target)[-1]
    return bool(last) and "." in last.strip(".") and "*" not in source and not target.endswith(("\\", "/"))


def _item(statement: Statement, *, moves: bool) -> Act | None:
    words = statement.words[1:]
    target = named(words, "destination", "dest", "d", "des")
    source = named(words, "path", "literalpath", "lp")
    rest = operands(
        words,
        "-",
        (
            "-destination",
            "-dest",
            "-d",
            "-path",
            "-literalpath",
            "-filter",
            "-include",
            "-exclude",
            "-tosession",
            "-erroraction",
            "-ea",
            "-credential",
        ),
    )
    if target is None and rest:
        target = rest[-1] if len(rest) > 1 or source or statement.upstream else None
        rest = rest[:-1] if target else rest
    if target is None or _LOOP_VARIABLE.match(target):
        return None
    source = source or (rest[0] if rest else None)
    roots = tuple(upstream_roots(statement.upstream))
    sources = (source,) if source and not _LOOP_VARIABLE.match(source) else roots
    traits = {"moves"} if moves else set[str]()
    fed = " ".join(w for words in statement.upstream for w in words).lower()
    if "-include" in fed or "-filter" in fed or re.search(r"\*\.\w{2,5}", " ".join(sources)):
        traits.add("filtered")
    if "-recurse" in fed or any(w.lower() == "-recurse" for w in words):
        traits.add("recursive")
    return Act(
        "stage", "move-item" if moves else "copy-item", sources, target, _file(target, source or "*"), frozenset(traits)
    )


def _posix(statement: Statement) -> Act | None:
    words = statement.words[1:]
    rest = operands(words, "-", ("-e", "--exclude", "--include", "-S", "-m", "-o", "-g", "--files-from", "--rsh"))
    target = named(words, "target-directory")
    # `-t` of rsync keeps times and takes no value.
    at = words.index("-t") if "-t" in words[:-1] and statement.program != "rsync" else None
    if target is None and at is not None:
        target, rest = words[at + 1], [w for w in rest if w != words[at + 1]]
    if target is None:
        if len(rest) < 2:
            return None
        target, rest = rest[-1], rest[:-1]
    if statement.program == "rsync" and re.match(r"(?:[\w.-]+@)?[\w.-]+:(?!\\)|rsync://", target):
        return Act("exfiltrate", "rsync", tuple(rest), target, False, frozenset({"upload"}))
    traits = {"moves"} if _POSIX[statement.program] else set[str]()
    return Act(
        "stage", statement.program, tuple(rest), target, _file(target, rest[0] if rest else "*"), frozenset(traits)
    )


def _each(statement: Statement) -> Act | None:
    """Read the command that `find -exec` or `forfiles /c` runs for every file."""
    words = list(statement.words)
    if statement.program == "find":
        at = next((i for i, w in enumerate(words) if w in ("-exec", "-execdir", "-ok")), None)
        inner = words[at + 1 :] if at is not None else []
        roots = tuple(w for w in words[1:2] if looks_like_path(w))
        text = " ".join(w for w in inner if w not in (";", "+", "\\;"))
    else:
        text = (named(words[1:], "c") or "").strip("\"'")
        roots = tuple(filter(None, [named(words[1:], "p")]))
    for nested in (
        statements(text, "sh" if statement.program == "find" else "", statement.directory, depth=2) if text else []
    ):
        # A command that runs a command that runs a command …: one level is enough.
        act = read(nested, Image()) if nested.program not in ("forfiles", "find") else None
        if act is not None:
            return Act(act.rung, act.tool, roots or act.sources, act.destination, False, act.traits | {"recursive"})
    return None


_CALL: Final = re.compile(
    r"\[(?:system\.)?io\.(?:file|directory)\]::(copy|move)\(\s*([^,]{1,1024}),\s*([^,)]+)", re.IGNORECASE
)


def _dotnet(statement: Statement) -> Act | None:
    match = _CALL.search(statement.text) if "]::" in statement.text else None
    if match is None:
        return None
    target, source = match.group(3).strip("\"' "), match.group(2).strip("\"' ")
    moves = match.group(1).lower() == "move"
    return Act("stage", "[IO.File]", (source,), target, _file(target, source), frozenset({"moves"} if moves else ()))
