"""What was piled up: decisive stores, mail, database exports, documents; against them programs and caches."""

import re
from collections import Counter

from stashlight.incidents.cases import Case
from stashlight.incidents.document import Factor

__all__ = ["NAME", "weigh"]

NAME: str = "content"

_DECISIVE = {
    "Active Directory database": 24,
    "registry hive": 9,
    "password vault": 10,
    "mail store": 10,
    "SSH private key": 8,
    "browser credential store": 8,
    "credential memory dump": 6,
    "password hashes": 8,
    "certificate with private key": 4,
    "crypto wallet": 6,
}
_MOST = 18
_HIVES = 3
_FEW = 5
_MANY = 20
# The keys of a whole domain weigh more than any number of documents.
_MOST_OF_A_DOMAIN = 34


def weigh(case: Case) -> Factor | None:
    """Give the points of the most telling stores and of the mix of classes."""
    points, reasons, evidence = _stores(case)
    classes = Counter(case.held)
    evidence += [p.event for p in case.staged[:6] if p.data + p.opaque]
    documents = classes["document"] + classes["mail"] + classes["design"] + classes["database"]
    beside = classes["program"] > documents
    if documents >= _FEW and not beside:
        points += 14 if documents >= _MANY else 11
        reasons.append(f"{documents:,} documents, designs, mails or database files")
    elif documents:
        points += 5
        reasons.append(f"{documents} documents or database files" + (" among program files" if beside else ""))
    elif classes["opaque"] + classes["none"] + classes["other"] >= 10:
        points += 4
        reasons.append("data files without a telling type")
    elif classes["picture"] >= 10:
        points += 3
        reasons.append(f"{classes['picture']} pictures")
    traits = {t for d in case.deeds for t in d.act.traits}
    for trait, worth, what in (
        ("ntds", 24, "a copy of the Active Directory database"),
        ("hives", 9, "registry hives"),
        ("mailbox", 10, "a mailbox export"),
        ("secrets", 10, "credential files read"),
        ("database", 9, "a database export"),
        ("directory_service", 8, "an export of the directory service"),
    ):
        if trait in traits and not any(what.split()[-1] in r for r in reasons):
            points += worth
            reasons.append(what)
            evidence += [e for d in case.deeds if trait in d.act.traits for e in d.events[:1]]
    asking = [d for d in case.acts("collect", "stage", "pack") if d.act.rung != "collect" or "searches" in d.act.traits]
    wanted = sorted({w for d in asking for w in _patterns(d.text)})
    if not documents and wanted:
        points += 6
        evidence += [asking[0].events[0]]
        reasons.append(f"the command asks for {', '.join(wanted[:6])}")
    if not points:
        return None
    return Factor(
        NAME,
        min(_MOST_OF_A_DOMAIN if any("Active Directory" in r for r in reasons) else _MOST, points),
        "; ".join(reasons),
        tuple(dict.fromkeys(evidence))[:10],
    )


def _stores(case: Case) -> tuple[int, list[str], list[str]]:
    by_meaning: dict[str, list[str]] = {}
    evidence: list[str] = []
    for one in case.sensitive:
        by_meaning.setdefault(one.meaning, []).append(one.name)
        evidence.append(one.event)
    # One file called "system" is a coincidence; two hives, or one beside ntds.dit, are a dump.
    if (
        "registry hive" in by_meaning
        and len(set(by_meaning["registry hive"])) < 2
        and "Active Directory database" not in by_meaning
    ):
        del by_meaning["registry hive"]
    points = sum(_DECISIVE.get(m, 0) for m in by_meaning)
    # SAM with SYSTEM (and SECURITY) gives every local password; one hive alone gives little.
    points += 6 if len(set(by_meaning.get("registry hive", ()))) >= _HIVES else 0
    return points, [f"{m} ({', '.join(sorted(set(n))[:3])})" for m, n in sorted(by_meaning.items())], evidence[:6]


_WORTH = re.compile(r"\*(\.(?:docx?|xlsx?|pptx?|pdf|pst|csv|dwg|mdb|eml|msg|kdbx?|sql|bak|vsdx?|rtf|odt|hwp))\b")


def _patterns(text: str) -> list[str]:
    return _WORTH.findall(text.lower())
