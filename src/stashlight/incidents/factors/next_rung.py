"""What followed: a way out, clean-up of pile or tools, recon output beside the pile."""

import ipaddress

from stashlight.incidents.cases import Case
from stashlight.incidents.document import Factor
from stashlight.incidents.places import kind_of

__all__ = ["NAME", "weigh"]

NAME: str = "next rung"

_MOST = 26


def weigh(case: Case) -> Factor | None:
    """Sum the rungs above the pile, each once."""
    points = 0
    reasons: list[str] = []
    evidence: list[str] = []
    first = min(
        [p.first_us for p, _ in case.written] + [d.ts_us for d in case.acts("stage", "pack", "collect")], default=0
    )
    sends = [d for d in case.acts("exfiltrate") if d.ts_us >= first]
    if sends:
        points += 15
        reasons.append(f"a way out afterwards: {', '.join(sorted({d.act.tool for d in sends}))}")
        evidence += [e for d in sends[:3] for e in d.events[:1]]
        if case.acts("pack"):
            points += 6
            reasons.append("packed, then sent")
    else:
        outside = [c for c in case.connects if _global(c.address) and c.last_us >= first]
        if outside:
            points += 3
            reasons.append(f"the same process talks to {outside[0].address}")
            evidence.append(outside[0].event)
    served = [d for d in case.acts("stage", "pack") if d.place and kind_of(d.place).name == "web_root"]
    if served and not sends:
        points += 6
        reasons.append("the pile can be fetched from the web server")
        evidence += served[0].events[:1]
    removed = [r for r in case.removals if any(r.host == h for h, _ in case.places)]
    cleaned = [d for d in case.acts("clean_up") if d.ts_us >= first]
    if removed or cleaned:
        points += 5
        count = sum(r.files for r in removed)
        reasons.append(f"{count} files removed afterwards" if count else f"clean-up with {cleaned[0].act.tool}")
        evidence += [r.event for r in removed[:3]] + [e for d in cleaned[:2] for e in d.events[:1]]
    recon = {d.act.tool: d for d in case.acts("collect") if "recon" in d.act.traits and d.place}
    if len(recon) >= 3:
        points += 8
        reasons.append(f"output of {len(recon)} discovery commands kept ({', '.join(sorted(recon)[:5])})")
        evidence += [d.events[0] for d in list(recon.values())[:4]]
    searched = [d for d in case.acts("collect") if "searches" in d.act.traits]
    if searched:
        points += 3
        reasons.append("a search for documents came with it")
        evidence.append(searched[0].events[0])
    return Factor(NAME, min(points, _MOST), "; ".join(reasons), tuple(dict.fromkeys(evidence))[:8]) if points else None


def _global(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
