r"""
Which real directory and file a command meant, as far as file events show it.

A command writes `%APPDATA%\\x.zip` or `C:\\PROGRA~1\\x`; the file log knows the directory. Nothing is expanded without a
file event that bears it out.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

import pyarrow as pa

from stashlight.engines.duckdb import Engine
from stashlight.frozen import frozen
from stashlight.incidents.deeds import Deed
from stashlight.incidents.piles import Pile
from stashlight.incidents.places import expanded, parents, within

__all__ = ["Targets", "read_targets", "settled"]

# A command and the files it makes lie this close.
_NEAR_US: Final = 6 * 3_600_000_000

Targets = dict[tuple[str, str], list[tuple[str, str, int]]]
"""(host, path) → (actor, directory, time) of each write of a file that some deed names."""


def settled(deeds: Sequence[Deed], piles: Iterable[Pile]) -> list[Deed]:
    """
    Give the deeds, those whose place has a variable or short names with the directory that a pile shows it to mean.

    `piles` come in order of their first event.
    """
    filled: defaultdict[str, list[Pile]] = defaultdict(list)
    for pile in piles:
        filled[pile.host].append(pile)
    forms: defaultdict[str, set[_Form]] = defaultdict(set)
    for deed in deeds:
        forms[deed.host].update(_forms(deed))
    meant = {host: _matched(wanted, filled[host]) for host, wanted in forms.items() if wanted}
    return [_settled(deed, meant[deed.host]) if deed.host in meant else deed for deed in deeds]


_Form = tuple[str, bool]
"""A place as a command means it, and whether exactly that directory is meant or what lies below as well."""


def _forms(deed: Deed) -> list[_Form]:
    place = deed.place or ""
    if "%" not in place and "~" not in place:
        return []
    return [(wanted, deed.target is not None) for wanted in expanded(place, deed.account) or [place]]


@frozen
class _Candidates:
    """Piles that a form fits, in order of their first event; `ends` is the latest end of each pile and those before."""

    piles: list[Pile]
    ends: list[int]

    def near(self, ts_us: int) -> Pile | None:
        """Give the first pile that lies near this time."""
        at = bisect_left(self.ends, ts_us - _NEAR_US)
        return self.piles[at] if at < len(self.piles) and self.piles[at].first_us <= ts_us + _NEAR_US else None


def _settled(deed: Deed, meant: Mapping[_Form, _Candidates]) -> Deed:
    for form in _forms(deed):
        pile = meant[form].near(deed.ts_us)
        if pile is not None:
            target = f"{pile.directory}\\{deed.target.rpartition(chr(92))[2]}" if deed.target else None
            return replace(deed, place=pile.directory, target=target)
    return deed


def _matched(wanted: Iterable[_Form], piles: Iterable[Pile]) -> dict[_Form, _Candidates]:
    """Give the piles that each form fits. Forms are looked up by what a directory must have, not compared one by one."""
    by_key: defaultdict[_Key, list[_Form]] = defaultdict(list)
    for form in sorted(wanted):
        by_key[_key(*form)].append(form)
    shapes = sorted({(kind, size, at) for kind, size, at, _ in by_key})
    found: dict[_Form, _Candidates] = {form: _Candidates([], []) for form in wanted}
    fits: dict[str, list[_Form]] = {}
    for pile in piles:
        if pile.directory not in fits:
            keys = dict.fromkeys(_keys(pile.directory, shapes))
            told = [form for key in keys for form in by_key.get(key, ())]
            fits[pile.directory] = [f for f in told if _means(f[0], pile.directory, exactly=f[1])]
        for form in fits[pile.directory]:
            candidates = found[form]
            candidates.piles.append(pile)
            candidates.ends.append(max(pile.last_us, candidates.ends[-1]) if candidates.ends else pile.last_us)
    return found


_Key = tuple[str, int, int, str]
"""Kind of form, how many parts of a path count, which part must be equal, and what the directory must have there."""


def _key(wanted: str, exactly: bool) -> _Key:
    """Give what a directory must have for the form to fit it."""
    if wanted.startswith("*"):
        return "ends" if exactly else "has", wanted.count("\\"), 0, wanted[1:]
    if "~" not in wanted:
        return ("is", 0, 0, wanted) if exactly else ("below", 0, 0, wanted.rstrip("\\/"))
    parts = wanted.split("\\")
    plain = max((at for at, part in enumerate(parts) if "~" not in part), default=-1)
    return "short", len(parts), plain, parts[plain] if plain >= 0 else ""


def _keys(directory: str, shapes: Iterable[tuple[str, int, int]]) -> Iterator[_Key]:
    """Give the keys of these shapes that the directory has."""
    parts, above = directory.split("\\"), parents(directory)
    for kind, size, at in shapes:
        match kind:
            case "is":
                yield kind, size, at, directory
            case "below":
                yield from ((kind, size, at, place.rstrip("\\/")) for place in above)
            case "ends":
                yield kind, size, at, _tail(directory, size)
            case "has":
                yield from ((kind, size, at, _tail(place, size)) for place in above)
            case _ if len(parts) == size:
                yield kind, size, at, parts[at] if at >= 0 else ""
            case _:
                pass


def _tail(directory: str, size: int) -> str:
    return "\\" + "\\".join(directory.split("\\")[-size:])


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
