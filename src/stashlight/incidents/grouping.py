"""
Which piles and deeds belong together: what one analyst handles at once.

Nodes are joined if they share a place (or one lies below the other), if a deed takes from the other's place, if they come
from one process tree, or if a remote destination named on one host is the local directory filled on another. Directories
that everybody uses (Temp, Public, a profile) join only what shares account or process tree as well.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from stashlight.incidents.content import archive_family
from stashlight.incidents.deeds import Deed
from stashlight.incidents.lineage import Lineage
from stashlight.incidents.piles import Pile
from stashlight.incidents.places import common, parents, within
from stashlight.incidents.remote import Network
from stashlight.incidents.settling import Targets
from stashlight.incidents.tuning import Tuning
from stashlight.incidents.writers import GENERIC, image_name

__all__ = ["Group", "group"]

# Two logs may stamp one act this far apart.
_EARLY_US: Final = 300_000_000


@dataclass(frozen=True, slots=True)
class Group:
    """Piles and deeds that belong together, each in order of time."""

    piles: tuple[Pile, ...]
    deeds: tuple[Deed, ...]


class _Sets:
    """Disjoint sets over node numbers."""

    def __init__(self, size: int) -> None:
        self._up = list(range(size))

    def find(self, node: int) -> int:
        while self._up[node] != node:
            self._up[node] = self._up[self._up[node]]
            node = self._up[node]
        return node

    def join(self, left: int, right: int) -> None:
        a, b = self.find(left), self.find(right)
        if a != b:
            self._up[max(a, b)] = min(a, b)


@dataclass(frozen=True, slots=True)
class _Node:
    number: int
    host: str
    place: str | None
    first_us: int
    last_us: int
    account: str | None
    leader: str | None
    pile: Pile | None
    deed: Deed | None


def group(
    piles: Sequence[Pile], deeds: Sequence[Deed], lineage: Lineage, network: Network, targets: Targets, tuning: Tuning
) -> list[Group]:
    """Give the groups in order of their first event; the settings say how near in time they must lie."""
    horizon_us, near_us = tuning.horizon // timedelta(microseconds=1), tuning.time_window // timedelta(microseconds=1)
    nodes = [
        _Node(i, p.host, p.place, p.first_us, p.last_us, p.account, _leader(lineage, p.process_key), p, None)
        for i, p in enumerate(piles)
    ]
    nodes += [
        _Node(len(piles) + i, d.host, d.place, d.ts_us, d.ts_us, d.account, _leader(lineage, d.process_key, d), None, d)
        for i, d in enumerate(deeds)
    ]
    sets = _Sets(len(nodes))
    _by_place(nodes, sets, horizon_us, near_us)
    _by_tree(nodes, sets, near_us)
    _by_source(nodes, sets, network, horizon_us, near_us)
    _by_share(nodes, sets, network, near_us)
    _by_target(nodes, sets, targets, near_us)
    members: defaultdict[int, list[_Node]] = defaultdict(list)
    for node in nodes:
        members[sets.find(node.number)].append(node)
    return [
        Group(
            tuple(n.pile for n in some if n.pile),
            tuple(sorted((n.deed for n in some if n.deed), key=lambda d: d.ts_us)),
        )
        for some in members.values()
    ]


def _leader(lineage: Lineage, key: str | None, deed: Deed | None = None) -> str | None:
    """Give the key of the topmost ancestor that is no generic starter, the process itself if nothing is known."""
    leader = key or None
    for process in lineage.ancestors(key):
        if image_name(process.path) in GENERIC:
            break
        leader = process.key
        if process.parent_key and image_name(process.parent_path) not in GENERIC:
            leader = process.parent_key
    if deed is not None and leader == key and deed.parent_key and image_name(deed.parent_path) not in GENERIC:
        leader = deed.parent_key
    return leader


def _by_place(nodes: Iterable[_Node], sets: _Sets, horizon_us: int, near_us: int) -> None:
    """Join nodes of one host whose place is the same or lies below, unless the place is everybody's."""
    latest: dict[tuple[str, str, str | None], _Node] = {}
    for node in sorted((n for n in nodes if n.place), key=lambda n: (n.first_us, n.number)):
        for directory in parents(node.place or ""):
            shared = common(directory)
            key = (node.host, directory, (node.account or node.leader) if shared else None)
            if shared and directory != node.place:
                break
            before = latest.get(key)
            if before is not None and node.first_us - before.last_us <= (near_us if shared else horizon_us):
                sets.join(before.number, node.number)
            if directory == node.place and (before is None or before.last_us <= node.last_us):
                latest[key] = node


