"""
A short ranked list for a person: what happened, how sure, and what these logs could not show.

Incidents of medium and more are told in full; below that, two lines each.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from stashlight.incidents.document import SEVERITIES, Command, Document, Files, Incident, Scanned
from stashlight.terminal import Page, labelled, paint, printable, shorten, wrap

SUFFIX: str = ".txt"

_TOLD_IN_FULL = frozenset({"medium", "high", "critical"})
_MOST_NAMED = 20
_MOST_LISTED = 6
_MOST_FACTORS = 6
_MOST_COMMANDS = 3
_MOST_EXTENSIONS = 8
_MOST_PROBLEMS = 10
_SHORT = {"exfiltrate": "exfil", "clean_up": "clean"}  # rungs that a margin is too narrow for
_LONGEST_COMMAND = 320  # about four lines: enough to see what a command does


def render(document: Document, page: Page) -> Iterator[str]:
    """Give the list line by line; colours only where the page has them."""
    for line in _lines(document, page):
        yield line + "\n"


def _lines(document: Document, page: Page) -> Iterator[str]:
    if document.scanned.files or not document.incidents:
        yield from wrap(printable(_headline(document.scanned, document.version)), page.width)
    else:
        yield from wrap(printable(f"stashlight {document.version}: from a case that was kept"), page.width)
    yield from _heading(_verdict(document), page)
    for incident in document.incidents:
        if incident.severity in _TOLD_IN_FULL:
            yield ""
            yield from _told(incident, page)
    lower = [incident for incident in document.incidents if incident.severity not in _TOLD_IN_FULL]
    if lower:
        yield ""
    for incident in lower[:_MOST_NAMED]:
        yield from _named(incident, page)
    if len(lower) > _MOST_NAMED:
        yield from wrap(f"and {len(lower) - _MOST_NAMED:,} more of low or info: --as json lists them all", page.width)
    yield from _blind(document, page)
    yield from _problems(document, page)
    if document.incidents:
        yield ""
        yield from wrap(printable(f"Why in full: stashlight explain {document.incidents[0].id} PATH…"), page.width)


def _heading(text: str, page: Page) -> Iterator[str]:
    for line in wrap(text, page.width):
        yield paint(line, "strong", page)


def _headline(scanned: Scanned, version: str) -> str:
    parts = [
        _many(scanned.files, "file"),
        _size(scanned.bytes),
        _many(scanned.records, "record"),
        _many(scanned.events, "event"),
    ]
    if scanned.duplicates:
        parts.append(_many(scanned.duplicates, "duplicate"))
    if scanned.silenced:
        parts.append(f"{_many(scanned.silenced, 'file write')} explained by benign profiles")
    when = f", {_span(scanned.first, scanned.last)}" if scanned.first and scanned.last else ""
    return f"stashlight {version}: {', '.join(parts)}{when}"


def _verdict(document: Document) -> str:
    counts = {level: sum(each.severity == level for each in document.incidents) for level in reversed(SEVERITIES)}
    found = ", ".join(f"{count} {level}" for level, count in counts.items() if count)
    interrupted = " (interrupted: not everything was read)" if document.partial else ""
    return (f"Incidents: {found}" if found else "No incidents") + interrupted


def _told(incident: Incident, page: Page) -> Iterator[str]:
    yield from _title(incident, page)
    yield from labelled("when", _span(incident.first_seen, incident.last_seen), page)
    yield from labelled("host", _listed(incident.hosts), page)
    yield from labelled("who", _listed(incident.accounts), page)
    for number, place in enumerate(incident.places[:_MOST_LISTED] or ("unknown",)):
        yield from labelled("" if number else "place", place, page)
    if len(incident.places) > _MOST_LISTED:
        yield from labelled("", f"and {len(incident.places) - _MOST_LISTED:,} more", page)
    yield from labelled("what", _what(incident.files), page)
    if incident.listings:
        yield from labelled("later", _later(incident), page)
    telling = [command for command in incident.commands if command.rung] or incident.commands
    for command in telling[:_MOST_COMMANDS]:
        rung = command.rung or "ran"
        yield from labelled(_SHORT.get(rung, rung), _how(command), page)
    factors = sorted(incident.factors, key=lambda factor: -abs(factor.points))
    for number, factor in enumerate(factors[:_MOST_FACTORS]):
        yield from labelled("" if number else "why", f"{factor.points:+d} {factor.name}: {factor.reason}", page, hang=4)
    if len(factors) > _MOST_FACTORS:
        rest = factors[_MOST_FACTORS:]
        yield from labelled(
            "", f"{sum(factor.points for factor in rest):+d} in {_many(len(rest), 'more factor')}", page
        )
    yield from labelled(
        "id", f"{incident.id}, {', '.join(incident.techniques)}, {incident.confidence} confidence", page
    )


def _named(incident: Incident, page: Page) -> Iterator[str]:
    yield from _title(incident, page)
    parties = [_listed(each) for each in (incident.hosts, incident.accounts, incident.places) if each]
    yield from labelled("", " · ".join([*parties, incident.id]), page)


def _title(incident: Incident, page: Page) -> Iterator[str]:
    mark = f"{incident.severity.upper()} {incident.score}"
    lines = wrap(printable(incident.title), page.width - len(mark) - 2)
    yield f"{paint(mark, incident.severity, page)}  {paint(next(lines), 'strong', page)}"
    for line in lines:
        yield " " * (len(mark) + 2) + paint(line, "strong", page)


def _what(files: Files) -> str:
    count = ("at least " if files.is_lower_bound else "") + _many(files.count, "file")
    if files.bytes is None:
        size = "size not recorded"
    elif files.sized < files.count:
        known = "recorded" if files.present is None else "known"
        size = f"{_size(files.bytes)} in the {files.sized:,} whose size is {known}"
    else:
        size = _size(files.bytes)
    ranked = sorted(files.extensions.items(), key=lambda pair: (-pair[1], pair[0]))
    kinds = ", ".join(f"{name or '(none)'} {number:,}" for name, number in ranked[:_MOST_EXTENSIONS])
    more = f", {_many(len(ranked) - _MOST_EXTENSIONS, 'other extension')}" if len(ranked) > _MOST_EXTENSIONS else ""
    sensitive = f"; sensitive: {', '.join(files.sensitive)}" if files.sensitive else ""
    return f"{count}, {size}{': ' if kinds else ''}{kinds}{more}{sensitive}"


def _later(incident: Incident) -> str:
    """Say what listings tell that were read after the fact."""
    files = incident.files
    told = [("still there", files.present), ("deleted", files.deleted), ("hashed", files.hashed)]
    said = ", ".join(f"{number:,} {what}" for what, number in told if number)
    more = f"; sources disagree on {_many(len(incident.conflicts), 'point')}" if incident.conflicts else ""
    names = ", ".join(dict.fromkeys(each.file for each in incident.listings))
    return f"{said or 'no size, hash or state'} ({names}){more}"


def _how(command: Command) -> str:
    ran = shorten(command.command or command.process or "unknown process", _LONGEST_COMMAND)
    unrecorded = "" if command.command else " (command line not recorded)"
    return ran + unrecorded + (f" (parent {command.parent})" if command.parent else "")


def _blind(document: Document, page: Page) -> Iterator[str]:
    gaps = [each for each in document.readiness if each.status != "present"]
    if gaps:
        yield ""
        yield from _heading("What these logs cannot show", page)
    for gap in gaps:
        message = gap.message if gap.source in gap.message else f"{gap.source}: {gap.message}"
        yield from labelled(gap.status, message, page)


def _problems(document: Document, page: Page) -> Iterator[str]:
    if not document.problems:
        return
    yield ""
    lost = sum(problem.count for problem in document.problems)
    yield from _heading(f"Could not be read or used: {_many(lost, 'record or file', 'records or files')}", page)
    for problem in document.problems[:_MOST_PROBLEMS]:
        where = f"{problem.file}, {problem.position}" if problem.position else problem.file
        count = f" ({problem.count:,} records)" if problem.count > 1 else ""
        yield from labelled("", f"{where}: {problem.reason}{count}", page, 2)
    if len(document.problems) > _MOST_PROBLEMS:
        yield from labelled(
            "", f"and {len(document.problems) - _MOST_PROBLEMS:,} more: --as json lists them all", page, 2
        )


def _listed(values: tuple[str, ...]) -> str:
    more = f" and {len(values) - _MOST_LISTED:,} more" if len(values) > _MOST_LISTED else ""
    return (", ".join(values[:_MOST_LISTED]) or "unknown") + more


def _span(first: str, last: str) -> str:
    """Say a time span in UTC: "2026-03-02 19:02:11 to 19:11:40 UTC (9 min 29 s)"."""
    try:
        start, end = (datetime.fromisoformat(time).astimezone(UTC) for time in (first, last))
    except ValueError:
        return f"{first or 'time unknown'} {last}".strip()
    if start == end:
        return f"{start:%Y-%m-%d %H:%M:%S} UTC"
    until = f"{end:%H:%M:%S}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M:%S}"
    return f"{start:%Y-%m-%d %H:%M:%S} to {until} UTC ({_lasting(int((end - start).total_seconds()))})"


def _lasting(seconds: int) -> str:
    units = ((seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    said = [f"{number} {unit}" for number, unit in units if number]
    return " ".join(said[:2]) or "under 1 s"


def _size(count: int) -> str:
    size, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{count:,} bytes" if unit == "bytes" else f"{size:.1f} {unit}"


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"
