"""
Piles: what one actor put into one directory, and how far up the tree the burst belongs together.

events → piles in SQL (one row per host, actor, directory and session); Python sees piles, never events.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, cast

import pyarrow as pa

from stashlight.engines.connection import Connection
from stashlight.errors import EngineError
from stashlight.findings.rule import RuleSet
from stashlight.frozen import frozen
from stashlight.incidents.content import CLASSES, DATA, extension_rows
from stashlight.incidents.places import boundary, parents
from stashlight.incidents.profiles import ask_writers
from stashlight.incidents.queries import statement

__all__ = ["Pile", "read_piles", "roll_up", "write_table"]

_NAMES: Final = (*CLASSES, "none", "other")

# What a write takes of the memory until its pile is told: a million went through 260 MB at one go, fourteen did not.
_WRITE_BYTES: Final = 250

# What a pile takes of the memory, and what is made of it.
_PILE_BYTES: Final = 900

# A burst belongs to the parent directory if the parent holds this much more than its fullest child.
_SPREAD: Final = 1.2


@frozen
class Pile:
    """
    What `actor` wrote into `directory` of `host` from `first_us` to `last_us` (µs UTC).

    `files` counts distinct names, aggregated rows by weight; `classes` the names by content class.
    `place` is the directory the burst belongs to, at or above `directory`.
    """

    host: str
    actor: str
    directory: str
    place: str
    session: int
    is_remote: bool
    client: str | None
    process_key: str | None
    process_path: str | None
    account: str | None
    share: str | None
    share_path: str | None
    first_us: int
    last_us: int
    events: int
    files: int
    bytes: int | None
    sized: int
    is_lower_bound: bool
    classes: dict[str, int]
    event: str

    @property
    def data(self) -> int:
        """Files of a class that people keep: documents, mail, databases, designs, pictures, archives, secrets."""
        return sum(self.classes.get(name, 0) for name in DATA)

    @property
    def opaque(self) -> int:
        """Files whose name says nothing: `.dat`, `.tmp`, `.txt`, no or an unknown extension."""
        return sum(self.classes.get(name, 0) for name in ("opaque", "none", "other"))


def write_table(engine: Connection, rules: RuleSet) -> None:
    """
    Make the tables `written` and `content_classes` that the queries of this stage read.

    Writes that a benign profile among `rules` takes off are left out; `profiles.silenced` counts them.
    """
    rows = extension_rows()
    engine.register("content_classes", pa.table({"ext": [r[0] for r in rows], "class": [r[1] for r in rows]}))
    engine.execute(statement("written").replace("{kept}", ask_writers(engine, rules)))


def read_piles(engine: Connection, gap_us: int) -> list[Pile]:
    """
    Give every pile, rolled up, ordered by time; `gap_us` is the pause that ends a session.

    Raises:
        EngineError: there are more than fit into memory.
    """
    ((rows,),) = engine.rows("SELECT count(*) FROM written")
    if not rows:  # looking for pauses is much to plan for nothing
        return []
    classes = ",\n  ".join(
        f"CAST(SUM(CASE WHEN c.class = '{name}' THEN n.weight ELSE 0 END) AS BIGINT) AS n_{name}" for name in CLASSES
    )
    classes += ",\n  CAST(SUM(CASE WHEN n.ext IS NULL THEN n.weight ELSE 0 END) AS BIGINT) AS n_none"
    classes += (
        ",\n  CAST(SUM(CASE WHEN c.class IS NULL AND NOT n.ext IS NULL THEN n.weight ELSE 0 END) AS BIGINT) AS n_other"
    )
    sql = statement("piles").replace("{gap}", str(int(gap_us))).replace("{classes}", classes)
    shares = _shares(engine, int(str(rows)))
    most = engine.most(_PILE_BYTES)
    found: list[Pile] = []
    for share in shares:
        for row in engine.records(sql.replace("{share}", share)):
            found.append(_pile(row))
            if most is not None and len(found) > most:
                message = f"more than {most:,} piles do not fit into its share of memory: give more with --memory"
                raise EngineError(message)
    return sorted(roll_up(_told_once(found)), key=lambda p: (p.first_us, p.host, p.directory, p.actor))


def _shares(engine: Connection, rows: int) -> list[str]:
    """Give conditions on `written` as `w`, each for about as many places as may be looked at together."""
    fits = engine.most(_WRITE_BYTES)
    if fits is None or rows <= fits:
        return ["TRUE"]
    count = -(-rows // fits)
    number = engine.number_of(["w.host_key", "w.actor", "w.file_dir"])
    return [f"{number} % {count} = {share}" for share in range(count)]


def _told_once(piles: list[Pile]) -> list[Pile]:
    """
    Drop what a server's file log tells without a requester if its share log tells the same directory with one.

    One write over SMB gives an event 11 by System and two 5145: they must not count twice.
    """
    named = {(p.host, p.directory) for p in piles if p.is_remote and p.client}
    return [p for p in piles if not (p.is_remote and not p.client and (p.host, p.directory) in named)]


def _pile(row: dict[str, object]) -> Pile:
    def text(name: str) -> str | None:
        value = row[name]
        return value if isinstance(value, str) and value else None

    def number(name: str) -> int:
        value = row[name]
        return value if isinstance(value, int) else 0

    return Pile(
        host=text("host_key") or "",
        actor=text("actor") or "",
        directory=text("file_dir") or "",
        place=text("file_dir") or "",
        session=number("session"),
        is_remote=bool(row["remote"]),
        client=text("client"),
        process_key=text("process_key"),
        process_path=text("process_path"),
        account=text("account_key"),
        share=text("share_name"),
        share_path=text("share_path"),
        first_us=number("first_us"),
        last_us=number("last_us"),
        events=number("events"),
        files=number("files"),
        bytes=cast("int | None", row["bytes"]),
        sized=number("sized"),
        is_lower_bound=bool(row["bounded"]),
        classes={name: number(f"n_{name}") for name in _NAMES if number(f"n_{name}")},
        event=text("event_key") or "",
    )


def roll_up(piles: Iterable[Pile]) -> list[Pile]:
    r"""
    Set each pile's `place`: the deepest directory that still holds the actor's burst across sub-directories.

    From every directory the burst moves to the parent while the parent holds clearly more of the same actor's files
    than this directory, and the parent is no boundary (drive, profile, `C:\\Windows`, a host's share list).
    """
    groups: defaultdict[tuple[str, str], list[Pile]] = defaultdict(list)
    for pile in piles:
        # Several clients of one account fill one place together: folders per client are part of it.
        groups[pile.host, f"remote|{pile.account}" if pile.is_remote and pile.account else pile.actor].append(pile)
    return [replace(pile, place=place) for group in groups.values() for pile, place in _places(group)]


def _places(group: list[Pile]) -> list[tuple[Pile, str]]:
    held: defaultdict[str, int] = defaultdict(int)
    for directory, files in ((p.directory, p.files) for p in group):
        for above in parents(directory):
            held[above] += files
    return [(pile, _climb(pile.directory, held)) for pile in group]


def _climb(directory: str, held: dict[str, int]) -> str:
    place = directory
    for above in parents(directory)[1:]:
        if boundary(above):
            break
        if held[above] >= _SPREAD * held[place]:
            place = above
        elif held[above] > held[place]:
            continue
    return place
