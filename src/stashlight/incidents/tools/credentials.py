"""
Copies of credential stores: ntds.dit, registry hives, shadow copies, process memory.

https://attack.mitre.org/techniques/T1003/002/ and /003/; `ntdsutil ifm`: https://learn.microsoft.com/troubleshoot/windows-server/active-directory/
"""

import re
from typing import Final

from stashlight.incidents.acts import Act, Image
from stashlight.incidents.arguments import looks_like_path, named
from stashlight.incidents.commands import Statement

__all__ = ["NAME", "read"]

NAME: str = "credentials"

_HIVE: Final = re.compile(r"\Ahk(?:lm|ey_local_machine)\\(?:sam|system|security)\Z", re.IGNORECASE)


def read(statement: Statement, image: Image) -> Act | None:
    """Give the act of copying a credential store, None if this is none."""
    words, name = statement.words[1:], statement.program
    original = image.built
    text = " ".join(words)
    if name == "ntdsutil" or original == "ntdsutil":
        match = re.search(
            r"create\s+(?:full|sysvol\s+full|rodc|nodefrag\s+full)\s+(\S+(?: \S+)*?)(?=\s+q(?:uit)?\b|\s*\Z)",
            text,
            re.IGNORECASE,
        )
        return (
            Act("stage", "ntdsutil", ("ntds.dit",), match.group(1).strip("\"'"), False, frozenset({"ntds"}))
            if match
            else None
        )
    if name == "reg" or original == "reg":
        if len(words) > 2 and words[0].lower() in ("save", "export") and _HIVE.match(words[1]):
            return Act("stage", "reg", (words[1],), words[2], True, frozenset({"hives"}))
        return None
    if name == "esentutl" or original == "esentutl":
        source = next((w for w in words if not w.startswith("/") and looks_like_path(w)), None)
        target = named(words, "d")
        if source and target:
            low = source.lower()
            traits = (
                {"ntds"}
                if low.endswith("ntds.dit")
                else {"hives"}
                if re.search(r"\\config\\(?:sam|system|security)\Z", low)
                else set[str]()
            )
            return Act("stage", "esentutl", (source,), target, True, frozenset(traits))
        return None
    if name == "wbadmin" and re.search(r"start\s+(?:system\w*)?backup", text, re.IGNORECASE):
        target = named(words, "backuptarget")
        traits = frozenset({"ntds"}) if "ntds" in text.lower() else frozenset[str]()
        return Act("stage", "wbadmin", tuple(filter(None, [named(words, "include")])), target, False, traits)
    if name in ("vssadmin", "diskshadow", "wmic") and re.search(
        r"create\s+shadow|shadowcopy\s+call\s+create", text, re.IGNORECASE
    ):
        return Act("prepare", name, (), None, False, frozenset({"snapshot"}))
    if name == "rundll32" and re.search(
        r"comsvcs[.\w\"']{0,9}[,\s]{1,9}(?:minidump|#?\+?0{0,9}24)\b", text, re.IGNORECASE
    ):
        target = next((w for w in words[1:] if looks_like_path(w) and "comsvcs" not in w.lower()), None)
        return Act("collect", "comsvcs", ("lsass",), target, True, frozenset({"memory_dump"})) if target else None
    if name in ("procdump", "procdump64", "dumpert", "nanodump") or original in ("procdump", "procdump64"):
        target = next((w for w in reversed(words) if looks_like_path(w)), None)
        return (
            Act("collect", "procdump", (), target, True, frozenset({"memory_dump"}))
            if target and "lsass" in text.lower()
            else None
        )
    return None
