"""Logs → a baseline: what is normal per host, account, program and place, kept between runs."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from stashlight.engines.duckdb import Engine
from stashlight.errors import Problem
from stashlight.events.loading import load
from stashlight.findings.load import SHIPPED
from stashlight.findings.load import load as load_rules
from stashlight.findings.match import match
from stashlight.frozen import frozen
from stashlight.incidents.baseline import TABLES, Days, aged, capped, merged
from stashlight.incidents.baseline_files import read_days, write_days
from stashlight.incidents.correlate import cases
from stashlight.incidents.learning import LeftOut, days_of, ordinary
from stashlight.incidents.tuning import DEFAULT, read_tuning
from stashlight.progress import Progress

__all__ = ["Learned", "learn"]


@frozen
class Learned:
    """
    What came of learning.

    `new` and `whole` count rows of each table: added by these logs, and kept now. `cases` were learned, `left_out` were
    not because they score; `dropped` rows exceeded the bound of a host's day, `later` counts lay in the future.
    """

    cases: int
    left_out: tuple[LeftOut, ...]
    new: dict[str, int]
    whole: dict[str, int]
    dropped: int
    later: int
    events: int
    problems: tuple[Problem, ...]


def learn(
    paths: Sequence[str],
    into: str | Path,
    *,
    today: int,
    keep: timedelta = timedelta(days=90),
    benign: Sequence[str] = (),
    rules: Sequence[str | Path] = (),
    settings: str | Path | None = None,
    format: str | None = None,  # noqa: A002 - the option's name
    strict: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Learned:
    """
    Add the days of these logs to the baseline in the folder `into`, and let days older than `keep` go.

    Learning the same logs again changes nothing, and the order of learning does not matter. Cases that score as an
    incident are left out unless their id is among `benign`. `today` is the day (UTC, since 1970) after whose morrow no
    event can be true.

    Raises:
        InputError: a path does not exist or the forced format is unknown.
        SettingError: the baseline that is there cannot be read, or the folder not written.
    """
    folder = Path(into)
    tuning = read_tuning(Path(settings)) if settings else DEFAULT
    before: Days = read_days(folder) if any((folder / f"{name}.parquet").exists() for name in TABLES) else {}
    ruleset = load_rules([SHIPPED, *rules])
    with Engine() as engine:
        tally = load(paths, engine, format=format or "", strict=strict, workers=workers, progress=progress)
        match(engine, ruleset)
        chosen, left = ordinary(cases(engine, ruleset, tuning=tuning), tuning, benign)
        days, later = days_of(engine, chosen, today + 1)
    whole, dropped = capped(aged(merged(before, days), keep.days))
    write_days(folder, whole)
    return Learned(
        len(chosen),
        tuple(left),
        {name: len(whole[name].keys() - before.get(name, {}).keys()) for name in TABLES},
        {name: len(whole[name]) for name in TABLES},
        dropped,
        later,
        tally.events,
        tuple(tally.problems),
    )
