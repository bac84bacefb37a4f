"""
PowerShell that packs or writes: Compress-Archive, the .NET archive classes, Out-File and its kin.

https://learn.microsoft.com/en-us/powershell/module/microsoft.powershell.archive/compress-archive
"""

import re
from typing import Final

from stashlight.incidents.acts import Act, Image
from stashlight.incidents.arguments import looks_like_path, named, operands, upstream_roots
from stashlight.incidents.commands import Statement

__all__ = ["NAME", "read"]

NAME: str = "scripts"

# A variable other than the environment's names no place.
_VARIABLE: Final = re.compile(r"\$(?!\{?env:)", re.IGNORECASE)
_WRITERS: Final = frozenset(
    {"out-file", "set-content", "add-content", "tee-object", "tee", "export-csv", "export-clixml", "epcsv", "sc", "ac"}
)
_ZIP: Final = re.compile(
    r"(?:zipfile\]?|tarfile\]?)\s*(?:::|\.)\s*createfromdirectory\(\s*(?P<source>[^,]{1,1024}),\s*(?P<target>[^,)]+)",
    re.IGNORECASE,
)
_STREAM: Final = re.compile(r"(?:gzipstream|deflatestream|ziparchive(?!entry)|zipfile\]?::open\()", re.IGNORECASE)
_BYTES: Final = re.compile(
    r"\[(?:system\.)?io\.file\]::(?:writeallbytes|writealltext|appendalltext|writealllines)\(\s*([^,)]+)", re.IGNORECASE
)


def read(statement: Statement, image: Image) -> Act | None:
    """Give the packing or writing act of a PowerShell statement."""
    del image
    words, name = statement.words[1:], statement.program
    if name in ("compress-archive", "compress-7zip", "write-zip", "new-zipfile"):
        target = named(words, "destinationpath", "archivefilename", "outputpath", "dest")
        rest = operands(
            words,
            "-",
            ("-compressionlevel", "-destinationpath", "-path", "-literalpath", "-archivefilename", "-password"),
        )
        source = named(words, "path", "literalpath")
        if target is None and rest:
            target, rest = rest[-1], rest[:-1]
        sources = [source] if source and not _VARIABLE.match(source) else [w for w in rest if looks_like_path(w)]
        fed = " ".join(w for feeder in statement.upstream for w in feeder).lower()
        traits = {"password"} if named(words, "password", "securepassword") else set[str]()
        traits |= {"filtered"} if "-include" in fed or "-filter" in fed else set()
        traits |= {"recursive"} if "-recurse" in fed else set()
        sources = sources or upstream_roots(statement.upstream)
        return Act("pack", "Compress-Archive", tuple(sources), target, target is not None, frozenset(traits))
    if match := _ZIP.search(statement.text):
        return Act("pack", "[IO.Compression]", (_bare(match["source"]),), _bare(match["target"]), True)
    if name in _WRITERS:
        target = named(words, "filepath", "path", "literalpath")
        rest = operands(words, "-", ("-encoding", "-value", "-delimiter", "-width", "-filepath", "-path", "-append"))
        appended = named(words, "append")
        target = target or next((w for w in [*rest, appended or ""] if looks_like_path(w)), None)
        roots = tuple(upstream_roots(statement.upstream))
        made = next((feeder[0].lower() for feeder in statement.upstream if feeder), name)
        if target is None or target.startswith("$_"):
            return None
        return Act("collect", made, roots, target, True, frozenset({"recon"} if not roots else ()))
    if "]::" in statement.text and (match := _BYTES.search(statement.text)):
        target = _bare(match.group(1))
        return Act("collect", "[IO.File]", (), target, True) if looks_like_path(target) else None
    if statement.shell == "ps" and _STREAM.search(statement.text):
        return Act("pack", "[IO.Compression]", (), None)
    return None


def _bare(text: str) -> str:
    return text.strip("\"' \t)(")
