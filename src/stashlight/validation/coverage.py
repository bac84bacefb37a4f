"""
ATT&CK's analytics for staged data: which rules carry each, and which procedures proved that they speak.

Analytics of the detection strategies DET0014, DET0261 and DET0071, ATT&CK v18 (https://attack.mitre.org/detectionstrategies/).
"""

from collections.abc import Collection
from dataclasses import dataclass

from stashlight.findings.rule import RuleSet
from stashlight.validation.checks import Check
from stashlight.validation.expectation import named

__all__ = ["ANALYTICS", "Analytic", "Coverage", "coverage"]


@dataclass(frozen=True, slots=True)
class Analytic:
    """One analytic; `unread` says why no log can show it to us, "" if logs that we read can."""

    id: str
    technique: str
    platform: str
    sees: str
    unread: str = ""


_CLOUD = "logs of cloud storage are not read"
_ESXI = "logs of ESXi are not read"

ANALYTICS: tuple[Analytic, ...] = (
    Analytic(
        "AN0040", "T1074", "Windows", "files gathered in temporary or public directories, packed or copied in batches"
    ),
    Analytic("AN0041", "T1074", "Linux", "files copied to one temporary or mounted directory, then packed"),
    Analytic("AN0042", "T1074", "macOS", "files gathered in temporary or shared directories, packed with ditto or zip"),
    Analytic("AN0043", "T1074", "IaaS", "copies into buckets or mounted volumes", _CLOUD),
    Analytic("AN0044", "T1074", "ESXi", "snapshots or data laid into VMFS volumes", _ESXI),
    Analytic("AN0724", "T1074.001", "Windows", "reads in many places, writes in one, often packed or encrypted"),
    Analytic("AN0725", "T1074.001", "Linux", "files of many directories gathered in one and packed"),
    Analytic("AN0726", "T1074.001", "macOS", "data gathered in /Users/Shared or /private/tmp and packed"),
    Analytic("AN0727", "T1074.001", "ESXi", "snapshots or files written into VMFS partitions", _ESXI),
    Analytic("AN0194", "T1074.002", "Windows", "transfers from other hosts, often over SMB, into one directory"),
    Analytic("AN0195", "T1074.002", "Linux", "inbound scp, rsync or NFS mounts, then files gathered in one directory"),
    Analytic("AN0196", "T1074.002", "macOS", "inbound rsync or scp into /Users/Shared or /private/tmp"),
    Analytic("AN0197", "T1074.002", "ESXi", "remote writes or mounted snapshots in one VMFS or NFS path", _ESXI),
    Analytic("AN0198", "T1074.002", "IaaS", "writes of many machines into one bucket", _CLOUD),
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Rules (by title) that carry an analytic, and procedures in which one of them had to speak and did."""

    analytic: Analytic
    rules: tuple[str, ...]
    procedures: tuple[str, ...]


def coverage(rules: RuleSet, checks: Collection[Check]) -> tuple[Coverage, ...]:
    """Give each analytic with what covers it."""
    shown = {(each.rule, each.procedure) for each in checks if each.what == "rule" and each.found}
    spoke: dict[str, set[str]] = {}
    for name, procedure in shown:
        if rule := named(rules, name):
            spoke.setdefault(rule.id, set()).add(procedure)
    covered: list[Coverage] = []
    for analytic in ANALYTICS:
        carrying = [rule for rule in rules.rules if analytic.id in rule.note.analytics]
        procedures = {procedure for rule in carrying for procedure in spoke.get(rule.id, ())}
        covered.append(Coverage(analytic, tuple(rule.title for rule in carrying), tuple(sorted(procedures))))
    return tuple(covered)
