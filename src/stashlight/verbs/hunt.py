"""
Logs and a question → the rows that answer it: KQL, SQL or a Sigma rule, over whatever is read.

A query of Sentinel or Defender runs on a folder of EVTX: the tables that it names are views over the events.
"""

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from stashlight.answers.ask import Answer, ask, ask_rules, check
from stashlight.answers.bounds import Bounds
from stashlight.answers.library import named
from stashlight.answers.logs import Logs
from stashlight.answers.query import Query
from stashlight.engines.duckdb import Engine
from stashlight.errors import QueryError
from stashlight.events import ALL_NEEDED, Needed
from stashlight.events.loading import load
from stashlight.events.schema import Kind
from stashlight.events.tally import Tally
from stashlight.events.vocabularies import VOCABULARIES
from stashlight.findings.load import SHIPPED
from stashlight.findings.load import load as load_rules
from stashlight.findings.needed import needed as needed_by
from stashlight.findings.rule import RuleSet
from stashlight.frozen import frozen
from stashlight.progress import Progress

__all__ = ["Hunted", "hunt", "opened"]


@frozen
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
    Sigma rules: beside the shipped ones for those who ask for `findings`, or for correlations of a Sigma file to count.
    `memory` bounds the engine, in bytes. `now` is the moment of KQL's `now()`; None is the time of the newest event.

    Raises:
        QueryError: the question is refused, or went beyond its bounds; names file and line.
        InputError: a path does not exist or the forced format is unknown.
        RuleError: a Sigma rule cannot be run.
    """
    query = question if isinstance(question, Query) else named(str(question))
    bounds = bounds or Bounds()
    ruleset = _sigma(query, rules) if query.language == "sigma" else None
    if ruleset is None:
        check(query, bounds)
    with opened(
        paths,
        rules=rules,
        ruleset=ruleset,
        needed=_needed(query, ruleset),
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
    needed: Needed = ALL_NEEDED,
    memory: int | None = None,
    format: str | None = None,  # noqa: A002 - the option's name
    strict: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Generator[Logs]:
    """
    Read logs and keep them ready to be asked; `findings` are of `ruleset`, None the shipped rules and those in `rules`.

    Script blocks that are not `needed` are counted only.
    """
    with Engine(memory=memory) as engine:
        tally = load(
            paths, engine, format=format or "", strict=strict, workers=workers, progress=progress, needed=needed
        )
        yield Logs(engine, tally, ruleset or load_rules([SHIPPED, *rules]))


# Tables that show script blocks, and what may take any table (`search`, `find`, `union *`).
_SCRIPTS: Final = re.compile(
    r"\b(?:events|deviceevents|findings|correlations|search|find)\b|\bunion\b.*\*", re.IGNORECASE | re.DOTALL
)
_NOTHING: Final = ("stashlight: no script is asked for",)


def _needed(query: Query, ruleset: RuleSet | None) -> Needed:
    """Give the script blocks that a question can look at: most of the bytes of many logs, and seldom asked for."""
    if ruleset is not None:
        return needed_by(ruleset)
    return ALL_NEEDED if _SCRIPTS.search(query.text) else _no_scripts()


def _no_scripts() -> Needed:
    events = [(key, meaning) for vocabulary in VOCABULARIES for key, meaning in vocabulary.events.items()]
    return Needed({k: _NOTHING for k, meaning in events if meaning.kind is Kind.SCRIPT_BLOCK and isinstance(k, int)})


def _sigma(query: Query, folders: Sequence[str | Path]) -> RuleSet:
    """Give the rules of a file, with those in `folders`, which its correlations may count."""
    found = load_rules([query.file, *folders], keep=False)
    for error in found.errors:
        if error.file == query.file:
            raise error
    if not any(rule.file == query.file for rule in found.rules):
        reason = "holds no rule"
        raise QueryError(reason, query.file, 1)
    return found


def _microseconds(moment: datetime) -> int:
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1_000_000)
