"""
Report incidents in any form: from logs, or from a result that was kept, without the logs.

As html or markdown, each incident comes with pictures, evidence, an analysis to complete, an investigation guide and a
response playbook. With --check, the figures of a case that somebody typed in are held against one another.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from stashlight.cli import Exit, enriching, reading
from stashlight.errors import InputError, SettingError
from stashlight.incidents.document import Document, Incident
from stashlight.incidents.document_json import from_json
from stashlight.outputs import check_target, deliver, output, output_names, output_of
from stashlight.progress import progress_on
from stashlight.terminal import PIPE, Page, labelled, page_of

_HEAD = 4096  # bytes within which our own JSON says its schema


def arguments(parser: argparse.ArgumentParser) -> None:
    reading(parser, paths="*")
    add = parser.add_argument
    add(
        "--from",
        dest="result",
        metavar="RESULT",
        help="what `scan --as json` wrote, instead of logs; - for standard input",
    )
    add("--incident", action="append", default=[], metavar="ID", help="only this incident; may be given several times")
    add("--as", dest="form", metavar="FORM", choices=output_names(), help=f"form: {', '.join(output_names())}")
    add("--to", metavar="FILE", help="write the result there; its suffix chooses the form")
    add("--rules", action="append", default=[], metavar="DIR", help="with logs: Sigma rules beside the shipped ones")
    enriching(parser)
    add("--check", metavar="CASE", help="say what does not add up in a case that was typed in as JSON")


def run(options: argparse.Namespace) -> Exit:
    check_target(options.to)
    if sum(map(bool, (options.paths, options.result, options.check))) != 1:
        message = "give either logs, or --from RESULT, or --check CASE"
        raise SettingError(message)
    page = PIPE if options.to else page_of(sys.stdout)
    if options.check:
        deliver(_checked(options.check, page), options.to)
        return Exit.DONE
    form = options.form or output_of(options.to or "")
    document = _chosen(_document(options), options.incident)
    deliver(output(form).render(document, page), options.to)
    return Exit.DONE


def _document(options: argparse.Namespace) -> Document:
    paths: list[str] = options.paths
    result: str | None = options.result or (paths[0] if len(paths) == 1 and _is_result(paths[0]) else None)
    if result:
        document = from_json(_read(result), result)
        if options.enrich:
            from stashlight.verbs.enrich import enrich

            document = enrich(document, options.enrich)
        return document
    from stashlight.verbs.scan import scan

    with progress_on(sys.stderr, quiet=options.quiet) as progress:
        return scan(
            paths,
            rules=options.rules,
            format=options.format,
            strict=options.strict,
            enrich=options.enrich,
            workers=options.workers,
            progress=progress,
        )


def _is_result(path: str) -> bool:
    """Whether a path given as logs is a result of ours: that needs no option."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False  # a folder, a glob, or nothing: the reader of logs says which
    return head.lstrip()[:1] == b"{" and b'"schema"' in head and b'"stashlight/' in head


def _read(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}"
        raise InputError(message) from error


def _chosen(document: Document, wanted: Sequence[str]) -> Document:
    """Give the document with the wanted incidents only; an id may be the incident's or the alert's."""
    if not wanted:
        return document
    from stashlight.reports.sections.alert import alert_id

    names: dict[str, Incident] = {}
    for each in document.incidents:
        names[each.id.lower()] = names[alert_id(each).lower()] = each
    if unknown := [each for each in wanted if each.lower() not in names]:
        known = ", ".join(each.id for each in document.incidents[:10]) or "none"
        message = f"no incident {unknown[0]}; there are {known}{', …' if len(document.incidents) > 10 else ''}"
        raise SettingError(message)
    chosen = {id(names[each.lower()]) for each in wanted}
    return replace(document, incidents=tuple(each for each in document.incidents if id(each) in chosen))


def _checked(path: str, page: Page) -> Iterator[str]:
    from stashlight.reports.case_file import read_case
    from stashlight.reports.checks import check

    defects = check(read_case(_read(path), path))
    if not defects:
        yield "It adds up, as far as it can be checked.\n"
    for title, kind in (("Does not add up", "contradiction"), ("Not shown by an event", "unproved")):
        found = [each for each in defects if each.kind == kind]
        if found:
            yield f"{title}: {len(found)}\n"
        for each in found:
            for line in labelled(each.check, each.said, page, 14):
                yield line + "\n"
