"""The events behind the report: where each one stands in which file."""

from stashlight.incidents.document import Document, Incident
from stashlight.reports.blocks import Code, Section, Table, Text, Value
from stashlight.reports.wording import many

__all__ = ["evidence"]


def evidence(incident: Incident, document: Document) -> Section:
    """Give the list of events that are cited above, and how to see the raw records."""
    scanned = document.scanned
    read = (
        f"From {many(scanned.files, 'file')} with {many(scanned.records, 'record')}, of which {scanned.events:,} became events"
        f" ({scanned.duplicates:,} duplicates dropped). Read by Stashlight {document.version}."
        if scanned.files
        else "From a case that was kept; how much was read for it stands in the result of the scan."
    )
    lost = sum(problem.count for problem in document.problems)
    if lost:
        read += f" {lost:,} records or files could not be read or used; the result document names them."
    rows = tuple(
        (Value(each.event), Value(each.file), "unknown" if each.record is None else f"{each.record}")
        for each in incident.evidence
    )
    table = (
        (Table("Events", ("Event", "File", "Record"), rows, "E"),)
        if rows
        else (Text("No event is listed in the result."),)
    )
    see = Code("See rules, SQL and raw records", f"stashlight explain {incident.id} PATH…", "shell")
    return Section("Evidence", (Text(read), see, *table), folded=True)
