"""What was staged: how many, how large, of which types, what is sensitive, from where to where."""

from typing import Final

from stashlight.incidents.document import Incident, Source
from stashlight.reports.blocks import Block, Cite, Facts, Inline, Items, Section, Table, Text, Value
from stashlight.reports.sections.listed import hashes_of, listed, still_there
from stashlight.reports.wording import many, size, size_of, values

__all__ = ["BASIS", "staged"]

# How a source is known, in words.
BASIS: Final = {
    "read": "recorded reads of these files",
    "command": "named in a command line",
    "requester": "the machine that wrote over the network",
}
_MOST_TYPES = 20
_MOST_SOURCES = 30


def staged(incident: Incident) -> Section:
    """Give facts and tables of the pile; what is not known is said with its reason."""
    files = incident.files
    count = ("at least " if files.is_lower_bound else "") + many(files.count, "file")
    why_bound = " (the source samples or caps events)" if files.is_lower_bound else ""
    facts: list[tuple[str, Inline]] = [
        ("Files", count + why_bound),
        ("Size", size_of(incident)),
        ("Sensitive", values(files.sensitive, "what in it is sensitive: no file name gives it away")),
        ("Destination", values(incident.places, "destination: no event names it")),
    ]
    if incident.listings:
        facts[2:2] = [("Hashes", hashes_of(incident)), ("Still there", still_there(incident))]
    blocks: list[Block] = [Facts(tuple(facts)), *_types(incident), *_sources(incident), *_archives(incident)]
    blocks += listed(incident)
    if files.examples:
        blocks += [
            Text("Some of the files, in order of appearance:"),
            Items(tuple(Value(each) for each in files.examples)),
        ]
    return Section("What was staged", tuple(blocks))


def _types(incident: Incident) -> tuple[Block, ...]:
    counts = sorted(incident.files.extensions.items(), key=lambda pair: (-pair[1], pair[0]))
    if not counts:
        return ()
    whole = max(1, sum(count for _, count in counts))
    rows = [
        (Value(f".{name}") if name else "(none)", f"{count:,}", _share(count, whole))
        for name, count in counts[:_MOST_TYPES]
    ]
    if len(counts) > _MOST_TYPES:
        rest = sum(count for _, count in counts[_MOST_TYPES:])
        rows.append((f"{len(counts) - _MOST_TYPES:,} other types", f"{rest:,}", _share(rest, whole)))
    return (Table("File types", ("Type", "Files", "Share"), tuple(rows)),)


def _share(count: int, whole: int) -> str:
    return "under 1%" if 0 < count / whole < 0.005 else f"{count / whole:.0%}"


def _sources(incident: Incident) -> tuple[Block, ...]:
    if not incident.sources:
        return (Text("Where the files came from is unknown: no command names a source and no read was recorded."),)
    rows = tuple(_source(each) for each in incident.sources[:_MOST_SOURCES])
    heads = ("From", "Host", "Files", "Known by", "Evidence")
    left_off = len(incident.sources) - _MOST_SOURCES
    more = (Text(f"And {many(left_off, 'more source')}; the result document has them all."),) if left_off > 0 else ()
    return (Table("Where the files came from", heads, rows), *more)


def _source(source: Source) -> tuple[Inline, ...]:
    return (
        Value(source.path),
        Value(source.host) if source.host else "unknown",
        "unknown" if source.files is None else f"{source.files:,}",
        BASIS.get(source.basis, source.basis),
        Cite(source.evidence),
    )


def _archives(incident: Incident) -> tuple[Block, ...]:
    if not incident.archives:
        return ()
    rows = tuple(
        (
            Value(each.path),
            each.tool or "unknown",
            _known(each.password),
            _known(each.split),
            "unknown" if each.bytes is None else size(each.bytes),
            Cite(each.evidence),
        )
        for each in incident.archives
    )
    return (Table("Archives", ("Archive", "Made with", "Password", "In volumes", "Size", "Evidence"), rows),)


def _known(fact: bool | None) -> str:
    return "not recorded" if fact is None else "yes" if fact else "no"
