"""
Find data staged for exfiltration in logs, worst first.

Formats and vocabularies are found by looking at the content. What could not be read is listed, and so is what these
logs cannot show.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from stashlight.cli import Exit, enriching, imported, reading, tell
from stashlight.errors import Problem, SettingError
from stashlight.incidents.document import SEVERITIES, Document, ProblemNote
from stashlight.outputs import check_target, deliver, output, output_names, output_of
from stashlight.progress import progress_on
from stashlight.settings import duration, size
from stashlight.stopping import stopping
from stashlight.terminal import PIPE, page_of

_SEVERITIES = ", ".join(SEVERITIES)


def arguments(parser: argparse.ArgumentParser) -> None:
    reading(parser)
    add = parser.add_argument
    add("--as", dest="form", metavar="FORM", choices=output_names(), help=f"form: {', '.join(output_names())}")
    add("--to", metavar="FILE", help="write the result there; its suffix chooses the form")
    add("--rules", action="append", default=[], metavar="DIR", help="Sigma rules beside the shipped ones")
    add("--since", metavar="TIME", help="leave out what is older, such as 24h, counted from the newest event")
    add("--baseline", metavar="DIR", help="weigh against what `stashlight learn` wrote there")
    add("--settings", metavar="FILE", help="thresholds and lists of this site, in TOML: see docs/reference/settings.md")
    enriching(parser)
    add("--min-severity", metavar="LEVEL", choices=SEVERITIES, default="info", help=f"show from here on: {_SEVERITIES}")
    add("--fail-on", metavar="LEVEL", choices=SEVERITIES, help="exit 1 if an incident is of this severity or worse")
    add("--table", choices=("sumo", "sentinel"), help="give a seed document's table of events instead of incidents")
    add("--min-score", type=int, default=1, metavar="N", help="with --table sumo: rows of at least this score")
    add(
        "--memory",
        metavar="SIZE",
        help="what all processes together may hold (default: 1GB); more lets more of them read",
    )
    add("--stall", metavar="TIME", help="give a file up that nothing comes of for so long (default: 5m)")
    add("--resume", metavar="DIR", help="keep what is read there, and read nothing again that is kept: made if need be")
    add("--literal", action="store_true", help="with --table: the document's own expressions, for comparison")


def run(options: argparse.Namespace) -> Exit:
    check_target(options.to)
    if options.table:
        return _table(options)
    from stashlight.events.loading import STALL
    from stashlight.verbs.scan import scan

    imported()
    memory = _memory(options.memory)
    stall = duration(options.stall).total_seconds() if options.stall else STALL
    form = options.form or output_of(options.to or "")
    with progress_on(sys.stderr, quiet=options.quiet) as progress, stopping(_stopping) as stop:
        document = scan(
            options.paths,
            rules=options.rules,
            format=options.format,
            strict=options.strict,
            since=duration(options.since) if options.since else None,
            baseline=options.baseline,
            settings=options.settings,
            enrich=options.enrich,
            workers=options.workers,
            progress=progress,
            memory=memory,
            stop=stop,
            stall=stall,
            resume=options.resume,
        )
    shown = tuple(each for each in document.incidents if _rank(each.severity) >= _rank(options.min_severity))
    page = PIPE if options.to else page_of(sys.stdout)
    deliver(output(form).render(replace(document, incidents=shown), page), options.to)
    if not options.quiet:
        if len(shown) < len(document.incidents):
            tell(f"{len(document.incidents) - len(shown):,} incidents below --min-severity are not shown")
        if options.to or form not in {"text", "json"}:
            _count(document.problems)
    return _exit(document, options.fail_on, strict=options.strict)


def _stopping() -> None:
    tell("stopping: the result is of what was read so far; once more to drop it")


def _memory(text: str | None) -> int | None:
    if text is None:
        return None
    from stashlight.events.budget import LEAST

    if (memory := size(text)) < LEAST:
        message = f"--memory {text} is not enough: {LEAST // 1_000_000} MB is the least"
        raise SettingError(message)
    return memory


def _table(options: argparse.Namespace) -> Exit:
    from stashlight.rows import rows
    from stashlight.verbs.seed_table import seed_table

    with progress_on(sys.stderr, quiet=options.quiet) as progress:
        table, tally = seed_table(
            options.table,
            options.paths,
            min_score=options.min_score,
            literal=options.literal,
            since=duration(options.since) if options.since else None,
            format=options.format,
            strict=options.strict,
            workers=options.workers,
            progress=progress,
        )
    page = PIPE if options.to else page_of(sys.stdout)
    deliver(rows(table, options.form or output_of(options.to or ""), page), options.to)
    if not options.quiet:
        _count(tally.problems)
    return Exit.INCOMPLETE if options.strict and tally.problems else Exit.DONE


def _count(problems: Sequence[Problem | ProblemNote]) -> None:
    """Say beside a result that cannot hold them how many problems there were: nothing is lost without a word."""
    if problems:
        lost = sum(problem.count for problem in problems)
        tell(f"{lost:,} records or files could not be read or used; `stashlight scan … --as json` lists them")


def _exit(document: Document, fail_on: str | None, *, strict: bool) -> Exit:
    if document.partial:
        return Exit.INTERRUPTED
    if fail_on and any(_rank(each.severity) >= _rank(fail_on) for each in document.incidents):
        return Exit.FOUND
    return Exit.INCOMPLETE if strict and document.problems else Exit.DONE


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity)
