"""
Ask logs question after question, in KQL or SQL, at a prompt with completion and history.

Reads the logs once. A query ends with ; or an empty line; `.help` names the rest. Queries can be piped in, too.

Example: stashlight shell samples
"""

import argparse
import sys
from contextlib import ExitStack

from stashlight.cli import Exit, reading, tell
from stashlight.errors import SettingError
from stashlight.progress import progress_on
from stashlight.settings import duration, size
from stashlight.terminal import page_of


def arguments(parser: argparse.ArgumentParser) -> None:
    reading(parser)
    add = parser.add_argument
    add("--limit", type=int, default=100, metavar="N", help="show so many rows at most; 0 shows all (default 100)")
    add("--timeout", default="60s", metavar="TIME", help="stop a query after this long (default 60s)")
    add("--memory", default="2GB", metavar="SIZE", help="what a query may hold in memory (default 2GB)")
    add("--mode", default="table", choices=("csv", "json", "jsonl", "table"), help="how rows are shown")
    add("--rules", action="append", default=[], metavar="DIR", help="Sigma rules whose findings can be asked for, too")


def run(options: argparse.Namespace) -> Exit:
    seconds, memory = duration(options.timeout).total_seconds(), size(options.memory)
    if "-" in options.paths:
        message = "a prompt needs standard input for queries: give the logs as files"
        raise SettingError(message)
    from stashlight.answers.bounds import Bounds
    from stashlight.cli.hunt import end
    from stashlight.prompt.loops import pipe, talk
    from stashlight.prompt.session import Session
    from stashlight.verbs.hunt import opened

    with ExitStack() as held:
        with progress_on(sys.stderr, quiet=options.quiet) as progress:
            logs = held.enter_context(
                opened(
                    options.paths,
                    rules=options.rules,
                    memory=memory,
                    format=options.format,
                    strict=options.strict,
                    workers=options.workers,
                    progress=progress,
                )
            )
        bounds = Bounds(seconds, memory, max(0, options.limit), end)
        session = Session(logs, tell, page_of(sys.stdout), bounds, options.mode)
        lost = sum(problem.count for problem in logs.tally.problems)
        if lost and not options.quiet:
            tell(f"{lost:,} records or files could not be read; `stashlight scan … --as json` lists them")
        refused = False
        if sys.stdin.isatty() and sys.stdout.isatty():
            if not options.quiet:
                print(f"{logs.searched()}\n.help says what can be typed; a query ends with ; or an empty line")
            talk(session)
        else:
            refused = pipe(session, sys.stdin)
        incomplete = options.strict and lost
    return Exit.REFUSED if refused else Exit.INCOMPLETE if incomplete else Exit.DONE
