"""What the scan is to reach, and what it reached in the run that the tables are of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.sections import SCAN
from benchmarks.table import Outcome

__all__ = ["GOALS", "Goal", "goals"]

Outcomes = Mapping[str, Outcome]
"""By the keys of their sections."""


@dataclass(frozen=True, slots=True)
class Goal:
    """
    A figure that is to be at least, or else at most, so much; `reached` gives None where it was not measured.

    `best` gives what a scan would reach that reads as fast as the bare reader, and takes for all else what it takes on 1 MB.
    """

    what: str
    bound: float
    reached: Callable[[Outcomes], float | None]
    best: Callable[[Outcomes], float | None] | None = None
    is_least: bool = False
    digits: int = 2


def goals(outcomes: Sequence[Outcome]) -> str:
    """Give the table: each goal, what was reached of it, whether that is enough, and what could be at best."""
    by_key = {each.section.key: each for each in outcomes}
    lines = ["**Goals**", "", "| | goal | now | at best | reached |", "|---|---|---|---|---|"]
    for goal in GOALS:
        now, best = goal.reached(by_key), goal.best(by_key) if goal.best else None
        bound = f"{'≥' if goal.is_least else '≤'} {goal.bound:,g}"
        said = "–" if best is None else f"{best:.{goal.digits}f}"
        if now is None:
            lines.append(f"| {goal.what} | {bound} | – | {said} | not measured |")
            continue
        is_met = now >= goal.bound if goal.is_least else now <= goal.bound
        lines.append(f"| {goal.what} | {bound} | {now:,.{goal.digits}f} | {said} | {'yes' if is_met else 'no'} |")
    return "\n".join(lines)


def _wall(outcomes: Outcomes, section: str, name: str) -> float | None:
    measured = outcomes[section].measured.get(name) if section in outcomes else None
    return measured.wall if measured is not None and measured.is_whole else None


def _times(section: str, over: str, under: str) -> Callable[[Outcomes], float | None]:
    """How many times the time of `under` that of `over` is."""

    def reached(outcomes: Outcomes) -> float | None:
        one, other = _wall(outcomes, section, over), _wall(outcomes, section, under)
        return one / other if one and other else None

    return reached


def _best(section: str, reader: str, peer: str = "") -> Callable[[Outcomes], float | None]:
    """
    How many times the time of the least possible scan that of the peer is; without one, how many times the reader's it is.

    The least possible scan takes what the bare reader takes on the same files, and what a whole scan takes on 1 MB.
    """

    def best(outcomes: Outcomes) -> float | None:
        start, bare = _wall(outcomes, "start", SCAN), _wall(outcomes, section, reader)
        against = _wall(outcomes, section, peer) if peer else bare
        if not start or not bare or not against:
            return None
        return against / (start + bare) if peer else (start + bare) / bare

    return best


def _peak(*sections: str) -> Callable[[Outcomes], float | None]:
    """The most memory of any scan in these sections, in MB; in all of them if none is named."""

    def reached(outcomes: Outcomes) -> float | None:
        peaks = [
            done.peak / 1e6
            for key, outcome in outcomes.items()
            for name, done in outcome.measured.items()
            if done.peak and name.startswith(SCAN) and (not sections or key in sections)
        ]
        return max(peaks, default=None)

    return reached


def _growth(outcomes: Outcomes) -> float | None:
    """Time a byte on the largest of the sizes beside that on the smallest."""
    every = [each for key, each in outcomes.items() if key.endswith(" GB") and each.measured[SCAN].is_whole]
    sized = sorted((each.size, each.measured[SCAN].wall) for each in every)
    if len(sized) < 2:
        return None
    (least, least_time), (most, most_time) = sized[0], sized[-1]
    return (most_time / most) / (least_time / least)


_COLUMNS = "DuckDB reads the columns"
_EVTX = "bare parser, all cores"
_FILTERED = "one filtered scan"


def _faster(what: str, bound: float, section: str, peer: str) -> Goal:
    best = _best(section, _COLUMNS, peer) if section in ("json", "dense") else None
    return Goal(what, bound, _times(section, peer, SCAN), best, is_least=True)


GOALS: tuple[Goal, ...] = (
    _faster("NDJSON: time of the plain loop beside the scan's", 3, "json", "plain loop"),
    _faster("NDJSON: time of Zircolite beside the scan's", 12, "json", "Zircolite"),
    _faster("NDJSON: time of Tenzir beside the scan's", 4, "json", "Tenzir"),
    Goal(
        "NDJSON: the scan's time beside DuckDB's, which reads the columns",
        2.5,
        _times("json", SCAN, _COLUMNS),
        _best("json", _COLUMNS),
    ),
    _faster("Dense NDJSON: time of Tenzir beside the scan's", 4, "dense", "Tenzir"),
    Goal("EVTX: the scan's time beside the bare parser's", 1.3, _times("evtx", SCAN, _EVTX), _best("evtx", _EVTX)),
    _faster("EVTX: time of Chainsaw beside the scan's", 1, "evtx", "Chainsaw"),
    _faster("EVTX: time of Hayabusa beside the scan's", 1, "evtx", "Hayabusa"),
    Goal(
        "Parquet: the scan's time beside one filtered scan's",
        2,
        _times("parquet", SCAN, _FILTERED),
        _best("parquet", _FILTERED),
    ),
    Goal("1 MB: the scan's time beside connecting to DuckDB", 3, _times("start", SCAN, "connecting to DuckDB")),
    Goal(
        "Rules: time with 500 more beside that with 1 more",
        3,
        _times("rules", f"{SCAN}, 500 rules more", f"{SCAN}, 1 rule more"),
    ),
    Goal("Size: time a byte of the largest beside the smallest", 1.25, _growth),
    Goal("Peak of memory on NDJSON and EVTX, MB", 500, _peak("json", "evtx"), digits=0),
    Goal("Peak of memory in any table, MB", 1000, _peak(), digits=0),
)
"""Times as medians of one run of the benchmark; "near linear" in size is taken as a quarter more a byte at most."""
