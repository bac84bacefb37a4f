"""How it was packed: password, split volumes, a renamed archiver, a name that hides what it is."""

import re

from stashlight.incidents.cases import Case
from stashlight.incidents.content import class_of
from stashlight.incidents.document import Factor
from stashlight.incidents.writers import is_protected

__all__ = ["NAME", "weigh"]

NAME: str = "archive"

_MOST = 34
_DAY_US = 12 * 3_600_000_000


def weigh(case: Case) -> Factor | None:
    """Sum what the packing commands say; without one, take archives that strangers wrote."""
    packs = [d for d in case.acts("pack") if not _only_programs(d.act.sources)]
    traits = {t for d in packs for t in d.act.traits}
    points = 0
    reasons: list[str] = []
    evidence = [e for d in packs for e in d.events[:2]]
    if packs:
        points += 12
        reasons.append(f"packed with {', '.join(sorted({d.act.tool for d in packs}))}")
    for trait, worth, why in (
        ("renamed", 10, "the archiver goes by another name"),
        ("password", 8, "a password"),
        ("split", 4, "split into volumes"),
        ("odd_name", 5, "the archive does not carry an archive's extension"),
        ("hides_names", 2, "file names encrypted"),
        ("deletes_source", 3, "originals removed"),
        ("quiet", 2, "messages suppressed"),
    ):
        if trait in traits:
            points += worth
            reasons.append(why)
    strays = [
        d
        for d in packs
        if d.process_path
        and not is_protected(d.process_path)
        and d.process_path.count("\\")
        and "cmd.exe" not in d.process_path
    ]
    if strays:
        points += 4
        reasons.append(f"the archiver lies in {str(strays[0].process_path).rpartition(chr(92))[0]}")
    if any(d.place and case.kind_of(d.place).points >= 8 for d in packs):
        points += 4
        reasons.append("the archive lies where nobody keeps archives")
    if any(s.startswith("\\\\") and not s.startswith(("\\\\?", "\\\\.")) for d in packs for s in d.act.sources):
        points += 3
        reasons.append("it packs another host's share")
    if packs and packs[-1].ts_us - packs[0].ts_us > _DAY_US:
        points += 4
        reasons.append("packed again on other days")
    if packs and any(_takes_pile(case, d.act.sources) for d in packs):
        points += 4
        reasons.append("it packs the pile itself")
    if not packs:
        strange = [
            (p, w)
            for p, w in case.written
            if p.classes.get("archive")
            and w.kind in ("shell", "foreign", "nameless", "masked", "remote")
            and not w.owns
        ]
        odd = [p for p, _ in strange if case.kind_of(p.place).points >= 6]
        if odd:
            points += 5
            reasons.append("archives appear where nobody keeps them")
            evidence += [p.event for p in odd[:5]]
    return Factor(NAME, min(points, _MOST), "; ".join(reasons), tuple(dict.fromkeys(evidence))[:8]) if points else None


def _only_programs(sources: tuple[str, ...]) -> bool:
    """True if every source is a program file: packing a tool is no collection (makecab of a DLL for a UAC bypass)."""
    names = [re.split(r"[\\/]", s.lower().strip("\"'"))[-1] for s in sources]
    return bool(names) and all(class_of(n.rpartition(".")[2]) == "program" for n in names)


def _takes_pile(case: Case, sources: tuple[str, ...]) -> bool:
    """True if a source is a pile of the case, or a file in it."""
    places = {p.directory for p, _ in case.written if p.data + p.opaque >= 2}
    roots = {re.sub(r"[\\/]?\*[^\\/]*\Z", "", s.lower().strip("\"'")).rstrip("\\/") for s in sources}
    return bool(places & (roots | {re.split(r"[\\/][^\\/]*\Z", r)[0] for r in roots}))
