"""
The whole flow on one page: bytes → records → events → findings → incidents → one document.

`scan` is what the command does and what a service loops over.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from stashlight import __version__
from stashlight.decoders import Wanted
from stashlight.engines.duckdb import Engine
from stashlight.errors import Problem
from stashlight.events.budget import Budget
from stashlight.events.loading import STALL, load
from stashlight.events.reading import MAPPED
from stashlight.events.tally import Tally
from stashlight.findings.load import SHIPPED
from stashlight.findings.load import load as load_rules
from stashlight.findings.match import match
from stashlight.findings.needed import needed as needed_by
from stashlight.findings.rule import RuleSet
from stashlight.findings.sofar import counting
from stashlight.incidents.baseline import Baseline
from stashlight.incidents.baseline_files import read_days
from stashlight.incidents.columns import ASKED
from stashlight.incidents.correlate import correlate
from stashlight.incidents.describe import instant
from stashlight.incidents.document import SCHEMA, Document, ProblemNote, Scanned
from stashlight.incidents.profiles import silenced
from stashlight.incidents.readiness import readiness
from stashlight.incidents.tuning import DEFAULT, Tuning, read_tuning
from stashlight.progress import Progress
from stashlight.stopping import Stop, never

if TYPE_CHECKING:
    from stashlight.verbs.enrich import Given

__all__ = ["scan"]


def scan(
    paths: Sequence[str],
    *,
    rules: Sequence[str | Path] = (),
    format: str | None = None,  # noqa: A002 - the option's name
    strict: bool = False,
    since: timedelta | None = None,
    baseline: str | Path | None = None,
    settings: str | Path | None = None,
    enrich: Sequence[str] = (),
    workers: int | None = None,
    wanted: Wanted = MAPPED,
    progress: Progress | None = None,
    memory: int | None = None,
    stop: Stop = never,
    stall: float = STALL,
    resume: str | Path | None = None,
) -> Document:
    """
    Read logs below `paths` and give the incidents in them, worst first, with what could not be read and cannot be seen.

    `rules` are folders of Sigma rules beside the shipped ones; `since` leaves out what is older than that before the newest
    event; `baseline` is a folder that `learn` wrote, `settings` a TOML file (`incidents/tuning.py`); `enrich` are listings,
    journals and hash lists of the hosts (see `verbs/enrich.py`); `workers` processes read, None one a core.

    `memory` bounds what all processes together hold, in bytes (None: 1 GB); the rest is spilled to disk. Once `stop` says so,
    reading ends and the document is that of what was read, marked `partial`. A file that nothing comes of for `stall`
    seconds is given up where several processes read.

    What is read is kept in the folder `resume`: a scan that was stopped goes on there, and one of a folder that grew reads
    what is new. The document is that of a scan without it.

    Raises:
        InputError: a path does not exist or the forced format is unknown.
        RuleError: under `strict`, a rule cannot be run.
        SettingError: the baseline or the settings cannot be used, or a listing needs an extra.
    """
    listings = _given(enrich)
    tuning = read_tuning(Path(settings)) if settings else DEFAULT
    known = Baseline(read_days(Path(baseline))) if baseline else None
    ruleset = load_rules([SHIPPED, *rules])
    if strict and ruleset.errors:
        raise ruleset.errors[0]
    budget = Budget(memory) if memory else Budget()
    needed = needed_by(ruleset, ASKED)
    if since is not None:
        # What is counted depends on when it was: then every event gets its row.
        needed = replace(needed, patterns={})
    # Of rows that are held none can be deleted.
    holds = budget.held if since is None else 0
    with Engine(budget.engine, columns=needed.columns, holds=holds) as engine:
        tally = load(
            paths,
            engine,
            wanted,
            format=format or "",
            strict=strict,
            workers=workers,
            progress=progress and counting(progress, engine, ruleset),
            needed=needed,
            budget=budget,
            stop=stop,
            stall=stall,
            resume=Path(resume) if resume else None,
        )
        if since is not None and tally.last is not None:
            engine.execute(f"DELETE FROM events WHERE ts_us < {tally.last - int(since.total_seconds() * 1_000_000)}")
        return document(engine, ruleset, tally, known, tuning, listings)


def document(
    engine: Engine,
    ruleset: RuleSet,
    tally: Tally,
    baseline: Baseline | None = None,
    tuning: Tuning = DEFAULT,
    listings: "Sequence[Given]" = (),
) -> Document:
    """Match, correlate and describe what the engine holds, then look the staged files up in the listings."""
    match(engine, ruleset)
    incidents = correlate(engine, ruleset, baseline=baseline, tuning=tuning)
    unused: list[ProblemNote] = []
    if listings and incidents:
        from stashlight.verbs.enrich import enriched

        incidents, unused = enriched(incidents, listings, engine)
    return Document(
        SCHEMA,
        __version__,
        _scanned(tally, silenced(engine)),
        tuple(incidents),
        readiness(engine, tally.spared),
        (*_problems(tally.problems, ruleset), *unused),
        partial=tally.partial,
    )


def _given(enrich: Sequence[str]) -> "Sequence[Given]":
    if not enrich:
        return ()
    # Imported here: few scans have listings.
    from stashlight.verbs.enrich import given

    return given(enrich)


def _scanned(tally: Tally, quiet: int) -> Scanned:
    return Scanned(
        files=tally.files,
        bytes=tally.bytes,
        records=tally.records,
        events=tally.events,
        duplicates=tally.duplicates,
        first=instant(tally.first) if tally.first is not None else None,
        last=instant(tally.last) if tally.last is not None else None,
        kinds=dict(sorted(tally.kinds.items())),
        formats=dict(sorted(tally.formats.items())),
        silenced=quiet,
    )


def _problems(problems: Sequence[Problem], ruleset: RuleSet) -> tuple[ProblemNote, ...]:
    read = [ProblemNote(p.file, p.position, p.reason, p.count) for p in problems]
    rules = [ProblemNote(e.file, f"line {e.line}" if e.line else "", e.reason) for e in ruleset.errors]
    return (*read, *rules)
