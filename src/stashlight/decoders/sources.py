"""Paths as people give them → sources in a stable order: files, folders, globs, archives, `-`."""

import glob
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from stashlight.decoders.archives import members
from stashlight.decoders.source import Source
from stashlight.errors import InputError

__all__ = ["sources"]


def sources(paths: Sequence[str]) -> Iterator[Source]:
    """
    Give every input below `paths`, folders in the order of their names, members of archives one by one.

    What cannot be read is given too, with its `refusal`, so that nothing is passed over in silence.

    Raises:
        InputError: a path does not exist, or a glob matches nothing; raised at once, before anything is read.
    """
    return _sources([_found(path) for path in paths])


def _found(path: str) -> list[str]:
    if path == "-" or Path(path).exists() or Path(path).is_symlink():
        return [path]
    if glob.has_magic(path) and (found := sorted(glob.glob(path, recursive=True))):  # noqa: PTH207 - takes absolute patterns too
        return found
    message = f"{path}: no such file or folder"
    raise InputError(message)


def _sources(groups: list[list[str]]) -> Iterator[Source]:
    for group in groups:
        for path in group:
            if path == "-":
                yield Source("-", None)
            else:
                yield from _walk(Path(path))


def _walk(root: Path) -> Iterator[Source]:
    """Walk without recursion (folders may be nested deeper than Python's stack) and enter no folder twice."""
    entered: dict[tuple[int, int], Path] = {}
    waiting = [root]
    while waiting:
        path = waiting.pop()
        try:
            facts = path.stat()
        except (OSError, ValueError) as error:
            yield Source(str(path), path, refusal=_why(path, error))
            continue
        if stat.S_ISDIR(facts.st_mode):
            key = facts.st_dev, facts.st_ino
            if key in entered:
                yield Source(str(path), path, refusal=f"a link back to {entered[key]}, which is read already")
                continue
            entered[key] = path
            try:
                # By name is how paths of one folder compare, but those compare part by part.
                waiting += sorted(path.iterdir(), key=_name, reverse=True)
            except OSError as error:
                yield Source(str(path), path, refusal=error.strerror or str(error))
        elif stat.S_ISREG(facts.st_mode):
            yield from members(Source(str(path), path, facts.st_size))
        else:
            yield Source(str(path), path, refusal="not a file: a pipe, socket or device is not read")


def _name(path: Path) -> str:
    return path.name


def _why(path: Path, error: OSError | ValueError) -> str:
    if path.is_symlink() and isinstance(error, FileNotFoundError):
        return "a link to nothing"
    return getattr(error, "strerror", None) or str(error)