def _by_tree(nodes: Iterable[_Node], sets: _Sets, near_us: int) -> None:
    """Join nodes of one process tree that lie near in time."""
    latest: dict[tuple[str, str], _Node] = {}
    for node in sorted((n for n in nodes if n.leader), key=lambda n: (n.first_us, n.number)):
        key = (node.host, node.leader or "")
        before = latest.get(key)
        if before is not None and node.first_us - before.last_us <= near_us:
            sets.join(before.number, node.number)
        if before is None or before.last_us <= node.last_us:
            latest[key] = node


def _by_source(nodes: Sequence[_Node], sets: _Sets, network: Network, horizon_us: int, near_us: int) -> None:
    """Join a deed to the pile or archive that it takes, sends or removes, on its own host or over an administrative share."""
    at: defaultdict[tuple[str, str], list[_Node]] = defaultdict(list)
    for node in nodes:
        if node.place:
            at[node.host, node.place].append(node)
    for node in nodes:
        if node.deed is None:
            continue
        for source in node.deed.act.sources:
            for host, path in network.spellings(node.host, source):
                for directory in parents(path)[:3]:
                    for other in at.get((host, directory), ()):
                        if other.number == node.number or other.first_us > node.last_us + near_us:
                            continue
                        limit = near_us if common(directory) else horizon_us
                        if common(directory) and not _related(node, other, path):
                            continue
                        if node.first_us - other.last_us <= limit:
                            sets.join(other.number, node.number)


def _by_target(nodes: Sequence[_Node], sets: _Sets, targets: Targets, near_us: int) -> None:
    """Join a deed to whoever wrote the very file that it names: a script without account or process is known by its work."""
    piles: defaultdict[tuple[str, str, str], list[_Node]] = defaultdict(list)
    for node in nodes:
        if node.pile is not None:
            piles[node.host, node.pile.actor, node.pile.directory].append(node)
    for node in nodes:
        target = node.deed.target if node.deed else None
        for actor, directory, ts in targets.get((node.host, target), ()) if target else ():
            if not -_EARLY_US <= ts - node.first_us <= near_us:
                continue
            for other in piles.get((node.host, actor, directory), ()):
                if other.first_us <= ts <= other.last_us:
                    sets.join(node.number, other.number)


def _related(node: _Node, other: _Node, path: str) -> bool:
    """True if two nodes in a common directory share account, tree or the archive's name."""
    if node.account and node.account == other.account:
        return True
    name = path.rpartition("\\")[2]
    target = other.deed.target if other.deed else None
    return bool(target and archive_family(target.rpartition("\\")[2]) == archive_family(name.replace("*", "")))


def _by_share(nodes: Sequence[_Node], sets: _Sets, network: Network, near_us: int) -> None:
    """Join a deed that fills a remote place to what the server saw arrive there."""
    arrived: defaultdict[str, list[_Node]] = defaultdict(list)
    for node in nodes:
        if node.pile is not None:
            arrived[node.host].append(node)
    for node in nodes:
        if node.place is None or not node.place.startswith("\\\\"):
            continue
        for host, local in network.spellings(node.host, node.place):
            for other in arrived.get(host, ()):
                pile = other.pile
                if pile is None or not (
                    node.first_us - 120_000_000 <= other.last_us and other.first_us <= node.last_us + near_us
                ):
                    continue
                if (
                    within(pile.place, local)
                    or within(local, pile.place)
                    or (pile.is_remote and network.same_share(node.place, pile))
                ):
                    sets.join(node.number, other.number)
