"""
The page around the reports: one file that loads nothing, whose policy lets nothing load.

The policy allows exactly this style and this script, by their hashes: smuggled markup would still not run.
"""

from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files

from stashlight.incidents.document import SEVERITIES, Document, Incident
from stashlight.reports.attack import named
from stashlight.reports.blocks import Bad, Inline, Value
from stashlight.reports.html.blocks import section
from stashlight.reports.html.markup import Frame, inline, safe
from stashlight.reports.report import report
from stashlight.reports.sections.alert import alert_id
from stashlight.reports.wording import clock, joined, many, read_from, size_of, values, window

__all__ = ["IN_FULL", "page"]

IN_FULL = 25  # about 100 kB each: a page of them opens at once on a phone; the rest is told briefly


def page(document: Document) -> Iterator[str]:
    """Give the page piece by piece: an index, the worst incidents in full, the others briefly."""
    incidents = document.incidents
    alone = len(incidents) == 1
    yield from _top(document)
    yield '<main id="main">\n'
    if not incidents:
        yield '<p class="card">No incident was found. What these logs cannot show is in the result document.</p>\n'
    if len(incidents) > 1:
        yield from _index(incidents)
    for number, incident in enumerate(incidents[:IN_FULL], 1):
        yield from _full(number, incident, document, alone)
    if len(incidents) > IN_FULL:
        yield from _briefs(incidents)
    yield "</main>\n"
    yield f"<footer><p>Stashlight {safe(document.version)}. This file loads nothing and sends nothing.</p></footer>\n"
    yield f"<script>{_asset('page.js')}</script>\n</body>\n</html>\n"


def _top(document: Document) -> Iterator[str]:
    incidents, scanned = document.incidents, document.scanned
    title = alert_id(incidents[0]) if len(incidents) == 1 else "Data staging report"
    policy = (
        f"default-src 'none'; style-src '{_hash('page.css')}'; script-src '{_hash('page.js')}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    yield (
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" '
        'content="no-referrer">\n'
    )
    yield f'<title>{safe(title)} – Stashlight</title>\n<link rel="icon" href="data:,">\n'
    yield f"<style>{_asset('page.css')}</style>\n</head>\n<body>\n"
    yield '<a class="skip" href="#main">Skip to the incidents</a>\n<header>\n'
    yield f"<p>Stashlight · incident report</p>\n<h1>{safe(title)}</h1>\n"
    counts = [f"{number} {level}" for level in reversed(SEVERITIES) if (number := _count(incidents, level))]
    yield (f"<p>{safe(joined(counts) or 'no incidents')}; {safe(read_from(document))}")
    if scanned.first and scanned.last:
        yield f", {safe(window(scanned.first, scanned.last))}"
    yield ".</p>\n"
    if document.partial:
        yield "<p><strong>The scan was interrupted: not everything was read.</strong></p>\n"
    yield '<div class="tools">'
    if len(incidents) > 1:
        yield '<label>Filter incidents<input id="filter" type="search" autocomplete="off"></label>'
    yield (
        '<button id="open-all" type="button" aria-pressed="false">Open everything</button>'
        '<span>Queries that are folded are not printed.</span><p id="told" role="status"></p></div>\n</header>\n'
    )


def _count(incidents: tuple[Incident, ...], level: str) -> int:
    return sum(each.severity == level for each in incidents)


