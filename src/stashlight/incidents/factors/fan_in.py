"""Many into one: several hosts that bring data to one place, as T1074.002 defines remote staging."""

import math
import re
from collections import defaultdict

from stashlight.incidents.cases import Case
from stashlight.incidents.document import Factor

__all__ = ["NAME", "weigh"]

NAME: str = "fan-in"

_MOST = 22


def weigh(case: Case) -> Factor | None:
    """
    Count the clients that one account brings to one place.

    A folder per user or host, machine accounts and many accounts are how shares are meant to be used: no points.
    """
    clients: defaultdict[str, set[str]] = defaultdict(set)
    folders: defaultdict[str, set[str]] = defaultdict(set)
    shares: set[str] = set()
    evidence: list[str] = []
    places: set[str] = set()
    for pile, writer in case.written:
        if writer.kind != "remote" or not pile.client:
            continue
        account = pile.account or "?"
        clients[account].add(case.context.network.client(pile.client) or pile.client)
        folders[account].add(pile.directory)
        places.add(pile.place)
        if pile.share:
            shares.add(pile.share.rpartition("\\")[2])
        evidence.append(pile.event)
    for deed in case.acts("stage", "pack"):
        if deed.place and deed.place.startswith("\\\\") and deed.account and not deed.account.endswith("$"):
            clients["commands"].add(deed.host)
            folders["commands"].add(deed.place)
            evidence.append(deed.events[0])
    if not clients:
        return None
    account = max(clients, key=lambda a: (len(clients[a]), a))
    count = len(clients[account])
    odd = max((case.kind_of(p).points for p in places), default=0)
    points = 0
    reasons: list[str] = []
    if any(re.fullmatch(r"[a-z]\$|admin\$", s) for s in shares):
        points += 8
        reasons.append("through an administrative share")
    shared = len(folders[account]) < count
    if count >= case.context.tuning.user_threshold and not account.endswith("$") and (shared or odd >= 8):
        gathered = min(14, round(6 + 3 * math.log2(count)))
        # A named share in an ordinary directory is there to be filled by many.
        points += (
            gathered if odd >= 8 or any(s.endswith("$") for s in shares) or account == "commands" else gathered // 2
        )
        reasons.insert(
            0, f"{count} hosts into one place by {account if account != 'commands' else 'commands of one kind'}"
        )
    if points and odd >= 8:
        points += 5
        reasons.append("to a place that is no share of documents")
    return Factor(NAME, min(points, _MOST), "; ".join(reasons), tuple(dict.fromkeys(evidence))[:10]) if points else None
