"""
What speaks for the ordinary: a scheduler or service behind it, mirror and log switches, the owner's place, deployment.

A deduction never rests on a name alone, and disguise cancels it: a renamed archiver, a password in an odd place, a program
from where users can write, or a remote session make the same command suspicious again.
"""

import re
from collections.abc import Iterator

from stashlight.incidents.cases import Case
from stashlight.incidents.document import Factor
from stashlight.incidents.writers import image_name, is_protected, masquerades

__all__ = ["NAME", "weigh"]

NAME: str = "trust"

_SCHEDULERS = frozenset("taskeng taskhostw sqlagent sqlservr cron crond atd anacron ccmexec systemd".split())
_COPIERS = frozenset({"robocopy", "xcopy", "cp", "mv", "rsync", "copy"})
_SERVICE = re.compile(
    r"\A(?:system|root|local service|network service|mssqlserver|.*\$|svc[_.-].*|.*[_.-]svc|sa[_.-].*|service.*|.*backup.*|.*_?sql.*|gmsa.*)\Z"
)


def weigh(case: Case) -> Factor | None:
    """Sum the reasons to believe that this is somebody's job."""
    if _disguised(case):
        return None
    points = 0
    reasons: list[str] = []
    evidence: list[str] = []
    scheduled = [event for _, parent, line, event in _chain(case) if _is_scheduler(parent, line)]
    accounts = case.accounts
    if scheduled and accounts and all(_SERVICE.match(a) for a in accounts):
        points -= 30
        reasons.append(f"run by the scheduler as {accounts[0]}")
        evidence += scheduled[:3]
    elif scheduled:
        points -= 10
        reasons.append("run by the scheduler")
        evidence += scheduled[:3]
    mirrors = [d for d in case.deeds if {"mirrors", "logs"} <= d.act.traits]
    if mirrors:
        points -= 16
        reasons.append("a mirror that keeps a log")
        evidence += [mirrors[0].events[0]]
    roots = [s.lower() for d in case.acts("stage") for s in d.act.sources]
    if roots and all(
        re.match(r"\\\\[^\\]+\\(?:sysvol|netlogon)\\", s) or ("\\netlogon\\" in s or "\\sysvol\\" in s) for s in roots
    ):
        points -= 20
        reasons.append("taken from SYSVOL or NETLOGON")
    logon = [event for _, parent, _, event in _chain(case) if image_name(parent) in ("userinit", "gpscript")]
    if logon:
        points -= 15
        reasons.append("part of a logon script")
        evidence += logon[:1]
    brought = [(p, w) for p, w in case.written if w.kind == "remote"]
    if brought and len(brought) == len(case.written) and all((p.account or "").endswith("$") for p, _ in brought):
        points -= 12
        reasons.append("written by machine accounts")
    plain = {case.kind_of(place).name for _, place in case.places[:6]} <= {"ordinary", "profile", "remote_share"}
    if (
        plain
        and case.written
        and all(w.kind in ("remote", "explorer", "installed", "unknown") or w.name in _COPIERS for _, w in case.written)
    ):
        points -= 15
        reasons.append("an ordinary place, filled with ordinary tools")
    program = sum(p.classes.get("program", 0) for p, _ in case.written)
    data = sum(p.data for p, _ in case.written)
    if program > 3 * data and program >= 10:
        points -= 10
        reasons.append("mostly program files and caches")
    return Factor(NAME, max(points, -50), "; ".join(reasons), tuple(dict.fromkeys(evidence))[:6]) if points else None


def _disguised(case: Case) -> bool:
    traits = {t for d in case.acts("pack") for t in d.act.traits}
    if traits & {"renamed", "odd_name"} or case.logons:
        return True
    keys = {d.process_key for d in case.deeds} | {p.process_key for p, _ in case.written}
    for key in keys:
        process = case.context.lineage.get(key)
        if process and masquerades(process, process.path):
            return True
    return any(
        w.kind in ("masked", "nameless") or (w.kind == "foreign" and not w.owns) for _, w in case.written
    ) or any(
        d.process_path
        and not is_protected(d.process_path)
        and d.act.rung in ("stage", "pack")
        and "\\" in d.process_path
        for d in case.deeds
    )


def _chain(case: Case) -> Iterator[tuple[str | None, str | None, str, str]]:
    for key in dict.fromkeys([d.process_key for d in case.deeds] + [p.process_key for p, _ in case.written]):
        for process in case.context.lineage.ancestors(key):
            yield process.path, process.parent_path, process.parent_command_line or "", process.event


def _is_scheduler(parent: str | None, line: str) -> bool:
    name = image_name(parent)
    if name == "svchost":
        # The scheduler is `svchost -k netsvcs -s Schedule`; a source that omits the parent's line cannot say which service.
        return "schedule" in line.lower() or not line or line.lower().rstrip().endswith("svchost.exe")
    return name in _SCHEDULERS
