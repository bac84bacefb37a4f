"""Indicators of compromise: what to look for elsewhere, each with the event that shows it."""

from collections.abc import Iterator

from stashlight.incidents.document import Incident
from stashlight.reports.blocks import Cite, Inline, Table, Text, Value
from stashlight.terminal import shorten

__all__ = ["indicators"]

_SYSTEM = ("c:\\windows\\", "/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/")  # their programs run everywhere
_MOST = 200
_MOST_HASHES = 50
_LONGEST = 2000


def indicators(incident: Incident) -> Table | Text:
    """Give a table, most telling first; a sentence if there is none."""
    rows = tuple(dict.fromkeys(_rows(incident)))[:_MOST]
    if not rows:
        return Text("No indicator is known.")
    return Table("Indicators of compromise", ("Kind", "Indicator", "Evidence"), rows)


def _rows(incident: Incident) -> Iterator[tuple[Inline, ...]]:
    for place in incident.places:
        yield "directory", Value(place), ""
    for archive in incident.archives:
        yield "archive", Value(archive.path), Cite(archive.evidence)
    for file in incident.listed[:_MOST_HASHES]:
        for name, value in (("SHA-256", file.sha256), ("SHA-1", file.sha1), ("MD5", file.md5)):
            if value:
                yield f"file hash, {name}", (Value(value), " ", Value(file.path)), "; ".join(file.basis[:2])
                break
    for name in incident.files.sensitive:
        yield "file", Value(name), ""
    programs: dict[str, str] = {}
    texts: dict[str, str] = {}
    for command in incident.commands:
        if command.rung and command.process and not command.process.lower().startswith(_SYSTEM):
            programs.setdefault(command.process, command.event)
        if command.rung and command.command:
            texts.setdefault(command.command, command.event)
    for program, event in programs.items():
        yield "program", Value(program), Cite((event,))
    for text, event in texts.items():
        yield "command", Value(shorten(text, _LONGEST)), Cite((event,))
    for source in incident.sources:
        if source.basis == "requester":
            yield "sender", Value(source.path), Cite(source.evidence)
    for account in incident.accounts:
        yield "account", Value(account), ""
    for host in incident.hosts:
        yield "host", Value(host), ""
