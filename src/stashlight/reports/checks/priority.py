"""Severity against score, and against the priority that a ticket was given."""

import re
from collections.abc import Iterator
from typing import Final

from stashlight.incidents.document import SEVERITIES
from stashlight.incidents.scoring import severity_of
from stashlight.reports.claims import Claims, Defect

# One table: severity → (number in "P2", words that trackers use). https://support.atlassian.com/jira-cloud-administration/
_NUMBERS: Final = {"critical": 1, "high": 2, "medium": 3, "low": 4, "info": 5}
_WORDS: Final = {
    "highest": "critical", "critical": "critical", "blocker": "critical", "high": "high", "major": "high",
    "medium": "medium", "moderate": "medium", "low": "low", "minor": "low", "lowest": "info", "info": "info",
}  # fmt: skip


def defects(claims: Claims) -> Iterator[Defect]:
    """Hold severity, score and priority against one another."""
    severity = claims.severity.lower()
    if claims.score is not None and severity in SEVERITIES and severity_of(claims.score) not in {severity, None}:
        said = f"a score of {claims.score} means {severity_of(claims.score)}, the severity is {severity}"
        yield Defect("priority", "contradiction", said)
    if not claims.priority or severity not in SEVERITIES:
        return
    word = next((_WORDS[each] for each in re.findall("[a-z]+", claims.priority.lower()) if each in _WORDS), None)
    number = re.search(r"\bp([1-5])\b", claims.priority.lower())
    if word and number and _NUMBERS[word] != int(number[1]):
        yield Defect("priority", "contradiction", f"priority “{claims.priority}”: P{number[1]} is not {word}")
    given = word or (next(name for name, n in _NUMBERS.items() if n == int(number[1])) if number else None)
    if given and given != severity and not claims.priority_reason:
        score = f" ({claims.score}/100)" if claims.score is not None else ""
        said = f"severity {severity.upper()}{score} became priority “{claims.priority}” and no reason is given"
        yield Defect("priority", "contradiction", said)
