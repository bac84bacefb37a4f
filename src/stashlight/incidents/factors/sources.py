"""Where the data came from: other hosts, shadow copies, other people's profiles, several roots at once."""

import re

from stashlight.incidents.cases import Case
from stashlight.incidents.document import Factor

__all__ = ["NAME", "weigh"]

NAME: str = "source spread"

_MOST = 16


def weigh(case: Case) -> Factor | None:
    """Look at the roots that copy and pack commands name, and at recorded reads."""
    roots: dict[str, str] = {}
    shadow = False
    walked: set[str] = set()
    for deed in case.acts("collect", "stage", "pack"):
        shadow = shadow or "shadow_copy" in deed.act.traits
        if "filtered" in deed.act.traits and ("recursive" in deed.act.traits or deed.act.rung == "pack"):
            walked.update(deed.events[:1])
        for source in deed.act.sources:
            low = source.lower()
            if deed.place and low.startswith(deed.place):
                continue
            roots.setdefault(_root(low), deed.events[0])
    # ntdsutil mounts its snapshot as a directory; writing the log of a database there shows that it was opened.
    mounted = next(
        (p for p, _ in case.written if re.search(r"harddiskvolumeshadowcopy|\\\$snap_\d+_volume", p.directory)), None
    )
    if mounted is not None:
        shadow = True
        walked.add(mounted.event)
    points = 0
    reasons: list[str] = []
    unc = sorted(
        r for r in roots if r.startswith("\\\\") and not re.match(r"\\\\[?.]\\|\\\\[^\\]+\\(?:sysvol|netlogon)\b", r)
    )
    if shadow:
        points += 14
        reasons.append("read from a volume shadow copy")
    if any(re.search(r"\\[a-z]\$(?:\\|\Z)", r) for r in unc):
        points += 12
        reasons.append(f"an administrative share of another host ({unc[0]})")
    elif unc:
        points += 7
        reasons.append(f"a share of another host ({unc[0]})")
    profiles = sorted(
        r
        for r in roots
        if re.match(
            r"[a-z]:\\(?:users|documents and settings)\\(?!public|default)|%userprofile%|\$env:userprofile|/home/|/root|~",
            r,
        )
    )
    if profiles:
        points += 6
        reasons.append(f"a person's profile ({profiles[0]})")
    if any(re.fullmatch(r"[a-z]:\\?|/", r) for r in roots):
        points += 4
        reasons.append("a whole drive")
    if walked:
        points += 4
        reasons.append("chosen by file type or age across a tree")
    if not points and any(re.match(r"[a-z]:\\.", r) for r in roots):
        points += 3
        reasons.append(f"a directory named as source ({next(r for r in roots if re.match(r'[a-z]:', r))})")
    if len(roots) > 1 and len({r.split("\\")[0:4][-1] for r in roots}) > 1:
        points += 3
        reasons.append(f"{len(roots)} roots")
    if not points:
        return None
    return Factor(NAME, min(_MOST, points), "; ".join(reasons), tuple(dict.fromkeys([*roots.values(), *walked]))[:10])


def _root(path: str) -> str:
    return re.sub(r"[\\/]?\*[^\\/]*\Z", "", path.strip("\"'@")).rstrip("\\/") or path
