"""
Cases → the days of a baseline.

A case that scores as an incident is left out whole, so that an intruder who is seen does not become a habit; a person
may let one in by its id. Programs that fill their own folder are not learned: no factor asks about them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Final, cast

from stashlight.engines.duckdb import Engine
from stashlight.frozen import frozen
from stashlight.incidents.baseline import TABLES, Days, Key, day_of, shape
from stashlight.incidents.cases import Case
from stashlight.incidents.describe import case_id
from stashlight.incidents.piles import Pile
from stashlight.incidents.queries import statement
from stashlight.incidents.scoring import score, severity_of
from stashlight.incidents.tuning import Tuning

__all__ = ["LeftOut", "days_of", "ordinary"]

_HOUR_US: Final = 3_600_000_000
_SEEN: Final = """
SELECT {name}, (ts_us - ts_us % 3600000000) AS hour_us, CAST(COUNT(*) AS BIGINT) FROM events
WHERE ts_us >= 0 AND NOT {name} IS NULL
GROUP BY {name}, (ts_us - ts_us % 3600000000)
"""


@frozen
class LeftOut:
    """A case that was not learned: its id, severity and score, where it was, and how much it is."""

    id: str
    severity: str
    score: int
    place: str
    piles: int
    deeds: int


def ordinary(cases: Iterable[Case], tuning: Tuning, accepted: Collection[str] = ()) -> tuple[list[Case], list[LeftOut]]:
    """Part cases to learn from those that score as an incident; `accepted` are ids that a person judged benign."""
    learned: list[Case] = []
    left: list[LeftOut] = []
    let_in = {each.lower() for each in accepted}
    for case in cases:
        points, _ = score(case)
        severity = severity_of(points, tuning.severity_cuts)
        if severity in (None, "info") or case_id(case).lower() in let_in:
            learned.append(case)
        else:
            place = case.places[0][1] if case.places else ""
            left.append(LeftOut(case_id(case), severity or "", points, place, len(case.written), len(case.deeds)))
    return learned, sorted(left, key=lambda each: (-each.score, each.id))


class _Counts:
    """Rows of a baseline while they are counted."""

    def __init__(self, until: int) -> None:
        self.until = until
        self.later = 0
        self.tables: dict[str, dict[Key, list[int]]] = {name: {} for name in TABLES}

    def add(self, table: str, key: tuple[str, ...], us: int, number: int) -> None:
        if day_of(us) > self.until:
            self.later += 1
            return
        hours = self.tables[table].setdefault((key, day_of(us)), [0] * 24)
        hours[us // _HOUR_US % 24] += number

    @property
    def days(self) -> Days:
        return {name: {key: tuple(hours) for key, hours in table.items()} for name, table in self.tables.items()}


def days_of(engine: Engine, cases: Sequence[Case], until: int) -> tuple[Days, int]:
    """
    Give what these cases and the hosts' events add to a baseline, and how many counts lay after the day `until`.

    A clock that is wrong by years would age everything else out. Needs the tables `written` and `events`.
    """
    counts = _Counts(until)
    for case in cases:
        for deed in (*case.deeds, *case.after):
            if deed.act.rung in ("collect", "stage", "pack"):
                tool = (deed.act.tool, shape(deed.parent_path or ""), shape(deed.place or ""))
                counts.add("tools", (deed.host, deed.account or "", *tool), deed.ts_us, 1)
    _count_files(engine, cases, counts)
    for table, name in (("hosts", "host_key"), ("accounts", "account_key")):
        for key, hour, events in cast("Iterable[tuple[str, int, int]]", engine.rows(_SEEN.format(name=name))):
            counts.add(table, (key,), hour, events)
    return counts.days, counts.later


def _count_files(engine: Engine, cases: Sequence[Case], counts: _Counts) -> None:
    piles: defaultdict[tuple[str, str, str], list[Pile]] = defaultdict(list)
    for case in cases:
        for pile, writer in case.written:
            if not writer.owns:
                piles[pile.host, pile.actor, pile.directory].append(pile)
    rows = cast("Iterable[tuple[str, str, str, int, int]]", engine.rows(statement("hours")))
    for host, actor, directory, hour, files in rows:
        several = piles.get((host, actor, directory), ())
        pile = next((p for p in several if p.first_us < hour + _HOUR_US and hour <= p.last_us), None)
        if pile is None:
            continue
        place, account = shape(pile.place), pile.account or ""
        image = "(network)" if pile.is_remote else shape(pile.process_path or "")
        counts.add("files", (host, account, image, place), hour, files)
        if pile.is_remote and pile.client:
            counts.add("clients", (host, place, account, pile.client), hour, files)
