r"""
Which real directory and file a command meant, as far as file events show it.

A command writes `%APPDATA%\\x.zip` or `C:\\PROGRA~1\\x`; the file log knows the directory. Nothing is expanded without a
file event that bears it out.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, cast

import pyarrow as pa

from stashlight.engines.duckdb import Engine
from stashlight.incidents.deeds import Deed
from stashlight.incidents.piles import Pile
from stashlight.incidents.places import expanded, within

__all__ = ["Targets", "read_targets", "settled"]

# A command and the files it makes lie this close.
_NEAR_US: Final = 6 * 3_600_000_000

Targets = dict[tuple[str, str], list[tuple[str, str, int]]]
"""(host, path) → (actor, directory, time) of each write of a file that some deed names."""


def settled(deeds: Sequence[Deed], piles: Iterable[Pile]) -> list[Deed]:
    """Give the deeds, those whose place has a variable or short names with the directory that a pile shows it to mean."""
    filled: defaultdict[str, list[Pile]] = defaultdict(list)
    for pile in piles:
        filled[pile.host].append(pile)
    return [
        _settled(deed, filled[deed.host]) if deed.place and ("%" in deed.place or "~" in deed.place) else deed
        for deed in deeds
    ]


def _settled(deed: Deed, piles: Iterable[Pile]) -> Deed:
    place = deed.place or ""
    near = [p for p in piles if p.first_us <= deed.ts_us + _NEAR_US and deed.ts_us <= p.last_us + _NEAR_US]
    for wanted in expanded(place, deed.account) or [place]:
        meant = next((p.directory for p in near if _means(wanted, p.directory, exactly=deed.target is not None)), None)
        if meant is not None:
            target = f"{meant}\\{deed.target.rpartition(chr(92))[2]}" if deed.target else None
            return replace(deed, place=meant, target=target)
    return deed


def _means(written: str, directory: str, *, exactly: bool) -> bool:
    r"""
    True if a place can be this directory: `*\\appdata\\roaming` of an unknown profile, `c:\\progra~1\\x` in short names.

    A deed that names its file fills exactly that directory, another one may fill what lies below.
    """
    if written.startswith("*"):
        return directory.endswith(written[1:]) if exactly else written[1:] + "\\" in directory + "\\"
    if "~" not in written:
        return directory == written if exactly else within(directory, written)
    parts, whole = written.split("\\"), directory.split("\\")
    return len(parts) == len(whole) and all(
        p == w or ("~" in p and w.replace(" ", "").replace(".", "").startswith(p.partition("~")[0]))
        for p, w in zip(parts, whole, strict=True)
    )


_TARGETS: Final = """
SELECT w.host_key, w.path, w.actor, w.file_dir, w.ts_us
FROM written AS w
INNER JOIN wanted_targets AS t ON t.host = w.host_key AND t.path = w.path
"""


def read_targets(engine: Engine, deeds: Iterable[Deed]) -> Targets:
    """Give who wrote the files that deeds name."""
    wanted = sorted({(d.host, d.target) for d in deeds if d.target})
    hosts, paths = [h for h, _ in wanted], [p for _, p in wanted]
    engine.register(
        "wanted_targets", pa.table({"host": pa.array(hosts, pa.string()), "path": pa.array(paths, pa.string())})
    )
    found: defaultdict[tuple[str, str], list[tuple[str, str, int]]] = defaultdict(list)
    for host, path, actor, directory, ts in cast("Iterable[tuple[str, str, str, str, int]]", engine.rows(_TARGETS)):
        found[host, path].append((actor, directory, ts))
    engine.unregister("wanted_targets")
    return dict(found)
