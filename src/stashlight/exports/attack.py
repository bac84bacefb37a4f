"""ATT&CK of a detection, from its Sigma tags: tactics with their numbers, techniques, sub-techniques."""

import re
from typing import Final

from stashlight.exports.detection import Detection

__all__ = ["TACTICS", "tactic_ids", "tactics", "techniques"]

# ATT&CK v19 (https://attack.mitre.org/tactics/enterprise/). Products still know Stealth, TA0005, by its former name.
TACTICS: Final = {
    "reconnaissance": ("TA0043", "Reconnaissance"),
    "resource-development": ("TA0042", "ResourceDevelopment"),
    "initial-access": ("TA0001", "InitialAccess"),
    "execution": ("TA0002", "Execution"),
    "persistence": ("TA0003", "Persistence"),
    "privilege-escalation": ("TA0004", "PrivilegeEscalation"),
    "stealth": ("TA0005", "DefenseEvasion"),
    "defense-evasion": ("TA0005", "DefenseEvasion"),
    "credential-access": ("TA0006", "CredentialAccess"),
    "discovery": ("TA0007", "Discovery"),
    "lateral-movement": ("TA0008", "LateralMovement"),
    "collection": ("TA0009", "Collection"),
    "command-and-control": ("TA0011", "CommandAndControl"),
    "exfiltration": ("TA0010", "Exfiltration"),
    "impact": ("TA0040", "Impact"),
}
_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)", re.ASCII)


def _known(detection: Detection) -> list[tuple[str, str]]:
    names = [tag.lower().removeprefix("attack.").replace("_", "-") for tag in detection.tags]
    return list(dict.fromkeys(TACTICS[name] for name in names if name in TACTICS))


def tactics(detection: Detection) -> list[str]:
    """Name the tactics as Sentinel and most others write them: `CredentialAccess`."""
    return [name for _, name in _known(detection)]


def tactic_ids(detection: Detection) -> list[str]:
    """Give the tactics' numbers: `TA0009`."""
    return [number for number, _ in _known(detection)]


def techniques(detection: Detection, *, whole: bool = False) -> list[str]:
    """Give technique ids: `T1074.001`; with `whole`, the techniques that sub-techniques belong to: `T1074`."""
    found = [m[1].upper() for tag in detection.tags if (m := _TECHNIQUE.fullmatch(tag.lower()))]
    return list(dict.fromkeys(each.partition(".")[0] if whole else each for each in found))
