"""
Names of the ATT&CK techniques and tactics that incidents carry: facts of ATT&CK v19, https://attack.mitre.org.

An id that is not listed keeps its id and gets no invented name. T1070.004 stands under Stealth since v19 split Defense
Evasion; Stealth kept the number TA0005.
"""

from typing import Final

from stashlight.frozen import frozen

__all__ = ["ATTACK_VERSION", "Tactic", "Technique", "technique"]

ATTACK_VERSION: Final = "19"


@frozen
class Tactic:
    """What an attacker wants: id and name."""

    id: str
    name: str

    @property
    def url(self) -> str:
        return f"https://attack.mitre.org/tactics/{self.id}/"


@frozen
class Technique:
    """How they get it. `name` is None for an id that is not in the table; a sub-technique has a parent."""

    id: str
    name: str | None
    tactics: tuple[Tactic, ...]

    @property
    def parent(self) -> str | None:
        return self.id.partition(".")[0] if "." in self.id else None

    @property
    def url(self) -> str:
        return f"https://attack.mitre.org/techniques/{self.id.replace('.', '/')}/"


COLLECTION = Tactic("TA0009", "Collection")
CREDENTIALS = Tactic("TA0006", "Credential Access")
EXFILTRATION = Tactic("TA0010", "Exfiltration")
STEALTH = Tactic("TA0005", "Stealth")

_NAMES: Final[dict[str, tuple[str, tuple[Tactic, ...]]]] = {
    "T1003": ("OS Credential Dumping", (CREDENTIALS,)),
    "T1003.002": ("Security Account Manager", (CREDENTIALS,)),
    "T1003.003": ("NTDS", (CREDENTIALS,)),
    "T1005": ("Data from Local System", (COLLECTION,)),
    "T1039": ("Data from Network Shared Drive", (COLLECTION,)),
    "T1048": ("Exfiltration Over Alternative Protocol", (EXFILTRATION,)),
    "T1070": ("Indicator Removal", (STEALTH,)),
    "T1070.004": ("File Deletion", (STEALTH,)),
    "T1074": ("Data Staged", (COLLECTION,)),
    "T1074.001": ("Local Data Staging", (COLLECTION,)),
    "T1074.002": ("Remote Data Staging", (COLLECTION,)),
    "T1119": ("Automated Collection", (COLLECTION,)),
    "T1560": ("Archive Collected Data", (COLLECTION,)),
    "T1560.001": ("Archive via Utility", (COLLECTION,)),
    "T1560.002": ("Archive via Library", (COLLECTION,)),
    "T1560.003": ("Archive via Custom Method", (COLLECTION,)),
    "T1567": ("Exfiltration Over Web Service", (EXFILTRATION,)),
    "T1567.002": ("Exfiltration to Cloud Storage", (EXFILTRATION,)),
}


def technique(id: str) -> Technique:  # noqa: A002 - the field's word
    """Give what is known of a technique id."""
    name, tactics = _NAMES.get(id, (None, ()))
    return Technique(id, name, tactics)