def _index(incidents: tuple[Incident, ...]) -> Iterator[str]:
    heads = ("Severity", "Incident", "When (UTC)", "Host", "User", "Files")
    yield f'<div class="card"><table><caption>{many(len(incidents), "incident")}, worst first</caption><thead><tr>'
    yield "".join(f'<th scope="col">{head}</th>' for head in heads) + '</tr></thead><tbody class="index">\n'
    for number, incident in enumerate(incidents, 1):
        frame = Frame(f"i{number}")
        cells: tuple[Inline, ...] = (
            Bad(incident.severity, f"{incident.severity.upper()} {incident.score}"),
            "",
            clock(incident.first_seen),
            joined(incident.hosts, 2) or "unknown",
            joined(incident.accounts, 2) or "unknown",
            f"{incident.files.count:,}",
        )
        told = [inline(cell, frame) for cell in cells]
        told[1] = f'<a href="#i{number}">{safe(incident.title)}</a>'
        row = "".join(f'<td data-head="{head}">{cell}</td>' for head, cell in zip(heads, told, strict=True))
        yield f'<tr class="row" data-row="index">{row}</tr>\n'
    yield "</tbody></table></div>\n"


def _full(number: int, incident: Incident, document: Document, alone: bool) -> Iterator[str]:
    told = report(incident, document)
    frame = Frame(f"i{number}", {each.event: at for at, each in enumerate(incident.evidence, 1)})
    badge = inline(Bad(incident.severity, f"{incident.severity.upper()} {incident.score}"), frame)
    opened = " open" if alone else ""
    yield f'<article class="full" id="i{number}" data-row="full" aria-labelledby="i{number}-h"><details{opened}>'
    yield f'<summary>{badge} <h2 id="i{number}-h">{safe(incident.title)}</h2></summary>\n'
    yield f'<nav aria-label="Sections of {safe(told.id)}"><ol>'
    yield "".join(
        f'<li><a href="#i{number}-s{at}">{safe(each.title)}</a></li>' for at, each in enumerate(told.sections, 1)
    )
    yield "</ol></nav>\n"
    for at, each in enumerate(told.sections, 1):
        yield from section(each, frame, str(at), 3)
    yield "</details></article>\n"


def _briefs(incidents: tuple[Incident, ...]) -> Iterator[str]:
    """Tell the rest in a few lines each, and how to see them in full."""
    rest = len(incidents) - IN_FULL
    yield '<section class="card" aria-labelledby="rest"><h2 id="rest">Further incidents</h2>\n'
    yield (
        f"<p>The worst {IN_FULL} are told in full above, {many(rest, 'other', 'others')} briefly. One of them in full: "
    )
    yield "<code>stashlight report --from result.json --incident ID --as html --to FILE</code></p>\n"
    for number, incident in enumerate(incidents[IN_FULL:], IN_FULL + 1):
        yield _brief(number, incident)
    yield "</section>\n"


def _brief(number: int, incident: Incident) -> str:
    frame = Frame(f"i{number}")
    best = max(incident.factors, key=lambda factor: factor.points, default=None)
    rows: tuple[tuple[str, Inline], ...] = (
        ("Alert", Value(alert_id(incident))),
        ("Incident", Value(incident.id)),
        ("When", window(incident.first_seen, incident.last_seen)),
        ("Host", values(incident.hosts, "host: no event names it", 4)),
        ("User", values(incident.accounts, "account: no event names it", 4)),
        ("Staged in", values(incident.places, "place: no event names it", 4)),
        ("Files", f"{many(incident.files.count, 'file')}; size {size_of(incident)}"),
        ("ATT&CK", joined([named(each) for each in incident.techniques]) or "none"),
        ("Most telling", f"{best.points:+d} {best.name}: {best.reason}" if best else "no factor"),
    )
    facts = "".join(f"<div><dt>{safe(name)}</dt><dd>{inline(value, frame)}</dd></div>" for name, value in rows)
    badge = inline(Bad(incident.severity, f"{incident.severity.upper()} {incident.score}"), frame)
    return (
        f'<details class="brief" id="i{number}" data-row="brief"><summary>{badge} {safe(incident.title)}</summary>'
        f'<dl class="facts">{facts}</dl></details>\n'
    )


@cache
def _asset(name: str) -> str:
    return "\n" + files("stashlight.reports.html").joinpath(name).read_text(encoding="utf-8")


def _hash(name: str) -> str:
    return "sha256-" + b64encode(sha256(_asset(name).encode()).digest()).decode()
