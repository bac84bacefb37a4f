"""Where the pile stands: a kind of place where people keep nothing, made for the occasion, or dressed up as something else."""

import re

from stashlight.incidents.cases import Case
from stashlight.incidents.document import Factor

__all__ = ["NAME", "weigh"]

NAME: str = "place"

_DRESSED = re.compile(r"\\\s+\\|\\[^\\]*\s\\|\\\.(?!\\)[^\\]+\Z|\\\$ntuninstall|/\.\s*/|/\.\.\.")


def weigh(case: Case) -> Factor | None:
    """Take the most telling place that a deed names or that someone other than its owner fills."""
    evidence: list[str] = []
    best = 0
    reason = ""
    strange = {(p.host, p.place) for p, w in case.written if not w.owns and w.kind not in ("installed", "unknown")}
    named = {(d.host, d.place) for d in case.deeds if d.place and d.act.rung in ("stage", "pack", "collect")}
    for host, place in case.places[:12]:
        if (host, place) not in strange | named:
            continue
        kind = case.kind_of(place)
        points = kind.points
        why = f"{place}: {kind.reason}"
        if _DRESSED.search(place + "\\"):
            points += 3
            why += ", under a name that hides it"
        if points > best:
            best, reason = points, why
            evidence = [p.event for p, _ in case.written if p.place == place][:3] + [
                e for d in case.deeds if d.place == place for e in d.events[:1]
            ][:3]
    ran = [
        case.context.images[key] for key in case.places[:12] if key in case.context.images and key in strange | named
    ]
    if best and ran:
        hidden = next((r for r in ran if r[2]), ran[0])
        best += 8 if hidden[2] else 5
        reason += f"; a {'renamed ' if hidden[2] else ''}program runs from it ({hidden[0].rpartition(chr(92))[2]})"
        evidence.append(ran[0][1])
    fresh = [d for d in case.deeds if d.act.tool == "mkdir"]
    made = [event for _, event in case.made.values()]
    if best and (fresh or made):
        best += 3
        reason += "; the directory was made for it"
        evidence += made[:2] + [e for d in fresh for e in d.events[:1]][:2]
    return Factor(NAME, min(best, 20), reason, tuple(dict.fromkeys(evidence))[:8]) if best else None
