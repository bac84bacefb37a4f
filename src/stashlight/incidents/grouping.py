"""
Which piles and deeds belong together: what one analyst handles at once.

Nodes are joined if they share a place (or one lies below the other), if a deed takes from the other's place, if they come
from one process tree, or if a remote destination named on one host is the local directory filled on another. Directories
that everybody uses (Temp, Public, a profile) join only what shares account or process tree as well.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final

from stashlight.frozen import frozen
from stashlight.incidents.content import archive_family
from stashlight.incidents.deeds import Deed
from stashlight.incidents.lineage import Lineage
from stashlight.incidents.overlaps import Meetings, Sets
from stashlight.incidents.piles import Pile
from stashlight.incidents.places import common, parents
from stashlight.incidents.remote import Network, share_names, shares_of
from stashlight.incidents.settling import Targets
from stashlight.incidents.tuning import Tuning
from stashlight.incidents.writers import GENERIC, image_name

__all__ = ["Group", "group"]

# Two logs may stamp one act this far apart.
_EARLY_US: Final = 300_000_000

# So far may the clocks of two hosts differ.
_SKEW_US: Final = 120_000_000


@frozen
class Group:
    """Piles and deeds that belong together, each in order of time."""

    piles: tuple[Pile, ...]
    deeds: tuple[Deed, ...]


@frozen
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
    sets = Sets(len(nodes))
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


def _by_place(nodes: Iterable[_Node], sets: Sets, horizon_us: int, near_us: int) -> None:
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


def _by_tree(nodes: Iterable[_Node], sets: Sets, near_us: int) -> None:
    """Join nodes of one process tree that lie near in time."""
    latest: dict[tuple[str, str], _Node] = {}
    for node in sorted((n for n in nodes if n.leader), key=lambda n: (n.first_us, n.number)):
        key = (node.host, node.leader or "")
        before = latest.get(key)
        if before is not None and node.first_us - before.last_us <= near_us:
            sets.join(before.number, node.number)
        if before is None or before.last_us <= node.last_us:
            latest[key] = node


def _by_source(nodes: Sequence[_Node], sets: Sets, network: Network, horizon_us: int, near_us: int) -> None:
    """
    Join a deed to the pile or archive that it takes, sends or removes, on its own host or over an administrative share.

    In a common directory only what shares the account or the archive's name is meant.
    """
    meetings = Meetings()
    for node in nodes:
        for host, path, directory in _taken(node, network):
            if not common(directory):
                meetings.seek((host, directory), node.first_us - horizon_us, node.last_us + near_us, node.number)
                continue
            family = archive_family(path.rpartition("\\")[2].replace("*", ""))
            for key in _relations(node.account, family):
                meetings.seek((host, directory, key), node.first_us - near_us, node.last_us + near_us, node.number)
    for node in nodes:
        if not node.place:
            continue
        meetings.offer((node.host, node.place), node.first_us, node.last_us, node.number)
        target = node.deed.target if node.deed else None
        family = archive_family(target.rpartition("\\")[2]) if target else None
        for key in _relations(node.account, family):
            meetings.offer((node.host, node.place, key), node.first_us, node.last_us, node.number)
    meetings.join(sets)


def _taken(node: _Node, network: Network) -> Iterator[tuple[str, str, str]]:
    """Give (host, path, directory) of what a deed takes: the path itself and the two directories above it."""
    for source in node.deed.act.sources if node.deed else ():
        for host, path in network.spellings(node.host, source):
            for directory in parents(path)[:3]:
                yield host, path, directory


def _relations(account: str | None, family: str | None) -> Iterator[tuple[str, str]]:
    """Give what relates two nodes in a directory that is everybody's."""
    if account:
        yield "account", account
    if family is not None:
        yield "archive", family


def _by_target(nodes: Sequence[_Node], sets: Sets, targets: Targets, near_us: int) -> None:
    """Join a deed to whoever wrote the very file that it names: a script without account or process is known by its work."""
    piles: defaultdict[tuple[str, str, str], list[_Node]] = defaultdict(list)
    for node in nodes:
        if node.pile is not None:
            piles[node.host, node.pile.actor, node.pile.directory].append(node)
    meetings = Meetings()
    for node in nodes:
        if node.deed and node.deed.target and (node.host, node.deed.target) in targets:
            first, last = node.first_us - _EARLY_US, node.first_us + near_us
            meetings.seek((node.host, node.deed.target), first, last, node.number)
    for key, writes in targets.items():
        for actor, directory, ts in writes:
            for other in piles.get((key[0], actor, directory), ()):
                if other.first_us <= ts <= other.last_us:
                    meetings.offer(key, ts, ts, other.number)
    meetings.join(sets)


def _by_share(nodes: Sequence[_Node], sets: Sets, network: Network, near_us: int) -> None:
    """Join a deed that fills a remote place to what the server saw arrive there: above, at or below it, or in its share."""
    meetings = Meetings()
    for node in nodes:
        if node.place is None or not node.place.startswith("\\\\"):
            continue
        first, last = node.first_us - _SKEW_US, node.last_us + near_us
        for host, local in network.spellings(node.host, node.place):
            for key in (*(("holds", d) for d in parents(local)), ("below", local), *share_names(node.place)):
                meetings.seek((host, *key), first, last, node.number)
    for node in nodes:
        if node.pile is None:
            continue
        keys = [("holds", node.pile.place), *(("below", d) for d in parents(node.pile.place))]
        for key in (*keys, *(shares_of(node.pile) if node.pile.is_remote else ())):
            meetings.offer((node.host, *key), node.first_us, node.last_us, node.number)
    meetings.join(sets)
