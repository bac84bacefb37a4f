"""What a Sigma level and status are called elsewhere: severity and confidence, one row a level."""

from dataclasses import dataclass
from typing import Final

from stashlight.exports.detection import Detection
from stashlight.incidents.severity_scale import SCALE

__all__ = ["SEVERITIES", "Severity", "confidence", "risk", "severity"]


@dataclass(frozen=True, slots=True)
class Severity:
    """
    A Sigma level in the words of others.

    `sentinel` is also Defender's, SecOps' and Panther's word but for case; `risk` Elastic's number (the one table of
    severities has it); `cse` Cloud SIEM's 0–10; `wazuh` a rule level 0–15; `falcon` 10–100; `impact` Splunk's, of which
    risk-based alerting takes `confidence` per cent.
    """

    sentinel: str
    elastic: str
    risk: int
    cse: int
    wazuh: int
    datadog: str
    falcon: int
    impact: int


# Sentinel: https://learn.microsoft.com/azure/templates/microsoft.securityinsights/alertrules. Wazuh: its rules
# classification. Cloud SIEM: an insight needs more than 12 within two weeks, so two high signals make one.
SEVERITIES: Final[dict[str, Severity]] = {
    "informational": Severity("Informational", "low", SCALE["info"].ecs, 1, 3, "info", 10, 10),
    "low": Severity("Low", "low", SCALE["low"].ecs, 3, 5, "low", 30, 30),
    "medium": Severity("Medium", "medium", SCALE["medium"].ecs, 5, 8, "medium", 50, 50),
    "high": Severity("High", "high", SCALE["high"].ecs, 7, 12, "high", 70, 70),
    "critical": Severity("High", "critical", SCALE["critical"].ecs, 9, 14, "critical", 90, 90),
}
_CONFIDENCES: Final = {"stable": ("high", 90), "test": ("medium", 70), "experimental": ("medium", 50)}


def severity(detection: Detection) -> Severity:
    """Give the severity of a detection; one without a level counts as informational."""
    return SEVERITIES.get(detection.level, SEVERITIES["informational"])


def confidence(detection: Detection) -> tuple[str, int]:
    """Give the confidence by the rule's status, in a word and per cent; `low` for one that is deprecated or says nothing."""
    return _CONFIDENCES.get(detection.status, ("low", 30))


def risk(detection: Detection) -> int:
    """Give Splunk's risk score: impact × confidence."""
    return severity(detection).impact * confidence(detection)[1] // 100
