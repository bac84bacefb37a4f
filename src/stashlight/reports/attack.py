"""
ATT&CK techniques that an incident can show: id → name and tactic.

Names as in ATT&CK v18.1 and v19 (https://attack.mitre.org); an id that is not here is shown without a name.
"""

from typing import Final

__all__ = ["named", "tactic_of"]

_TECHNIQUES: Final[dict[str, tuple[str, str]]] = {
    "T1003.002": ("OS Credential Dumping: Security Account Manager", "Credential Access"),
    "T1003.003": ("OS Credential Dumping: NTDS", "Credential Access"),
    "T1005": ("Data from Local System", "Collection"),
    "T1039": ("Data from Network Shared Drive", "Collection"),
    "T1048": ("Exfiltration Over Alternative Protocol", "Exfiltration"),
    "T1070.004": ("Indicator Removal: File Deletion", "Stealth"),
    "T1074": ("Data Staged", "Collection"),
    "T1074.001": ("Data Staged: Local Data Staging", "Collection"),
    "T1074.002": ("Data Staged: Remote Data Staging", "Collection"),
    "T1119": ("Automated Collection", "Collection"),
    "T1560": ("Archive Collected Data", "Collection"),
    "T1560.001": ("Archive Collected Data: Archive via Utility", "Collection"),
    "T1560.002": ("Archive Collected Data: Archive via Library", "Collection"),
    "T1567.002": ("Exfiltration Over Web Service: Exfiltration to Cloud Storage", "Exfiltration"),
}


def named(technique: str) -> str:
    """Say a technique: "T1074.001 – Data Staged: Local Data Staging"."""
    known = _TECHNIQUES.get(technique)
    return f"{technique} – {known[0]}" if known else technique


def tactic_of(technique: str) -> str | None:
    """Give the tactic, None if the id is not known here."""
    known = _TECHNIQUES.get(technique)
    return known[1] if known else None
