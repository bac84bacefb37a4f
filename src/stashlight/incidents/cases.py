"""
The session object: one group of piles and deeds with everything the factors need to know about it.

Who (accounts, logons), where (hosts, places), from where (roots, shares, requesters), what (files by content class,
sensitive names, archives), how (writers, commands), and what followed (ways out, clean-up).
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field
from itertools import islice
from typing import Final, cast

import pyarrow as pa

from stashlight.engines.connection import Connection
from stashlight.engines.duckdb import Engine
from stashlight.events.paths import normalise
from stashlight.frozen import frozen
from stashlight.incidents.baseline import Baseline
from stashlight.incidents.content import sensitive
from stashlight.incidents.deeds import Deed
from stashlight.incidents.grouping import Group
from stashlight.incidents.lineage import Lineage
from stashlight.incidents.piles import Pile
from stashlight.incidents.places import PlaceKind, common, kind_of, parents
from stashlight.incidents.remote import Network
from stashlight.incidents.tuning import DEFAULT, Tuning
from stashlight.incidents.writers import Writer, is_protected, renamed, writer_of

__all__ = ["AFTER", "Case", "Context", "Logon", "Removal", "build", "read_context"]

_DAY_US: Final = 86_400_000_000
_HOUR_US: Final = 3_600_000_000
# Ways out and clean-up that one case takes along; a script that sends a thousand times says no more than this.
AFTER: Final = 200


@frozen
class Logon:
    """A remote interactive logon (type 10)."""

    host: str
    ts_us: int
    account: str | None
    client: str | None
    event: str


@frozen
class Removal:
    """Files of one directory deleted by one process."""

    host: str
    directory: str
    process_key: str | None
    files: int
    first_us: int
    last_us: int
    event: str


@frozen
class Sensitive:
    """A file whose name is decisive alone."""

    host: str
    actor: str
    directory: str
    name: str
    meaning: str
    ts_us: int
    event: str


@frozen
class Connect:
    """Connections of one process to one address."""

    process_key: str
    host: str
    address: str
    name: str | None
    port: int | None
    first_us: int
    last_us: int
    event: str


Images = dict[tuple[str, str], tuple[str, str, bool]]
"""(host, directory) → a program that ran from there, the event that shows it, and whether its file was renamed."""


@frozen
class Context:
    """What surrounds the groups, read once for all of them: of their hosts, and of nobody else's."""

    lineage: Lineage
    network: Network
    logons: tuple[Logon, ...]
    removals: tuple[Removal, ...]
    sensitive: tuple[Sensitive, ...]
    connects: dict[str, tuple[Connect, ...]]
    made: dict[tuple[str, str], tuple[int, str]]
    images: Images

    baseline: Baseline | None = None
    tuning: Tuning = DEFAULT


# What the settings name as a staging directory weighs like the most telling built-in kinds.
_NAMED_PLACE: Final = PlaceKind("staging_dir", 14, "the settings name it as a staging directory", "")


@frozen
class Case:
    """
    One group with its circumstances. `written` pairs each pile with the judgement of its writer.

    `staged` are the piles that count: what someone other than the place's owner brought.
    """

    written: tuple[tuple[Pile, Writer], ...]
    deeds: tuple[Deed, ...]
    after: tuple[Deed, ...]
    places: tuple[tuple[str, str], ...]
    logons: tuple[Logon, ...]
    removals: tuple[Removal, ...]
    sensitive: tuple[Sensitive, ...]
    connects: tuple[Connect, ...]
    made: dict[tuple[str, str], tuple[int, str]]
    context: Context
    staged: tuple[Pile, ...]
    held: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def first_us(self) -> int:
        """Time of the first pile or deed."""
        return min([p.first_us for p, _ in self.written] + [d.ts_us for d in self.deeds])

    @property
    def last_us(self) -> int:
        """Time of the last pile or deed, ways out and clean-up included."""
        ends = [p.last_us for p, _ in self.written] + [d.ts_us for d in (*self.deeds, *self.after)]
        return max(ends + [r.last_us for r in self.removals])

    def kind_of(self, place: str) -> PlaceKind:
        """Give the kind of a folded directory, the settings' own staging directories first."""
        named = self.context.tuning.is_staging_dir(place)
        return _NAMED_PLACE if named and kind_of(place).points < _NAMED_PLACE.points else kind_of(place)

    @property
    def accounts(self) -> tuple[str, ...]:
        """Accounts that wrote or acted, most files first."""
        weight: defaultdict[str, int] = defaultdict(int)
        for pile, _ in self.written:
            if pile.account:
                weight[pile.account] += pile.files
        for deed in self.deeds:
            if deed.account:
                weight[deed.account] += 1
        return tuple(sorted(weight, key=lambda a: (-weight[a], a)))

    def acts(self, *rungs: str) -> tuple[Deed, ...]:
        """Deeds of these rungs, what followed included."""
        return tuple(d for d in (*self.deeds, *self.after) if d.act.rung in rungs)


