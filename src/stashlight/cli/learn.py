"""
Learn from logs what is normal here, for `scan --baseline`.

What scores as an incident is left out and named, so that an intruder does not become a habit; `--benign` lets a case in
that a person has judged. Learning the same logs again changes nothing.
"""

import argparse
import sys
import time

from stashlight.cli import Exit, reading, tell
from stashlight.outputs import deliver
from stashlight.progress import progress_on
from stashlight.settings import duration
from stashlight.terminal import printable

_SHOWN = 20
_DAY_SECONDS = 86_400


def arguments(parser: argparse.ArgumentParser) -> None:
    reading(parser)
    add = parser.add_argument
    add("--into", metavar="DIR", required=True, help="folder of the baseline; it is made, or added to")
    add("--keep", metavar="TIME", default="90d", help="forget days older than this before the newest (default: 90d)")
    add("--benign", action="append", default=[], metavar="ID", help="learn this incident, too: a person judged it")
    add("--rules", action="append", default=[], metavar="DIR", help="Sigma rules beside the shipped ones")
    add("--settings", metavar="FILE", help="thresholds and lists of this site, in TOML")


def run(options: argparse.Namespace) -> Exit:
    keep = duration(options.keep)
    from stashlight.verbs.learn import learn

    with progress_on(sys.stderr, quiet=options.quiet) as progress:
        learned = learn(
            options.paths,
            options.into,
            today=int(time.time()) // _DAY_SECONDS,
            keep=keep,
            benign=options.benign,
            rules=options.rules,
            settings=options.settings,
            format=options.format,
            strict=options.strict,
            workers=options.workers,
            progress=progress,
        )
    lines = [f"learned {learned.cases:,} cases of {learned.events:,} events into {options.into}"]
    lines += [f"  {name:<9} {learned.whole[name]:>9,} days, {new:,} new" for name, new in learned.new.items()]
    if learned.left_out:
        piles, deeds = sum(each.piles for each in learned.left_out), sum(each.deeds for each in learned.left_out)
        lines.append(f"left out {len(learned.left_out):,} cases that score ({piles:,} piles, {deeds:,} commands):")
        lines += [f"  {each.id}  {each.severity} {each.score}  {each.place}" for each in learned.left_out[:_SHOWN]]
        if len(learned.left_out) > _SHOWN:
            lines.append(f"  and {len(learned.left_out) - _SHOWN:,} more; `stashlight scan` shows them all")
    if learned.dropped:
        lines.append(f"dropped {learned.dropped:,} rows: too many places on one host and day; the fullest were kept")
    if learned.later:
        lines.append(f"left out {learned.later:,} counts from the future: their clock is wrong")
    deliver(printable(line) + "\n" for line in lines)
    for problem in learned.problems:
        tell(f"{problem.file}{', ' if problem.position else ''}{problem.position}: {problem.reason}")
    return Exit.INCOMPLETE if options.strict and learned.problems else Exit.DONE
