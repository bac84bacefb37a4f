"""Which ATT&CK techniques an incident shows: T1074.001 or .002, and the rungs around it."""

import re

from stashlight.incidents.cases import Case

__all__ = ["techniques"]

_ADMIN = re.compile(r"\\\\(?![?.]\\)[^\\]+\\")


def techniques(case: Case) -> tuple[str, ...]:
    """
    Give technique ids, the staging ones first.

    Remote (T1074.002) if data of one machine is piled on another: a command that fills a share, a requester's write, several
    hosts, or files fetched from another host's share into a place that serves others (a web root). Local (T1074.001) if a
    process of the host itself filled the place.
    """
    found: list[str] = []
    remote = any(d.place and d.place.startswith("\\\\") for d in case.acts("stage", "pack", "collect"))
    remote = remote or any(w.kind == "remote" for _, w in case.written)
    fetched = any(_ADMIN.match(s) and "moves" in d.act.traits for d in case.acts("stage") for s in d.act.sources)
    local = any(not p.is_remote and not p.place.startswith("\\\\") for p in case.staged) or any(
        d.place and not d.place.startswith("\\\\") for d in case.acts("stage", "pack", "collect")
    )
    if remote or fetched:
        found.append("T1074.002")
    if local or not found:
        found.append("T1074.001")
    packs = case.acts("pack")
    if packs:
        found.append(
            "T1560.001" if any(d.act.tool not in ("[IO.Compression]", "[IO.File]") for d in packs) else "T1560.002"
        )
    acts = case.acts("collect", "stage", "pack")
    if any(_ADMIN.match(s) for d in acts for s in d.act.sources):
        found.append("T1039")
    if any({"filtered", "recursive"} <= d.act.traits or "searches" in d.act.traits for d in acts):
        found.append("T1119")
    if any("ntds" in d.act.traits for d in acts) or any(
        s.meaning == "Active Directory database" for s in case.sensitive
    ):
        found.append("T1003.003")
    if any("hives" in d.act.traits for d in acts):
        found.append("T1003.002")
    if case.acts("exfiltrate"):
        found.append(
            "T1567.002"
            if any(d.act.tool in ("rclone", "megasync", "aws", "gsutil", "azcopy") for d in case.acts("exfiltrate"))
            else "T1048"
        )
    if case.acts("clean_up") or case.removals:
        found.append("T1070.004")
    return tuple(found)
