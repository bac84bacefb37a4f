"""
Write logs as Parquet in Stashlight's own event schema, to scan again faster or to query with other tools.
"""

import argparse
import sys

from stashlight.cli import Exit, reading, tell
from stashlight.outputs import check_target
from stashlight.progress import progress_on

_MOST_TOLD = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    reading(parser)
    parser.add_argument("--to", metavar="FILE", required=True, help="Parquet file to write")


def run(options: argparse.Namespace) -> Exit:
    check_target(options.to)
    from stashlight.verbs.convert import convert

    with progress_on(sys.stderr, quiet=options.quiet) as progress:
        tally = convert(
            options.paths,
            options.to,
            format=options.format,
            strict=options.strict,
            workers=options.workers,
            progress=progress,
        )
    if not options.quiet:
        tell(f"{tally.events:,} events of {tally.records:,} records in {tally.files:,} files written to {options.to}")
    for problem in tally.problems[:_MOST_TOLD]:
        tell(f"{problem.file}{', ' if problem.position else ''}{problem.position}: {problem.reason}")
    if len(tally.problems) > _MOST_TOLD:
        more = sum(problem.count for problem in tally.problems[_MOST_TOLD:])
        tell(f"and {more:,} more; `stashlight scan … --as json` lists them all")
    return Exit.INCOMPLETE if options.strict and tally.problems else Exit.DONE