_LOGONS: Final = """
SELECT host_key, ts_us, account_key, COALESCE(client_ip_lc, client_host_lc), event_key FROM events
WHERE kind = 'logon' AND logon_type = 10 AND NOT ts_us IS NULL AND host_key IN (SELECT h.host FROM case_hosts AS h)
ORDER BY ts_us NULLS FIRST, event_key NULLS FIRST
"""
_REMOVALS: Final = """
SELECT host_key, file_dir, process_key, CAST(COUNT(DISTINCT file_name) AS BIGINT), MIN(ts_us), MAX(ts_us), MIN(event_key) FROM events
WHERE kind = 'file_delete' AND NOT ts_us IS NULL AND host_key IN (SELECT h.host FROM case_hosts AS h) AND NOT file_dir IS NULL
GROUP BY host_key, file_dir, process_key
ORDER BY MIN(ts_us) NULLS FIRST, MIN(event_key) NULLS FIRST
"""
# A cheap superset of content.SENSITIVE; the expressions decide in Python.
_SENSITIVE: Final = """
SELECT host_key, actor, file_dir, file_name, MIN(ts_us), MIN(event_key) FROM written
WHERE
  file_ext IN ('dit', 'jfm', 'kdb', 'kdbx', 'psafe3', '1pif', 'agilekeychain', 'keychain', 'ppk', 'pfx', 'p12', 'pvk', 'pst', 'ost', 'edb', 'dmp',
    'hiv', 'hive', 'save', 'sav', 'pub')
  OR contains(file_name, 'ntds') OR contains(file_name, 'id_rsa') OR contains(file_name, 'id_ed25519') OR contains(file_name, 'login data')
  OR ends_with(file_name, 'sam') OR ends_with(file_name, 'system') OR ends_with(file_name, 'security') OR contains(file_name, 'sam.')
  OR contains(file_name, 'system.') OR contains(file_name, 'security.')
  OR file_name IN ('logins.json', 'key3.db', 'key4.db', 'cookies.sqlite', 'web data', 'wallet.dat', 'shadow', 'master.passwd')
GROUP BY host_key, actor, file_dir, file_name
ORDER BY MIN(ts_us) NULLS FIRST, MIN(event_key) NULLS FIRST
"""
_CONNECTS: Final = """
SELECT process_key, host_key, destination_ip_lc, MAX(destination_host_lc), destination_port, MIN(ts_us), MAX(ts_us), MIN(event_key) FROM events
WHERE
  kind = 'network_connect' AND COALESCE(initiated, TRUE) AND process_key IN (SELECT p.key FROM case_processes AS p)
  AND NOT ts_us IS NULL AND NOT destination_ip_lc IS NULL
GROUP BY process_key, host_key, destination_ip_lc, destination_port
ORDER BY MIN(ts_us) NULLS FIRST, MIN(event_key) NULLS FIRST
"""
# Programs that ran, by the directory of their image.
_IMAGES: Final = """
SELECT host_key, process_path_lc, MAX(original_file_name_lc), MIN(event_key) FROM events
WHERE kind = 'process_start' AND host_key IN (SELECT h.host FROM case_hosts AS h) AND NOT process_path_lc IS NULL
GROUP BY host_key, process_path_lc
ORDER BY host_key NULLS FIRST, process_path_lc NULLS FIRST
"""
# A directory's own creation: an event whose path is a directory that files lie in.
_MADE: Final = """
SELECT w.host_key, d.file_dir, MIN(w.ts_us), MIN(w.event_key)
FROM (
  SELECT DISTINCT host_key AS host_key, file_dir AS file_dir FROM written WHERE host_key IN (SELECT h.host FROM case_hosts AS h)
) AS d
INNER JOIN written AS w ON w.host_key = d.host_key AND w.path = d.file_dir
GROUP BY w.host_key, d.file_dir
ORDER BY w.host_key NULLS FIRST, d.file_dir NULLS FIRST
"""


