"""Incident → report: the noun and the verb of this folder."""

from dataclasses import dataclass

from stashlight.incidents.document import Document, Incident
from stashlight.reports.blocks import Section
from stashlight.reports.checks import check
from stashlight.reports.claims import Defect, claims_of
from stashlight.reports.sections.alert import alert, alert_id
from stashlight.reports.sections.analysis import analysis
from stashlight.reports.sections.commands import commands
from stashlight.reports.sections.detection import detection
from stashlight.reports.sections.evidence import evidence
from stashlight.reports.sections.glance import glance
from stashlight.reports.sections.guide import guide
from stashlight.reports.sections.playbook import playbook
from stashlight.reports.sections.staged import staged

__all__ = ["Report", "report"]


@dataclass(frozen=True, slots=True)
class Report:
    """All that is told of one incident. `id` is the alert's; `defects` is what does not add up."""

    id: str
    incident: Incident
    defects: tuple[Defect, ...]
    sections: tuple[Section, ...]


def report(incident: Incident, document: Document) -> Report:
    """Give the report of an incident; `document` says what was read and what could not be seen."""
    defects = check(claims_of(incident))
    return Report(
        alert_id(incident),
        incident,
        defects,
        (
            alert(incident, defects),
            glance(incident),
            staged(incident),
            commands(incident),
            detection(incident, document),
            analysis(incident, document),
            guide(incident),
            playbook(incident),
            evidence(incident, document),
        ),
    )
