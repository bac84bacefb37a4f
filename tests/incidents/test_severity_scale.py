"""One table says what our severities are elsewhere; this holds it."""

from dataclasses import astuple, fields

import pytest

from stashlight.incidents.document import SEVERITIES
from stashlight.incidents.severity_scale import SCALE, Level

ORDERED = {  # the other side's words, from least to most
    "sigma": ("informational", "low", "medium", "high", "critical"),
    "jira": ("Lowest", "Low", "Medium", "High", "Highest"),
    "sarif": ("none", "note", "warning", "error"),
    "mail": ("low", "normal", "high"),
}
MOST_IS_LEAST = {"urgency", "impact", "misp"}
BOUNDS = {
    "ocsf": (1, 5),
    "thehive": (1, 4),
    "iris": (2, 6),
    "urgency": (1, 3),
    "impact": (1, 3),
    "ecs": (0, 99),
    "misp": (1, 4),
    "risk": (0, 4),
}


def test_every_severity_has_a_row() -> None:
    assert tuple(SCALE) == SEVERITIES


@pytest.mark.parametrize("column", [each.name for each in fields(Level)])
def test_no_column_turns_the_order_round(column: str) -> None:
    values = [getattr(level, column) for level in SCALE.values()]
    ranks = [ORDERED[column].index(value) if column in ORDERED else value for value in values]
    assert ranks == sorted(ranks, reverse=column in MOST_IS_LEAST)
    if column in BOUNDS:
        least, most = BOUNDS[column]
        assert all(least <= value <= most for value in values)


def test_high_is_never_less_than_a_priority_of_high() -> None:
    """The case that we began with was HIGH 85 in the alert and `P2 – MEDIUM` in the ticket, without a reason."""
    assert SCALE["high"].jira == "High"
    assert SCALE["high"].urgency == 1
    assert len({astuple(level) for level in SCALE.values()}) == len(SEVERITIES)
