r"""
Reports → Markdown (CommonMark with tables): the same sections as on the page, safe wherever it is pasted.

Text is escaped letter by letter; what logs wrote stands in code spans, where nothing is a link, an image, HTML or a
mention. Inside tables a code span cannot hold every `\|`, so values with a pipe stand there as escaped text.
"""

import re
from collections.abc import Iterator
from typing import Final

from stashlight.incidents.document import SEVERITIES, Document, Incident
from stashlight.reports.blocks import (
    Bad,
    Blank,
    Block,
    Box,
    Cite,
    Code,
    Facts,
    Inline,
    Items,
    Section,
    Table,
    Text,
    Value,
)
from stashlight.reports.pictures import FanIn, Lanes, Minutes, Node, Picture, Tree
from stashlight.reports.report import report
from stashlight.reports.sections.alert import alert_id
from stashlight.reports.wording import clock, joined, many, read_from
from stashlight.terminal import printable, shorten

__all__ = ["IN_FULL", "markdown", "plain", "value"]

IN_FULL: Final = 25
# What means something anywhere, at the start of a line, and where an address would become a link.
_MEANING: Final = re.compile(r"([\\`*_{}\[\]#|~$@])|\A\s*([-+=])|(:)(?=//)|\A\s*\d+([.)])(?=\s|\Z)")
_BAR: Final = 30
_LONGEST: Final = 2000
Numbers = dict[str, int]


def markdown(document: Document) -> Iterator[str]:
    """Give the text piece by piece: an index if there are several, the worst incidents in full."""
    incidents = document.incidents
    yield "# Data staging report\n\n"
    counts = [
        f"{n} {level}" for level in reversed(SEVERITIES) if (n := sum(each.severity == level for each in incidents))
    ]
    read = read_from(document)
    yield f"{plain(joined(counts) or 'No incidents')}, {plain(read)}, by Stashlight {plain(document.version)}.\n\n"
    if document.partial:
        yield "**The scan was interrupted: not everything was read.**\n\n"
    if len(incidents) > 1:
        yield from _index(incidents)
    for incident in incidents[:IN_FULL]:
        yield from _incident(incident, document)
    if len(incidents) > IN_FULL:
        rest = (
            f"The worst {IN_FULL} are told in full; {len(incidents) - IN_FULL:,} more stand in the index. One of them:"
        )
        yield f"{plain(rest)} `stashlight report --from result.json --incident ID --as markdown --to FILE`\n"


def plain(text: str) -> str:
    """Escape text of ours that may hold a name from the logs."""
    shown = printable(text)
    escaped = _MEANING.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", shown)
    escaped = escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"(?i)\bwww\.", lambda found: f"{found[0][:-1]}&#46;", escaped)


def value(text: str, in_table: bool = False) -> str:
    """Give what a log wrote as a code span, or as escaped text where a span cannot hold it."""
    shown = printable(shorten(text, _LONGEST))
    if not shown.strip():
        return "` `"
    if in_table and "|" in shown:
        return plain(shown).replace("\\|", "&#124;")
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _index(incidents: tuple[Incident, ...]) -> Iterator[str]:
    yield "| Severity | Alert | Incident | When (UTC) | Host | User | Files |\n|---|---|---|---|---|---|---|\n"
    for each in incidents:
        cells = (
            plain(f"{each.severity.upper()} {each.score}"),
            value(alert_id(each), in_table=True),
            plain(each.title),
            plain(clock(each.first_seen)),
            plain(joined(each.hosts, 2) or "unknown"),
            plain(joined(each.accounts, 2) or "unknown"),
            f"{each.files.count:,}",
        )
        yield f"| {' | '.join(cells)} |\n"
    yield "\n"


def _incident(incident: Incident, document: Document) -> Iterator[str]:
    told = report(incident, document)
    numbers = {each.event: at for at, each in enumerate(incident.evidence, 1)}
    yield f"## {plain(incident.title)}\n\n"
    for section in told.sections:
        yield from _section(section, numbers, 3)


def _section(section: Section, numbers: Numbers, level: int) -> Iterator[str]:
    yield f"{'#' * level} {plain(section.title)}\n\n"
    for block in section.blocks:
        yield from _block(block, numbers)
    for part in section.parts:
        yield from _section(part, numbers, min(6, level + 1))


