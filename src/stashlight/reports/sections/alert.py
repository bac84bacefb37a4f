"""The alert block: what a person must know in ten seconds, and where every point of the score comes from."""

import re

from stashlight.incidents.document import Incident
from stashlight.reports.attack import named
from stashlight.reports.blocks import Bad, Block, Box, Cite, Facts, Inline, Items, Section, Table, Text, Value
from stashlight.reports.claims import Defect
from stashlight.reports.wording import many, values, window

__all__ = ["alert", "alert_id"]

_MOST_RULES = 12


def alert_id(incident: Incident) -> str:
    """
    Give the alert's id: detector, ATT&CK's words and number for staging, and the incident's own digits.

    `SL-117AD6321F` ↔ `SL-DATA-STAGED-1074-117AD6321F`: either can be told from the other, and it never changes.
    """
    digits = re.sub(r"[^0-9A-Za-z]", "", incident.id.removeprefix("SL-")).upper() or "UNKNOWN"
    return f"SL-DATA-STAGED-1074-{digits[:32]}"


def alert(incident: Incident, defects: tuple[Defect, ...]) -> Section:
    """Give the block of facts, what does not add up, and the score card."""
    facts = Facts(
        (
            ("Alert", Value(alert_id(incident))),
            ("Incident", Value(incident.id)),
            ("Severity", Bad(incident.severity, f"{incident.severity.upper()} ({incident.score}/100)")),
            ("Confidence", _confidence(incident)),
            ("When", window(incident.first_seen, incident.last_seen)),
            ("Host", values(incident.hosts, "host: no event names it")),
            ("User", values(incident.accounts, "account: no event names it")),
            ("Staged in", values(incident.places, "place: no event names it")),
            ("ATT&CK", ", ".join(named(each) for each in incident.techniques) or "none"),
            ("Rules", _rules(incident)),
        )
    )
    return Section("Alert", (facts, _added_up(defects), *_score_card(incident)))


def _confidence(incident: Incident) -> str:
    return incident.confidence + (f": {incident.confidence_reason}" if incident.confidence_reason else "")


def _rules(incident: Incident) -> Inline:
    if not incident.findings:
        return "none matched; the pile itself was found"
    told = [
        f"{each.title} ({each.level}, {many(each.count, 'cited event')})" for each in incident.findings[:_MOST_RULES]
    ]
    more = len(incident.findings) - _MOST_RULES
    return "; ".join(told) + (f"; and {more:,} more" if more > 0 else "")


def _added_up(defects: tuple[Defect, ...]) -> Box:
    if not defects:
        checked = "Totals, times, evidence, sources, file types and severity were held against one another."
        return Box("It adds up", (Text(checked),), tone="good")
    wrong = tuple(_told(each) for each in defects if each.kind == "contradiction")
    unproved = tuple(_told(each) for each in defects if each.kind != "contradiction")
    blocks: list[Text | Items | Facts | Table] = [Items(wrong)] if wrong else []
    if unproved:
        blocks += [Text("Not shown by an event:"), Items(unproved)]
    return Box("Does not add up" if wrong else "Adds up as far as it can be proved", tuple(blocks))


def _told(defect: Defect) -> Inline:
    said = f"{defect.check}: {defect.said}"
    return (said, " ", Cite(defect.evidence)) if defect.evidence else said


def _score_card(incident: Incident) -> tuple[Block, ...]:
    if not incident.factors:
        return ()
    rows = tuple((f"{each.points:+d}", each.name, each.reason, Cite(each.evidence)) for each in incident.factors)
    total = sum(each.points for each in incident.factors)
    capped = f" (capped at {incident.score})" if total > incident.score >= 100 else ""
    last = (f"{total:+d}", "sum", f"score {incident.score} of 100{capped}", "")
    return (
        Table("Score card: every point with its reason", ("Points", "Factor", "Reason", "Evidence"), (*rows, last)),
    )
