"""
What is installed beside Stashlight, told by names of folders and bytes of small files.

`importlib.metadata` knows it all, but is imported in 25 ms, which a start has a better use for: it is asked only where
the folders do not say.
"""

import os
import sys
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path

__all__ = ["may_declare", "version"]


def version(package: str) -> str:
    """Give the version of a package, "" if it is not installed."""
    if known := _versions().get(_normal(package)):
        return known
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def may_declare(group: str) -> bool:
    """Tell whether a package may declare entry points of `group`; if not, nobody need look for them."""
    found = _folders()
    return found is None or f"[{group}]".encode() in _declared(found)


@cache
def _folders() -> tuple[Path, ...] | None:
    """Give the folders of metadata in the order of the path, None if there may be some that are no folders."""
    if any(hasattr(finder, "find_distributions") for finder in sys.meta_path if finder is not PathFinder):
        return None
    found: list[Path] = []
    for place in sys.path:
        try:
            entries = sorted(os.scandir(place or "."), key=lambda entry: entry.name)
        except NotADirectoryError:  # an archive
            return None
        except OSError:  # a place that does not exist, or must not be read, has nothing to import either
            continue
        found += [Path(entry.path) for entry in entries if entry.name.lower().endswith((".dist-info", "egg-info"))]
    return tuple(found)


@cache
def _versions() -> dict[str, str]:
    named = [folder.stem.split("-") for folder in _folders() or () if folder.suffix == ".dist-info"]
    # What stands earlier on the path is what is imported.
    return {_normal(parts[0]): parts[1] for parts in reversed(named) if len(parts) == 2}


@cache
def _declared(folders: tuple[Path, ...]) -> bytes:
    """Give all that is declared, unparsed."""
    texts: list[bytes] = []
    for folder in folders:
        try:
            texts.append((folder / "entry_points.txt").read_bytes())
        except OSError:
            continue
    return b"\n".join(texts)


def _normal(name: str) -> str:
    return name.lower().replace("-", "_").replace(".", "_")