def _block(block: Block, numbers: Numbers) -> Iterator[str]:
    match block:
        case Text():
            yield f"{_inline(block.said, numbers)}\n\n"
        case Facts():
            yield "".join(f"- **{plain(name)}:** {_inline(said, numbers)}\n" for name, said in block.rows) + "\n"
        case Items():
            marks = (f"{n}." if block.numbered else "-" for n in range(1, len(block.items) + 1))
            yield (
                "".join(f"{mark} {_inline(item, numbers)}\n" for mark, item in zip(marks, block.items, strict=True))
                + "\n"
            )
        case Table():
            yield from _table(block, numbers)
        case Code():
            yield from _code(block)
        case Box():
            yield f"**{plain(block.title)}**\n\n"
            for each in block.blocks:
                yield from _block(each, numbers)
        case _:
            yield f"**{plain(block.title)}.** {plain(block.said)}\n\n"
            yield from _picture(block)


def _table(table: Table, numbers: Numbers) -> Iterator[str]:
    yield f"**{plain(table.caption)}**\n\n"
    yield f"| {' | '.join(plain(head) for head in table.heads)} |\n|{'---|' * len(table.heads)}\n"
    for at, row in enumerate(table.rows, 1):
        cells = [_inline(cell, numbers, in_table=True) for cell in row]
        if table.letter:
            cells[0] = f"{table.letter}{at} {cells[0]}"
        yield f"| {' | '.join(cells)} |\n"
    yield "\n"


def _code(code: Code) -> Iterator[str]:
    text = printable(code.text.replace("\r\n", "\n").expandtabs(4), keep="\n")
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    language = code.language if code.language.isalnum() else "text"
    yield f"{plain(code.label)}\n\n{fence}{language}\n{text}\n{fence}\n\n"


def _inline(said: Inline, numbers: Numbers, in_table: bool = False) -> str:
    found: list[str] = []
    for span in said if isinstance(said, tuple) else (said,):
        match span:
            case str():
                found.append(plain(span))
            case Value():
                found.append(value(span.text, in_table))
            case Blank():
                found.append(f"**To be filled in by the analyst:** *{plain(span.ask)}* \\_\\_\\_\\_\\_\\_")
            case Bad():
                found.append(f"**{plain(span.text)}**")
            case Cite():
                names = [f"E{numbers[each]}" if each in numbers else plain(each[:8]) for each in span.events[:4]]
                more = f" +{len(span.events) - 4:,}" if len(span.events) > 4 else ""
                found.append(f"{' '.join(names)}{more}")
    return "".join(found).strip()


def _picture(picture: Picture) -> Iterator[str]:
    """Tell a picture as a table or a list."""
    match picture:
        case Lanes():
            yield "| Host | Step | From (UTC) | To (UTC) |\n|---|---|---|---|\n"
            for lane in picture.lanes:
                first = min(span.start for span in lane.spans)
                last = max(span.end for span in lane.spans)
                cells = (
                    value(lane.host, in_table=True),
                    plain(lane.rung.replace("_", " ")),
                    plain(clock(first)),
                    plain(clock(last)),
                )
                yield f"| {' | '.join(cells)} |\n"
            yield "\n"
        case Minutes():
            most = max((count for _, count in picture.counts), default=0) or 1
            yield "| From (UTC) | Files | |\n|---|---:|---|\n"
            for time, count in picture.counts:
                yield f"| {plain(clock(time))} | {count:,} | {'█' * -(-count * _BAR // most)} |\n"
            yield "\n"
        case Tree():
            for root in picture.roots:
                yield from _node(root, 0)
            yield "\n"
        case FanIn():
            for link in picture.links:
                weight = many(link.weight, "file") if link.weight is not None else "files not counted"
                yield (
                    f"- {value(link.source)} → {value(picture.place)} ({plain(weight)}, known by {plain(link.basis)})\n"
                )
            yield "\n"


def _node(node: Node, depth: int) -> Iterator[str]:
    tag = f" ({plain(node.rung.replace('_', ' '))})" if node.rung else ""
    yield f"{'  ' * min(depth, 20)}- {value(node.name)}{tag} {value(node.detail)}\n"
    for child in node.children:
        yield from _node(child, depth + 1)
