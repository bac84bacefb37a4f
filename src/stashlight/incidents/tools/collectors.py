"""
Searching and listing of files worth taking, and preparing a place: `dir /s`, `findstr`, `find`, `mkdir`, `attrib +h`.

https://attack.mitre.org/techniques/T1119/, https://attack.mitre.org/techniques/T1083/
"""

import re

from stashlight.incidents.acts import Act, Image
from stashlight.incidents.arguments import named, operands
from stashlight.incidents.commands import Statement

__all__ = ["NAME", "read"]

NAME: str = "collectors"

_WORTH = re.compile(
    r"\*?\.?(?:docx?|xlsx?|pptx?|pdf|pst|ost|kdbx?|eml|msg|dwg|csv|txt|rtf|mdb|bak|sql|pem|key|pfx|vsdx?|hwp)\b|pass|secret|confiden",
    re.IGNORECASE,
)


# One word at a time: with free text on both sides, the search would be quadratic.
_SECRET = re.compile(
    r"\.aws/credentials|\.ssh/id_\w|/etc/shadow|\.docker/config\.json|\.kube/config|\.git-credentials|\.netrc|\.pgpass|"
    r"gcloud/\S{1,200}\.json|\.azure/\S|wp-config\.php|\.env\b|id_rsa\b"
)
_READERS = frozenset("cat type more less head tail get-content gc cp copy base64 strings".split())


def read(statement: Statement, image: Image) -> Act | None:
    """Give the searching or preparing act."""
    del image
    words, name = statement.words[1:], statement.program
    text = " ".join(words)
    if name in ("mkdir", "md") or (
        name in ("new-item", "ni") and re.search(r"-(?:item)?type\s+d", text, re.IGNORECASE)
    ):
        path = named(words, "path", "name")
        rest = (
            [path]
            if path
            else operands(
                words, "-" if statement.shell in ("ps", "sh") else "/", ("-itemtype", "-type", "-m", "-force")
            )
        )
        return Act("prepare", "mkdir", (), rest[0], False) if rest else None
    if name == "attrib" and re.search(r"\+[hs]", text, re.IGNORECASE):
        return Act(
            "prepare",
            "attrib",
            (),
            next((w for w in words if not w.startswith(("+", "-", "/"))), None),
            False,
            frozenset({"hides"}),
        )
    if name in _READERS and (secret := next((w for w in words if _SECRET.search(w)), None)):
        return Act("collect", name, (secret,), None, False, frozenset({"secrets"}))
    lists = (name == "dir" and re.search(r"/s|/b", text, re.IGNORECASE)) or name in ("tree", "where", "findstr", "es")
    lists = (
        lists
        or (name in ("get-childitem", "gci", "ls", "dir", "childitem") and "-r" in text.lower())
        or (name == "find" and statement.shell == "sh")
    )
    if lists and _WORTH.search(text):
        marks = "-" if statement.shell in ("ps", "sh") else "/"
        rest = operands(words, marks, ("-include", "-filter", "-name", "-iname", "-type"))
        return Act(
            "collect", name, tuple(w for w in rest if not w.startswith("*"))[:1], None, False, frozenset({"searches"})
        )
    return None
