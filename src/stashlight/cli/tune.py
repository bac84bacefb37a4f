"""
Propose Sigma filters for incidents that a person judged benign.

Without `--benign`, everything in the logs is taken as benign. Each filter is shown with what it would silence; one that
would take an event of a shipped attack or of a rule's own match cases is refused. Nothing is written without `--write`.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from stashlight.cli import Exit, reading, tell
from stashlight.errors import SettingError
from stashlight.incidents.tuned import Tuned
from stashlight.outputs import deliver
from stashlight.progress import progress_on
from stashlight.terminal import printable


def arguments(parser: argparse.ArgumentParser) -> None:
    reading(parser)
    add = parser.add_argument
    add(
        "--benign",
        action="append",
        default=[],
        metavar="ID",
        help="an incident that was judged benign; may be repeated",
    )
    add("--write", metavar="DIR", help="write the filters that were not refused there, for `scan --rules DIR`")
    add("--rules", action="append", default=[], metavar="DIR", help="Sigma rules beside the shipped ones")
    add("--settings", metavar="FILE", help="thresholds and lists of this site, in TOML")


def run(options: argparse.Namespace) -> Exit:
    from stashlight.verbs.tune import tune

    with progress_on(sys.stderr, quiet=options.quiet) as progress:
        tuned = tune(
            options.paths,
            date=f"{datetime.now(UTC):%Y-%m-%d}",
            benign=options.benign,
            rules=options.rules,
            settings=options.settings,
            format=options.format,
            strict=options.strict,
            workers=options.workers,
            progress=progress,
        )
    deliver(printable(line, keep="\n") + "\n" for line in _lines(tuned))
    if options.write:
        _write(tuned, Path(options.write))
    for problem in tuned.problems:
        tell(f"{problem.file}{', ' if problem.position else ''}{problem.position}: {problem.reason}")
    return Exit.INCOMPLETE if options.strict and tuned.problems else Exit.DONE


def _lines(tuned: Tuned) -> Iterator[str]:
    yield f"{len(tuned.benign):,} benign incidents: {', '.join(tuned.benign[:20]) or 'none'}"
    for judged in tuned.judged:
        yield ""
        yield f"{'REFUSED' if judged.refused else 'proposed'}: {judged.proposal.title} ({judged.proposal.file})"
        for attack in judged.attacks:
            yield f"  it would silence {attack}"
        yield f"  it would silence {judged.events:,} events of these logs that rules look at, such as"
        for example in judged.examples:
            yield f"    {example[:200]}"
        yield ""
        for line in judged.proposal.text.splitlines():
            yield f"  {line}"
    yield from _left(tuned)


def _left(tuned: Tuned) -> Iterator[str]:
    """Say what no filter is proposed for, and which incidents there are with and without the filters."""
    if tuned.unproposed:
        yield ""
        yield "no filter is proposed for"
        for each in tuned.unproposed:
            yield f"  {each.incident}, {each.part}: {each.reason}"
    if tuned.beyond:
        yield f"{tuned.beyond:,} more filters were not looked at: judge fewer incidents at once"
    yield ""
    yield f"incidents in these logs: {len(tuned.before):,} now, {len(tuned.after):,} with the proposed filters"
    left = {(i.id, i.severity, i.score) for i in tuned.after}
    for incident in tuned.before:
        if (incident.id, incident.severity, incident.score) not in left:
            yield f"  gone or changed: {incident.id}  {incident.severity} {incident.score}  {incident.title}"
    for incident in tuned.after:
        if incident.id in {i.id for i in tuned.before} and incident not in tuned.before:
            yield f"  then:            {incident.id}  {incident.severity} {incident.score}  {incident.title}"


def _write(tuned: Tuned, folder: Path) -> None:
    accepted = [judged.proposal for judged in tuned.judged if not judged.refused]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for proposal in accepted:
            (folder / proposal.file).write_text(proposal.text, "utf-8")
    except OSError as error:
        message = f"cannot write filters into {folder}: {error.strerror or error}"
        raise SettingError(message) from error
    tell(f"{len(accepted):,} filters written to {folder}; `stashlight scan … --rules {folder}` uses them")
