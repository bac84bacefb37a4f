"""
Find data staged for exfiltration in logs, worst first.

Formats and vocabularies are found by looking at the content. What could not be read is listed, and so is what these
logs cannot show.
"""

import argparse
import sys
from dataclasses import replace

from stashlight.cli import Exit, reading, tell
from stashlight.incidents.document import SEVERITIES, Document
from stashlight.outputs import deliver, output, output_names, output_of
from stashlight.progress import progress_on
from stashlight.settings import duration
from stashlight.terminal import PIPE, page_of


def arguments(parser: argparse.ArgumentParser) -> None:
    reading(parser)
    parser.add_argument("--as", dest="form", choices=output_names(), help="form of the result (default: text)")
    parser.add_argument("--to", metavar="FILE", help="write the result there; its suffix chooses the form")
    parser.add_argument(
        "--rules", action="append", default=[], metavar="DIR", help="Sigma rules beside the shipped ones"
    )
    parser.add_argument(
        "--since", metavar="TIME", help="leave out what is older, such as 24h, counted from the newest event"
    )
    parser.add_argument("--min-severity", choices=SEVERITIES, default="info", help="show only these and worse")
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, help="exit 1 if there is an incident of this severity or worse"
    )


def run(options: argparse.Namespace) -> Exit:
    import stashlight

    form = options.form or output_of(options.to or "")
    with progress_on(sys.stderr, quiet=options.quiet) as progress:
        document = stashlight.scan(
            options.paths,
            rules=options.rules,
            format=options.format,
            strict=options.strict,
            since=duration(options.since) if options.since else None,
            workers=options.workers,
            progress=progress,
        )
    shown = tuple(each for each in document.incidents if _rank(each.severity) >= _rank(options.min_severity))
    page = PIPE if options.to else page_of(sys.stdout)
    deliver(output(form).render(replace(document, incidents=shown), page), options.to)
    if not options.quiet:
        _remark(document, form, hidden=len(document.incidents) - len(shown), to=options.to)
    return _exit(document, options.fail_on, strict=options.strict)


def _remark(document: Document, form: str, hidden: int, to: str | None) -> None:
    """Say beside the result what it does not: nothing may be lost without a word."""
    if hidden:
        tell(f"{hidden:,} incidents below --min-severity are not shown")
    if document.problems and (to or form not in {"text", "json"}):
        lost = sum(problem.count for problem in document.problems)
        tell(f"{lost:,} records or files could not be read or used; --as json lists them")


def _exit(document: Document, fail_on: str | None, *, strict: bool) -> Exit:
    if document.partial:
        return Exit.INTERRUPTED
    if fail_on and any(_rank(each.severity) >= _rank(fail_on) for each in document.incidents):
        return Exit.FOUND
    return Exit.INCOMPLETE if strict and document.problems else Exit.DONE


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity)
