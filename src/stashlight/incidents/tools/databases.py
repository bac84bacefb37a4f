"""
Exports of databases, mailboxes and directories to files.

bcp, sqlcmd, mysqldump, pg_dump, expdp, sqluldr2 (APT41 DUST), New-MailboxExportRequest (SolarWinds, Exchange), ldifde,
csvde, SharpHound, AD Explorer; and unknown programs that say `out…=PATH`.
"""

import re
from typing import Final

from stashlight.incidents.acts import Act, Image
from stashlight.incidents.arguments import looks_like_path, named, operands
from stashlight.incidents.commands import Statement

__all__ = ["NAME", "read"]

NAME: str = "databases"

_DUMPERS: Final = frozenset(
    {
        "mysqldump",
        "mariadb-dump",
        "pg_dump",
        "pg_dumpall",
        "mongodump",
        "expdp",
        "exp",
        "sqluldr2",
        "mysqlpump",
        "redis-cli",
        "influx",
        "pg_basebackup",
        "oratool",
    }
)
_DIRECTORY: Final = frozenset(
    {
        "ldifde",
        "csvde",
        "adfind",
        "dsquery",
        "sharphound",
        "bloodhound",
        "rusthound",
        "adexplorer",
        "adexplorer64",
        "ldapsearch",
        "ldapdomaindump",
        "adrecon",
        "snaffler",
        "pingcastle",
    }
)


def read(statement: Statement, image: Image) -> Act | None:
    """Give the exporting act, None if this is no exporter."""
    words, name = statement.words[1:], statement.program
    original = image.built
    if name == "bcp" or original == "bcp":
        at = next((i for i, w in enumerate(words) if w.lower() in ("out", "queryout")), None)
        return (
            Act("collect", "bcp", tuple(words[:1]), words[at + 1], True, frozenset({"database"}))
            if at is not None and at + 1 < len(words)
            else None
        )
    if name in ("sqlcmd", "osql", "isql", "psql", "mysql", "sqlite3", "invoke-sqlcmd", "backup-sqldatabase"):
        return _client(statement)
    if name in ("new-mailboxexportrequest", "new-mailboxsearch", "export-mailbox"):
        target = named(words, "filepath", "pstfolderpath")
        who = named(words, "mailbox", "identity")
        return Act("collect", name, (f"mailbox {who}",) if who else (), target, bool(target), frozenset({"mailbox"}))
    if name in _DUMPERS or original in _DUMPERS:
        target = named(words, "result-file", "r", "file", "f", "out", "o", "dumpfile", "rdb") or statement.redirect
        rest = [
            w
            for w in operands(
                words, "-", ("-u", "-h", "-p", "-port", "-d", "--user", "--host", "-r", "-f", "-o", "--out")
            )
            if "=" not in w
        ]
        return Act("collect", name, tuple(f"database {w}" for w in rest), target, bool(target), frozenset({"database"}))
    if (
        name in _DIRECTORY
        or original in _DIRECTORY
        or (image.description or "").lower() in ("sharphound", "active directory editor")
    ):
        return _directory(statement)
    return _unknown(statement)


def _client(statement: Statement) -> Act | None:
    words, text = statement.words[1:], " ".join(statement.words)
    backup = re.search(
        r"to\s+disk\s*=\s*n?'?([^'\"\s;]+)|-backupfile\s+(\S+)|@directory\s*=\s*n?'+([^']+)'", text, re.IGNORECASE
    )
    outfile = re.search(r"into\s+(?:out|dump)file\s+'?([^'\"\s;]+)", text, re.IGNORECASE)
    target = next((g for g in backup.groups() if g), None) if backup else outfile.group(1) if outfile else None
    target = target or named(words, "o", "output", "outputfile") or statement.redirect
    if target is None:
        return None
    return Act("collect", statement.program, (), target, True, frozenset({"database"}))


def _directory(statement: Statement) -> Act | None:
    words = statement.words[1:]
    if statement.program.startswith("adexplorer"):
        at = next((i for i, w in enumerate(words) if w.lower() == "-snapshot"), None)
        rest = [w for w in words[at + 1 :] if looks_like_path(w)] if at is not None else []
        return (
            Act("collect", "adexplorer", ("directory service",), rest[-1], True, frozenset({"directory_service"}))
            if rest
            else None
        )
    folder = named(words, "outputdirectory", "outputfolder", "outputdir")
    target = folder or named(words, "f", "o", "outputfile", "out", "output") or statement.redirect
    if statement.program in ("sharphound", "rusthound", "bloodhound", "adfind") or target:
        return Act(
            "collect",
            statement.program,
            ("directory service",),
            target,
            bool(target) and not folder,
            frozenset({"directory_service"}),
        )
    return None


# Options by which collectors of every kind name the place they fill.
_OUT: Final = re.compile(
    r"\A(?:--?|/)?(?:out(?:put)?(?:[-_]?(?:dir|directory|folder|path|file))?|tdest|dest(?:ination)?|dump(?:[-_]?(?:dir|path|file))?|export(?:path)?|file(?:name)?|save(?:to)?|log(?:file)?|zip)[=:](.+)\Z",
    re.IGNORECASE | re.DOTALL,
)


def _unknown(statement: Statement) -> Act | None:
    words = statement.words[1:]
    if statement.program in ("robocopy", "rclone", "curl", "wget", "msiexec", "schtasks", "tar", "makecab"):
        return None
    target = next((m.group(1) for w in words if (m := _OUT.match(w)) and looks_like_path(m.group(1))), None)
    if target is None:
        value = named(words, "outputdirectory", "outdir", "output-dir", "tdest", "outputpath", "output", "outfile")
        target = value if value and looks_like_path(value) else None
    if target is None:
        return None
    return Act(
        "collect",
        statement.program,
        (),
        target.strip("\"'"),
        bool(re.search(r"\.\w{1,5}\Z", target)),
        frozenset({"generic"}),
    )