def read_context(engine: Engine, lineage: Lineage, network: Network, groups: Sequence[Group]) -> Context:
    """Read what surrounds the groups; needs the table `written`."""
    nodes = [node for group in groups for node in (*group.piles, *group.deeds)]
    if not nodes:
        return Context(lineage, network, (), (), (), {}, {}, {})
    keys = {node.process_key for node in nodes if node.process_key}
    engine.register("case_hosts", pa.table({"host": pa.array(sorted({node.host for node in nodes}), pa.string())}))
    engine.register("case_processes", pa.table({"key": pa.array(sorted(keys), pa.string())}))
    (logons, removals, secrets), (connects, made, images) = engine.both(_of_hosts, _of_programs)
    return Context(lineage, network, logons, removals, secrets, connects, made, images)


def _of_hosts(engine: Connection) -> tuple[tuple[Logon, ...], tuple[Removal, ...], tuple[Sensitive, ...]]:
    logons = tuple(Logon(*cast("tuple[str, int, None, None, str]", row)) for row in engine.rows(_LOGONS))
    removals = tuple(Removal(*cast("tuple[str, str, None, int, int, int, str]", row)) for row in engine.rows(_REMOVALS))
    found: list[Sensitive] = []
    for host, actor, directory, name, ts, event in cast(
        "Iterable[tuple[str, str, str, str, int, str]]", engine.rows(_SENSITIVE)
    ):
        meaning = sensitive(name)
        if meaning:
            found.append(Sensitive(host, actor, directory, name, meaning, ts, event))
    return logons, removals, tuple(found)


def _of_programs(
    engine: Connection,
) -> tuple[dict[str, tuple[Connect, ...]], dict[tuple[str, str], tuple[int, str]], Images]:
    connects: defaultdict[str, list[Connect]] = defaultdict(list)
    for row in engine.rows(_CONNECTS):
        connect = Connect(*cast("tuple[str, str, str, None, None, int, int, str]", row))
        connects[connect.process_key].append(connect)
    made = {(h, d): (ts, event) for h, d, ts, event in cast("Iterable[tuple[str, str, int, str]]", engine.rows(_MADE))}
    images: Images = {}
    for host, path, original, event in cast("Iterable[tuple[str, str, str | None, str]]", engine.rows(_IMAGES)):
        if not is_protected(path):
            home = normalise(path).rpartition("\\")[0]
            if (host, home) not in images or renamed(path, original):
                images[host, home] = (path, event, bool(renamed(path, original)))
    return {key: tuple(some) for key, some in connects.items()}, made, images


@frozen
class _Index:
    """What may belong to a case, by what it is looked up with, so that a case costs what it holds and no more."""

    loose: defaultdict[str, list[Deed]]
    logons: defaultdict[tuple[str, str | None], list[Logon]]
    removals: defaultdict[tuple[str, str], list[Removal]]
    secrets: defaultdict[tuple[str, str, str], list[Sensitive]]


def build(groups: Sequence[Group], context: Context) -> list[Case]:
    """Give a case for every group that has a place; loose ways out and clean-up are attached to what they follow."""
    placed: list[Group] = []
    index = _Index(defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list))
    for group in groups:
        if group.piles or any(d.place and d.act.rung in ("collect", "stage", "pack") for d in group.deeds):
            placed.append(group)
            continue
        for deed in group.deeds:
            if deed.act.rung in ("exfiltrate", "clean_up"):
                index.loose[deed.host].append(deed)
    for loose in index.loose.values():
        loose.sort(key=lambda d: (d.ts_us, d.events))
    for logon in context.logons:
        index.logons[logon.host, logon.account].append(logon)
    for removal in context.removals:
        for above in parents(removal.directory):
            index.removals[removal.host, above].append(removal)
    for one in context.sensitive:
        index.secrets[one.host, one.actor, one.directory].append(one)
    return [_case(group, context, index) for group in placed]


