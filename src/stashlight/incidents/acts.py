"""The noun of command reading: what one statement does with data, as far as its words say."""

import re
from dataclasses import field
from functools import cache
from typing import Final, Protocol

from stashlight.frozen import frozen
from stashlight.incidents.commands import Statement, resolve
from stashlight.plugins import plugins

__all__ = ["RUNGS", "Act", "Image", "Tool", "placed", "read_statement"]

# The ladder, in its order; "prepare" (mkdir, net use, vssadmin) and "collect" come before any pile exists.
RUNGS: Final = ("collect", "stage", "pack", "exfiltrate", "clean_up")


@frozen
class Image:
    """
    What the process event says of the program file: its path, and the version resource's names.

    `built` is the name that it was built as: folded, without `.exe`.
    """

    path: str | None = None
    original: str | None = None
    description: str | None = None
    built: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        # Worked out once: every tool asks for it.
        object.__setattr__(self, "built", (self.original or "").lower().removesuffix(".exe"))


@frozen
class Act:
    """
    What a command does with data.

    `rung` is one of RUNGS or "prepare". `sources` and `destination` are paths as written (resolved against a known
    working directory and mapped drives); `is_file` says whether `destination` names a file. `traits` are stated facts:
    password, hides_names, split, moves, deletes_source, recursive, filtered, quiet, renamed, odd_name, mirrors, logs,
    shadow_copy, hives, ntds, database, mailbox, directory_service, recon, upload.
    """

    rung: str
    tool: str
    sources: tuple[str, ...] = ()
    destination: str | None = None
    is_file: bool = False
    traits: frozenset[str] = frozenset()


class Tool(Protocol):
    """A family of programs: `read` gives the act if the statement is one of its commands, else None."""

    NAME: str

    def read(self, statement: Statement, image: Image) -> Act | None:
        """Give what the statement does, None if this is not the tool."""
        ...


def read_statement(statement: Statement, image: Image) -> list[Act]:
    """Give the acts of one statement; at most one per tool family."""
    found = [act for tool in _tools().values() if (act := tool.read(statement, image)) is not None]
    return [placed(act, statement) for act in found]


def placed(act: Act, statement: Statement) -> Act:
    """Resolve the act's paths against the statement's directory and mapped drives."""
    drives = dict(statement.drives)

    def seen(path: str) -> str:
        path = path.strip().strip("\"'")
        if mapped := drives.get(path[:2].lower()):
            path = mapped.rstrip("\\") + "\\" + path[2:].lstrip("\\")
        return resolve(path, statement.directory)

    sources = tuple(dict.fromkeys(seen(p) for p in (*act.sources,) if p))
    destination = seen(act.destination) if act.destination and "maps_drive" not in act.traits else act.destination
    traits = set(act.traits)
    joined = " ".join(sources).lower()
    if "globalroot" in joined or "harddiskvolumeshadowcopy" in joined or "@gmt-" in joined:
        traits.add("shadow_copy")
    if "ntds.dit" in joined:
        traits.add("ntds")
    if act.rung in ("stage", "collect") and re.search(r"\\config\\(?:sam|system|security)\b", joined):
        traits.add("hives")
    return Act(act.rung, act.tool, sources, destination, act.is_file, frozenset(traits))


@cache
def _tools() -> dict[str, Tool]:
    return plugins("stashlight.incidents.tools", Tool)
