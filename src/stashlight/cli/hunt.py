"""
Ask logs a question: KQL, SQL or a Sigma rule, over everything that is read.

A query of Defender or Sentinel runs on a folder of EVTX, over views with Defender's names: DeviceFileEvents,
DeviceProcessEvents, DeviceNetworkEvents, DeviceLogonEvents, DeviceEvents; and SecurityEvent, events, findings.
Queries only read, within bounds of time and memory.

Example: stashlight hunt many-files-one-process samples
"""

import argparse
import os
import sys
from collections.abc import Iterable
from datetime import datetime

from stashlight.cli import Exit, reading, tell
from stashlight.errors import Problem, SettingError
from stashlight.outputs import check_target, deliver
from stashlight.progress import progress_on
from stashlight.settings import duration, size
from stashlight.terminal import PIPE, page_of, printable

_FORMS = ("csv", "json", "jsonl", "table")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "query", nargs="?", metavar="QUERY", help="FILE.kql, FILE.sql, RULE.yml, or name of a shipped hunt"
    )
    reading(parser, "*")
    add = parser.add_argument
    add("--list", action="store_true", help="name the shipped hunts, with what each finds")
    add("--show", action="store_true", help="show the query instead of running it")
    add("--as", dest="form", metavar="FORM", choices=_FORMS, help=f"form: {', '.join(_FORMS)}")
    add("--to", metavar="FILE", help="write the rows there; its suffix chooses the form")
    add("--limit", type=int, default=1000, metavar="N", help="give so many rows at most; 0 gives all (default 1000)")
    add("--timeout", default="60s", metavar="TIME", help="stop a query after this long (default 60s)")
    add("--memory", default="2GB", metavar="SIZE", help="what a query may hold in memory (default 2GB)")
    add("--now", metavar="TIME", help="the moment of KQL's now() and ago() (default: that of the newest event)")
    add(
        "--rules",
        action="append",
        default=[],
        metavar="DIR",
        help="Sigma rules for `findings`, or for a rule file's correlations",
    )


def run(options: argparse.Namespace) -> Exit:
    from stashlight.answers.library import named

    if options.list:
        deliver(_listed())
        return Exit.DONE
    if not options.query:
        message = "say what to ask: a file in KQL, SQL or Sigma, or the name of a hunt; --list names them"
        raise SettingError(message)
    query = named(options.query)
    if options.show:
        deliver(printable(line, "\t") + "\n" for line in query.text.splitlines())
        return Exit.DONE
    if not options.paths:
        message = f"say where the logs are: stashlight hunt {options.query} PATH"
        raise SettingError(message)
    return _hunt(options)


def _hunt(options: argparse.Namespace) -> Exit:
    check_target(options.to)
    form = options.form or next((f for f in _FORMS if (options.to or "").lower().endswith(f".{f}")), "table")
    now = _moment(options.now) if options.now else None
    seconds, memory = duration(options.timeout).total_seconds(), size(options.memory)
    if options.limit < 0:
        message = f"--limit {options.limit} is less than nothing; 0 gives all rows"
        raise SettingError(message)
    from stashlight.answers.bounds import Bounds
    from stashlight.grid import grid
    from stashlight.rows import rows
    from stashlight.verbs.hunt import hunt

    with progress_on(sys.stderr, quiet=options.quiet) as progress:
        found = hunt(
            options.query,
            options.paths,
            rules=options.rules,
            bounds=Bounds(seconds, memory, options.limit, end),
            memory=memory,
            now=now,
            format=options.format,
            strict=options.strict,
            workers=options.workers,
            progress=progress,
        )
    page = PIPE if options.to else page_of(sys.stdout)
    table = found.answer.table
    if form == "table":
        body = [list(row.values()) for row in table.to_pylist()]
        deliver(grid(table.column_names, body, page), options.to)
    else:
        deliver(rows(table, form, page), options.to)
    # Said even under --quiet: no rows, or not all of them, must not look like an answer.
    if not table.num_rows:
        tell(f"no rows; searched {found.searched}")
        for note in found.answer.notes:
            tell(note)
    elif found.answer.more:
        tell(f"only the first {table.num_rows:,} rows are given; --limit 0 gives all")
    if not options.quiet:
        _remark(found.tally.problems, found.answer.notes if table.num_rows else ())
        if table.num_rows:
            tell(f"{table.num_rows:,} {'row' if table.num_rows == 1 else 'rows'} of {found.searched}")
    return Exit.INCOMPLETE if options.strict and found.tally.problems else Exit.DONE


def _remark(problems: Iterable[Problem], notes: Iterable[str]) -> None:
    for note in notes:
        tell(note)
    lost = sum(problem.count for problem in problems)
    if lost:
        tell(f"{lost:,} records or files could not be read; `stashlight scan … --as json` lists them")


def _listed() -> Iterable[str]:
    from stashlight.answers.library import hunt_names, named

    for name in hunt_names():
        query = named(name)
        attack = ", ".join(query.techniques)
        yield printable(f"{name:<32} {attack:<22} {query.title}") + "\n"


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is not a time; write it as 2026-03-02T21:12:00Z"
        raise SettingError(message) from error


def end(message: str) -> None:
    """End the process: nothing else stops a function that does not look up from its work."""
    tell(message)
    os._exit(Exit.REFUSED)
