"""
The one table that says what our severities are elsewhere: every output and every ticket reads it here.

`info low medium high critical` are ours; the rest are the other side's own words and numbers. A test holds the table:
every severity has a row, and no column turns the order round.
"""

from typing import Final

from stashlight.frozen import frozen

__all__ = ["SCALE", "Level"]


@frozen
class Level:
    """
    One severity in the words of others.

    `ocsf` is `severity_id` (1 Informational … 5 Critical), `sigma` a rule level, `jira` a priority of the default
    scheme, `thehive` 1–4, `iris` the row of its severity table as installed (2 Informational … 6 Critical),
    `urgency` and `impact` are ServiceNow's (1 is most; both together give its priority), `ecs` `event.severity` as
    Elastic's own rules number it (21, 47, 73, 99), `sarif` a result's level, `misp` `threat_level_id` (1 is most),
    `risk` OCSF's `risk_level_id`, `mail` the `Importance` header (RFC 2156).
    """

    ocsf: int
    sigma: str
    jira: str
    thehive: int
    iris: int
    urgency: int
    impact: int
    ecs: int
    sarif: str
    misp: int
    risk: int
    mail: str


SCALE: Final[dict[str, Level]] = {
    "info": Level(1, "informational", "Lowest", 1, 2, 3, 3, 1, "note", 4, 0, "low"),
    "low": Level(2, "low", "Low", 1, 3, 3, 3, 21, "note", 3, 1, "low"),
    "medium": Level(3, "medium", "Medium", 2, 4, 2, 2, 47, "warning", 2, 2, "normal"),
    "high": Level(4, "high", "High", 3, 5, 1, 2, 73, "error", 1, 3, "high"),
    "critical": Level(5, "critical", "Highest", 4, 6, 1, 1, 99, "error", 1, 4, "high"),
}
