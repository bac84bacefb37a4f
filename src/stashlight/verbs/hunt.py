"""
Logs and a question → the rows that answer it: KQL, SQL or a Sigma rule, over whatever is read.

A query of Sentinel or Defender runs on a folder of EVTX: the tables that it names are views over the events.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from stashlight.answers.ask import Answer, ask, ask_rules
from stashlight.answers.bounds import Bounds
from stashlight.answers.library import named
from stashlight.answers.logs import Logs
from stashlight.answers.query import Query
from stashlight.engines.duckdb import Engine
from stashlight.errors import QueryError
from stashlight.events.loading import load
from stashlight.events.tally import Tally
from stashlight.findings.load import SHIPPED
from stashlight.findings.load import load as load_rules
from stashlight.findings.rule import RuleSet
from stashlight.progress import Progress

__all__ = ["Hunted", "hunt", "opened"]


@dataclass(frozen=True, slots=True)
class Hunted:
    """An answer with its question, what was counted while reading, and in words how much was searched."""

    query: Query
    answer: Answer
    tally: Tally
    searched: str


def hunt(
    question: str | Path | Query,
    paths: Sequence[str],
    *,
    rules: Sequence[str | Path] = (),
    bounds: Bounds | None = None,
    memory: int | None = None,
    now: datetime | None = None,
    format: str | None = None,  # noqa: A002 - the option's name
    strict: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Hunted:
    """
    Ask the logs below `paths`.

    `question` is the name of a shipped hunt, the path of a file in KQL, SQL or Sigma, or a query. `rules` are folders of
    Sigma rules beside the shipped ones, for those who ask for `findings`. `memory` bounds the engine, in bytes. `now` is
    the moment of KQL's `now()`; None is the time of the newest event.

    Raises:
        QueryError: the question is refused, or went beyond its bounds; names file and line.
        InputError: a path does not exist or the forced format is unknown.
        RuleError: a Sigma rule cannot be run.
    """
    query = question if isinstance(question, Query) else named(str(question))
    bounds = bounds or Bounds()
    ruleset = _sigma(query) if query.language == "sigma" else None
    with opened(
        paths,
        rules=rules,
        ruleset=ruleset,
        memory=memory,
        format=format,
        strict=strict,
        workers=workers,
        progress=progress,
    ) as logs:
        moment = None if now is None else _microseconds(now)
        answer = ask(logs, query, bounds, moment) if ruleset is None else ask_rules(logs, bounds, query.file)
        return Hunted(query, answer, logs.tally, logs.searched())


@contextmanager
def opened(
    paths: Sequence[str],
    *,
    rules: Sequence[str | Path] = (),
    ruleset: RuleSet | None = None,
    memory: int | None = None,
    format: str | None = None,  # noqa: A002 - the option's name
    strict: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Generator[Logs]:
    """Read logs and keep them ready to be asked; `findings` are of `ruleset`, None the shipped rules and those in `rules`."""
    with Engine(memory=memory) as engine:
        # A question may look at any event, script blocks included.
        tally = load(paths, engine, format=format or "", strict=strict, workers=workers, progress=progress)
        yield Logs(engine, tally, ruleset or load_rules([SHIPPED, *rules]))


def _sigma(query: Query) -> RuleSet:
    found = load_rules([query.file], keep=False)
    if found.errors:
        raise found.errors[0]
    if not found.rules:
        reason = "holds no rule"
        raise QueryError(reason, query.file, 1)
    return found


def _microseconds(moment: datetime) -> int:
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1_000_000)