def _case(group: Group, context: Context, index: _Index) -> Case:
    written = tuple((pile, writer_of(pile, context.lineage)) for pile in group.piles)
    times = [p.first_us for p in group.piles] + [d.ts_us for d in group.deeds]
    ends = [p.last_us for p in group.piles] + [d.ts_us for d in group.deeds]
    first, last = min(times), max(ends)
    hosts = {p.host for p in group.piles} | {d.host for d in group.deeds}
    accounts = {a for a in [p.account for p in group.piles] + [d.account for d in group.deeds] if a}
    after = _after(hosts, accounts, index, first, last)
    places = _places(group, written)
    keys = {p.process_key for p in group.piles if p.process_key} | {
        d.process_key for d in (*group.deeds, *after) if d.process_key
    }
    return Case(
        written,
        group.deeds,
        after,
        places,
        tuple(
            logon
            for host in sorted(hosts)
            for account in sorted(accounts)
            for logon in index.logons.get((host, account), ())
            if first - 4 * _HOUR_US <= logon.ts_us <= last
        ),
        _removals(places, index, first, last),
        tuple(
            s
            for p in group.piles
            for s in index.secrets.get((p.host, p.actor, p.directory), ())
            if p.first_us <= s.ts_us <= p.last_us
        ),
        tuple(c for key in sorted(keys) for c in context.connects.get(key, ())),
        {(h, d): context.made[h, d] for h, place in places for d in parents(place)[:2] if (h, d) in context.made},
        context,
        _staged(written, group.deeds, context.network),
    )


def _after(hosts: Iterable[str], accounts: AbstractSet[str], index: _Index, first: int, last: int) -> tuple[Deed, ...]:
    """Give the first ways out and clean-up within a day that one of the accounts, or nobody known, did on the hosts."""
    found: list[Deed] = []
    for host in sorted(hosts):
        loose = index.loose.get(host, [])
        start = bisect_left(loose, first, key=lambda d: d.ts_us)
        end = bisect_right(loose, last + _DAY_US, key=lambda d: d.ts_us)
        mine = (d for d in islice(loose, start, end) if d.account in accounts or not accounts or d.account is None)
        found += islice(mine, AFTER)
    return tuple(sorted(found, key=lambda d: (d.ts_us, d.events))[:AFTER])


def _removals(places: Iterable[tuple[str, str]], index: _Index, first: int, last: int) -> tuple[Removal, ...]:
    """Give what was deleted in the places, or below those that are not everybody's, within a day of the pile."""
    found: dict[str, Removal] = {}
    for host, place in places:
        shared = common(place)
        for removal in index.removals.get((host, place), ()):
            near = removal.last_us >= first and removal.first_us <= last + _DAY_US
            if near and (removal.directory == place or not shared):
                found[removal.event] = removal
    return tuple(sorted(found.values(), key=lambda r: (r.first_us, r.event)))


def _staged(written: Sequence[tuple[Pile, Writer]], deeds: Iterable[Deed], network: Network) -> tuple[Pile, ...]:
    """
    Give the piles that someone other than the place's owner brought, or that a deed fills.

    A file that the client and the server both report is told once, by the server, which knows the local directory.
    """
    deeds = [d for d in deeds if d.act.rung != "prepare"]
    filled = {(d.host, d.place) for d in deeds if d.place and not common(d.place)}
    actors = {d.process_key for d in deeds if d.process_key and d.act.rung in ("collect", "stage", "pack")}
    strange = [
        p
        for p, w in written
        if (not w.owns and w.kind != "installed")
        or p.process_key in actors
        or any((p.host, above) in filled for above in parents(p.directory))
    ]
    arrived: defaultdict[str, list[Pile]] = defaultdict(list)
    for pile in strange:
        if pile.is_remote:
            arrived[pile.host].append(pile)
    return tuple(p for p in strange if not (p.place.startswith("\\\\") and _told_by_server(p, arrived, network)))


def _told_by_server(pile: Pile, arrived: dict[str, list[Pile]], network: Network) -> bool:
    spelled = {host for host, _ in network.spellings(pile.host, pile.place)}
    return any(network.same_share(pile.place, other) for host in spelled for other in arrived.get(host, ()))


def _places(group: Group, written: Sequence[tuple[Pile, Writer]]) -> tuple[tuple[str, str], ...]:
    """Give (host, place) pairs, most telling first: what deeds fill, then what writers other than owners fill."""
    weight: defaultdict[tuple[str, str], float] = defaultdict(float)
    for deed in group.deeds:
        if deed.place and deed.act.rung in ("collect", "stage", "pack"):
            weight[deed.host, deed.place] += {"collect": 2, "stage": 8, "pack": 10}[deed.act.rung]
    for pile, writer in written:
        kind = {"installed": 0.2, "explorer": 0.5, "unknown": 0.5}.get(writer.kind, 1.0) * (0.2 if writer.owns else 1)
        weight[pile.host, pile.place] += kind * (pile.data + 0.5 * pile.classes.get("opaque", 0) + 0.1 * pile.files)
    return tuple(sorted(weight, key=lambda place: (-weight[place], place)))
