"""A pile on another machine: a command that fills a hidden, administrative or plain share."""

import re

from stashlight.incidents.cases import Case
from stashlight.incidents.document import Factor

__all__ = ["NAME", "weigh"]

NAME: str = "remote place"


def weigh(case: Case) -> Factor | None:
    """Judge the share that copy and pack commands fill."""
    best = 0
    reason = ""
    evidence: list[str] = []
    for deed in case.acts("stage", "pack"):
        place = deed.place or ""
        if not place.startswith("\\\\"):
            continue
        share = place.split("\\")[3] if place.count("\\") > 2 else ""
        if case.context.tuning.is_remote_path(place):
            points, why = 10, "fills a share that the settings name"
        elif re.fullmatch(r"[a-z]\$|admin\$|c", share):
            points, why = 10, "fills an administrative share"
        elif share.endswith("$"):
            points, why = 8, "fills a hidden share"
        elif place.startswith("\\\\tsclient") or "@ssl" in place or "davwwwroot" in place:
            points, why = 9, "fills a share outside the network"
        else:
            points, why = 4, "fills a share of another host"
        if points > best:
            best, reason, evidence = points, f"{deed.act.tool} {why} ({place})", [deed.events[0]]
    return Factor(NAME, best, reason, tuple(evidence)) if best else None
