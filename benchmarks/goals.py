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
    """A figure that is to be at least, or else at most, so much; `reached` gives None where it was not measured."""

    what: str
    bound: float
    reached: Callable[[Outcomes], float | None]
    is_least: bool = False
    digits: int = 2


def goals(outcomes: Sequence[Outcome]) -> str:
    """Give the table: each goal, what was reached of it, and whether that is enough."""
    by_key = {each.section.key: each for each in outcomes}
    lines = ["**Goals**", "", "| | goal | now | reached |", "|---|---|---|---|"]
    for goal in GOALS:
        now = goal.reached(by_key)
        bound = f"{'≥' if goal.is_least else '≤'} {goal.bound:,g}"
        if now is None:
            lines.append(f"| {goal.what} | {bound} | – | not measured |")
            continue
        is_met = now >= goal.bound if goal.is_least else now <= goal.bound
        lines.append(f"| {goal.what} | {bound} | {now:,.{goal.digits}f} | {'yes' if is_met else 'no'} |")
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


GOALS: tuple[Goal, ...] = (
    Goal("NDJSON: time of the plain loop beside the scan's", 3, _times("json", "plain loop", SCAN), is_least=True),
    Goal("NDJSON: time of Zircolite beside the scan's", 12, _times("json", "Zircolite", SCAN), is_least=True),
    Goal("NDJSON: time of Tenzir beside the scan's", 4, _times("json", "Tenzir", SCAN), is_least=True),
    Goal(
        "NDJSON: the scan's time beside DuckDB's, which reads the columns",
        2.5,
        _times("json", SCAN, "DuckDB reads the columns"),
    ),
    Goal("Dense NDJSON: time of Tenzir beside the scan's", 4, _times("dense", "Tenzir", SCAN), is_least=True),
    Goal("EVTX: the scan's time beside the bare parser's", 1.3, _times("evtx", SCAN, "bare parser, all cores")),
    Goal("EVTX: time of Chainsaw beside the scan's", 1, _times("evtx", "Chainsaw", SCAN), is_least=True),
    Goal("EVTX: time of Hayabusa beside the scan's", 1, _times("evtx", "Hayabusa", SCAN), is_least=True),
    Goal("Parquet: the scan's time beside one filtered scan's", 2, _times("parquet", SCAN, "one filtered scan")),
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
