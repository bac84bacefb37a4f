"""Collection by machine: a loop or filter over a tree, or one program that brings many documents together (T1119)."""

from stashlight.incidents.cases import Case
from stashlight.incidents.document import Factor

__all__ = ["NAME", "weigh"]

NAME: str = "automation"

_MANY = 20
# Interpreters that write into a person's own or an ordinary folder do what scripts are for.
_PLAIN = 4


def weigh(case: Case) -> Factor | None:
    """Take a recursive, filtered copy; or documents that a shell or a stranger's program piled up."""
    loops = [d for d in case.acts("collect", "stage", "pack") if {"recursive", "filtered"} <= d.act.traits]
    if loops:
        return Factor(NAME, 10, f"{loops[0].act.tool} walks a tree and takes files by type", loops[0].events[:2])
    gathers = [d for d in case.acts("collect") if d.target and "$_" in " ".join(d.act.sources)]
    if gathers:
        return Factor(NAME, 10, "a loop writes the contents of many files into one", gathers[0].events[:2])
    brought = [
        p
        for p, w in case.written
        # A copy tool that brings many files does what it is for; its command says the rest.
        if w.name not in ("robocopy", "xcopy", "cp", "mv", "rsync", "copy")
        and w.kind in ("shell", "system", "foreign", "nameless", "masked")
        and not w.owns
        and not (w.kind == "shell" and case.kind_of(p.place).points < _PLAIN)
        and p.classes.get("document", 0)
        + p.classes.get("mail", 0)
        + p.classes.get("database", 0)
        + p.classes.get("design", 0)
        >= _MANY
    ]
    if brought:
        count = sum(p.data for p in brought)
        return Factor(NAME, 10, f"one program brings {count:,} documents together", tuple(p.event for p in brought[:5]))
    return None
