"""
ATT&CK Navigator layer 4.5: each technique that was seen, coloured by the highest score of an incident with it.

Open it with *Open Existing Layer* (https://github.com/mitre-attack/attack-navigator/tree/master/layers/spec).
"""

from collections.abc import Iterator
from typing import Final

from stashlight.incidents.attack import ATTACK_VERSION
from stashlight.incidents.document import Document, Incident
from stashlight.incidents.document_json import to_json
from stashlight.terminal import Page

SUFFIX: str = ".navigator.json"

Json = dict[str, object]

_MOST_NAMED: Final = 50  # incidents in a cell's pop-up


def render(document: Document, page: Page) -> Iterator[str]:  # noqa: ARG001 - JSON is the same on every page
    """Give one layer. No tactic is named: a technique is marked wherever the matrix has it."""
    seen: dict[str, list[Incident]] = {}
    for incident in document.incidents:
        for id in dict.fromkeys(incident.techniques):  # noqa: A001 - the field's word
            seen.setdefault(id, []).append(incident)
    layer: Json = {
        "name": "Stashlight",
        "description": f"Techniques in {len(document.incidents):,} incidents, Stashlight {document.version}",
        "domain": "enterprise-attack",
        "versions": {"attack": ATTACK_VERSION, "navigator": "5.1.0", "layer": "4.5"},
        "sorting": 3,
        "hideDisabled": False,
        "gradient": {"colors": ["#ffffff", "#fdae61", "#d7191c"], "minValue": 0, "maxValue": 100},
        "techniques": [_technique(each, incidents) for each, incidents in sorted(seen.items())],
    }
    yield to_json(layer, indent=True) + "\n"


def _technique(id: str, incidents: list[Incident]) -> Json:  # noqa: A002 - the field's word
    named: list[Json] = [{"name": each.severity, "value": f"{each.id} {each.title}"} for each in incidents]
    more: list[Json] = [{"name": "more", "value": f"{len(named) - _MOST_NAMED:,} further incidents"}]
    return {
        "techniqueID": id,
        "score": max(each.score for each in incidents),
        "comment": f"{len(incidents):,} incidents, worst: {incidents[0].id}",
        "enabled": True,
        "showSubtechniques": True,
        "metadata": named[:_MOST_NAMED] + (more if len(named) > _MOST_NAMED else []),
    }
