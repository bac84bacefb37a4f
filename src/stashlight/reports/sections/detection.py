"""The detection logic in words: what was noticed, why that is staging, and what would clear it."""

from stashlight.incidents.document import Document, Incident
from stashlight.reports.blocks import Block, Cite, Inline, Items, Section, Table, Text, Value
from stashlight.reports.wording import clock, many, seconds_between

__all__ = ["detection"]


def detection(incident: Incident, document: Document) -> Section:
    """Tell the logic as a person would, then the rules that matched, what clears it and what these logs cannot show."""
    blocks: list[Block] = [Text(_pile(incident))]
    reasons: list[Inline] = [(f"{each.reason} ", Cite(each.evidence)) for each in incident.factors if each.points > 0]
    lowers: list[Inline] = [(f"{each.reason} ", Cite(each.evidence)) for each in incident.factors if each.points < 0]
    if reasons:
        blocks += [Text("It counts as staging because:"), Items(tuple(reasons))]
    if lowers:
        blocks += [Text("Against it speaks:"), Items(tuple(lowers))]
    if incident.findings:
        blocks.append(_rules(incident))
    if incident.clears:
        blocks += [Text("It would be cleared if one of these is true:"), Items(incident.clears)]
    if incident.notes:
        blocks += [Text("Remarks:"), Items(incident.notes)]
    gaps = tuple(each.message for each in document.readiness if each.status != "present")
    if gaps:
        blocks += [Text("What these logs cannot show:"), Items(gaps)]
    return Section("Detection logic in words", tuple(blocks))


def _pile(incident: Incident) -> Inline:
    seconds = seconds_between(incident.first_seen, incident.last_seen)
    lasted = "" if seconds is None else f" within {max(1, round(seconds / 60)):,} min"
    at_least = "at least " if incident.files.is_lower_bound else ""
    where: Inline = Value(incident.places[0]) if incident.places else "one place"
    return (f"{at_least}{many(incident.files.count, 'file')} came together in ", where, f"{lasted}.")


def _rules(incident: Incident) -> Table:
    rows = tuple(
        (
            each.title,
            each.level,
            f"{each.count:,}",
            clock(each.first_seen),
            clock(each.last_seen),
            Value(each.rule),
            Cite(each.evidence[:5]),
        )
        for each in incident.findings
    )
    return Table(
        "Rules that matched (times in UTC)", ("Rule", "Level", "Cited events", "First", "Last", "Id", "Evidence"), rows
    )
