"""Removal of files, folders and traces: the last rung. https://attack.mitre.org/techniques/T1070/004/."""

from stashlight.incidents.acts import Act, Image
from stashlight.incidents.arguments import named, operands
from stashlight.incidents.commands import Statement

__all__ = ["NAME", "read"]

NAME: str = "cleaners"


def read(statement: Statement, image: Image) -> Act | None:
    """Give the removing act; `sources` are what is removed."""
    words, name = statement.words[1:], statement.program
    original = image.built.removesuffix("64")
    removes = frozenset({"removes"})
    if name in ("del", "erase", "rd", "rmdir") and statement.shell != "ps":
        return Act("clean_up", name, tuple(operands(words, "/")), None, False, removes)
    if name in ("remove-item", "ri", "rm", "del", "erase", "rd", "rmdir") and statement.shell == "ps":
        path = named(words, "path", "literalpath")
        return Act(
            "clean_up",
            "remove-item",
            (path,) if path else tuple(operands(words, "-", ("-erroraction", "-ea", "-include", "-exclude"))),
            None,
            False,
            removes,
        )
    if name in ("rm", "shred", "srm", "wipe", "unlink"):
        return Act("clean_up", name, tuple(operands(words, "-", ("-n", "-s"))), None, False, removes)
    if name in ("sdelete", "sdelete64", "eraser") or original == "sdelete":
        return Act("clean_up", "sdelete", tuple(operands(words, "-/", ("-p", "/p"))), None, False, removes)
    if (name == "wevtutil" and words[:1] and words[0].lower() in ("cl", "clear-log")) or name == "clear-eventlog":
        return Act("clean_up", name, (), None, False, frozenset({"logs_cleared"}))
    if name == "fsutil" and "deletejournal" in statement.text.lower():
        return Act("clean_up", "fsutil", (), None, False, frozenset({"logs_cleared"}))
    return None
