"""
Show what stands behind an incident or a finding: rules, SQL, events and raw records.

The id is the one that `scan` showed; the paths are the same logs.
"""

import argparse
import sys
from collections.abc import Iterator

from stashlight.cli import Exit, reading
from stashlight.incidents.document import Incident
from stashlight.incidents.document_json import to_json
from stashlight.incidents.explanation import ExplainedEvent, ExplainedRule, Explanation
from stashlight.outputs import check_target, deliver
from stashlight.progress import progress_on
from stashlight.terminal import PIPE, Page, labelled, page_of, paint, printable, wrap

_MARGIN = 4


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="id of an incident or finding, as `scan` shows it")
    reading(parser)
    parser.add_argument(
        "--as", dest="form", metavar="FORM", choices=("text", "json"), default="text", help="form: json, text"
    )
    parser.add_argument("--to", metavar="FILE", help="write the result there")
    parser.add_argument(
        "--rules", action="append", default=[], metavar="DIR", help="Sigma rules beside the shipped ones"
    )
    parser.add_argument("--events", type=int, default=5, metavar="N", help="how many events to show (default: 5)")


def run(options: argparse.Namespace) -> Exit:
    check_target(options.to)
    from stashlight.verbs.explain import explain

    with progress_on(sys.stderr, quiet=options.quiet) as progress:
        explanation = explain(
            options.id,
            options.paths,
            rules=options.rules,
            format=options.format,
            strict=options.strict,
            workers=options.workers,
            events=options.events,
            progress=progress,
        )
    page = PIPE if options.to else page_of(sys.stdout)
    pieces = [to_json(explanation, indent=True) + "\n"] if options.form == "json" else render(explanation, page)
    deliver(pieces, options.to)
    return Exit.DONE


def render(explanation: Explanation, page: Page) -> Iterator[str]:
    """Give an explanation as text for a person."""
    for line in _lines(explanation, page):
        yield line + "\n"


def _lines(explanation: Explanation, page: Page) -> Iterator[str]:
    yield from _heading(f"{explanation.id}  {explanation.title}", page)
    if explanation.incident:
        yield from _incident(explanation.incident, page)
    for rule in explanation.rules:
        yield ""
        yield from _rule(rule, page)
    shown, whole = len(explanation.events), explanation.events_in_all
    if whole:
        yield ""
        yield from _heading(
            f"Events: {shown:,} of {whole:,}" + ("; --events N shows more" if shown < whole else ""), page
        )
    for event in explanation.events:
        yield ""
        yield from _event(event, page)


def _incident(incident: Incident, page: Page) -> Iterator[str]:
    yield from labelled("score", f"{incident.score}, {incident.severity}", page)
    for factor in incident.factors:
        yield from labelled("", f"{factor.points:+d} {factor.name}: {factor.reason}", page, hang=4)
    confidence = incident.confidence + (f": {incident.confidence_reason}" if incident.confidence_reason else "")
    yield from labelled("sure?", confidence, page)
    for rung in incident.rungs:
        yield from labelled(rung.name, f"{rung.first_seen} to {rung.last_seen}: {rung.summary}", page, 13)
    for source in incident.sources:
        yield from labelled("from", f"{source.path} (known by: {source.basis})", page)
    for archive in incident.archives:
        yield from labelled("archive", archive.path, page, 10)
    for cleared in incident.clears:
        yield from labelled("clears", cleared, page)
    for note in incident.notes:
        yield from labelled("note", note, page)


def _rule(rule: ExplainedRule, page: Page) -> Iterator[str]:
    yield from _heading(f"Rule {rule.title} ({rule.level}): {rule.count:,} events", page)
    yield from labelled("id", rule.id, page)
    yield from labelled("file", f"{rule.file}:{rule.line}" if rule.line else rule.file, page)
    yield from _block(rule.text, page)
    if rule.sql:
        yield paint("  SQL", "label", page)
        yield from _block(rule.sql, page)


def _event(event: ExplainedEvent, page: Page) -> Iterator[str]:
    where = event.file if event.record is None else f"{event.file}, record {event.record}"
    yield from _heading(f"{event.time or 'time unknown'}  {where}", page)
    for name, value in event.fields.items():
        yield from labelled(name, str(value), page, 24)
    yield paint("  raw record", "label", page)
    yield from _block(event.raw if event.raw is not None else "(it could not be read again)", page)


def _heading(text: str, page: Page) -> Iterator[str]:
    for line in wrap(printable(text), page.width):
        yield paint(line, "strong", page)


def _block(text: str, page: Page) -> Iterator[str]:
    """Lay out text whose line breaks mean something."""
    for line in text.expandtabs(4).splitlines():
        indent = len(line) - len(line.lstrip(" "))
        for part in wrap(printable(line.lstrip(" ")), max(20, page.width - _MARGIN - indent)):
            yield " " * (_MARGIN + indent) + part
