"""What tables of files call their columns, whoever wrote them: PowerShell, KAPE, hashing tools."""

from collections.abc import Mapping

from stashlight.listings.fact import ALGORITHMS, Fact

__all__ = ["HASHES", "PATHS", "SIZES", "digest", "fact_of", "size_of"]

# Folded names. FullName, Length: Get-ChildItem. Path, Hash, Algorithm: Get-FileHash. SourceFile, FileSize,
# SourceFileSha1: KAPE's CopyLog (https://ericzimmerman.github.io/KapeDocs/).
PATHS = ("fullname", "sourcefile", "fullpath", "full path", "filepath", "file path", "path", "file", "filename")
SIZES = ("length", "filesize", "file size", "size", "bytes")
HASHES = {
    "md5": "md5",
    "sha1": "sha1",
    "sha-1": "sha1",
    "sourcefilesha1": "sha1",
    "sha256": "sha256",
    "sha-256": "sha256",
}
_FOLDER_ATTRIBUTES = 16  # FILE_ATTRIBUTE_DIRECTORY, as ConvertTo-Json writes Attributes


def fact_of(row: Mapping[str, str], line: int, *, is_present: bool | None) -> Fact | str | None:
    """Give the fact of a row with folded column names; None if it is about a folder, a text if it is damaged."""
    path = next((row[name] for name in PATHS if row.get(name)), "")
    if row.get("psiscontainer", "").lower() == "true" or _is_folder(row):
        return None
    if not path:
        return "no path in it"
    size = size_of(next((row[name] for name in SIZES if row.get(name)), ""))
    if isinstance(size, str):
        return size
    hashes: dict[str, str] = {}
    told = [(HASHES[name], value) for name, value in row.items() if name in HASHES]
    if row.get("hash"):
        told.append((row.get("algorithm", "").lower().replace("-", ""), row["hash"]))
    for algorithm, value in told:
        if value and algorithm in {*ALGORITHMS.values(), ""}:
            found = digest(value, algorithm)
            if not found:
                return f"{value[:80]!r} is no {algorithm or 'hash'}"
            hashes |= found
    return Fact(line, path, size, hashes, is_present)


def size_of(text: str) -> int | str | None:
    """Give a size in bytes; None if nothing stands there, a text if it is no size."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        return f"{text[:40]!r} is no size in bytes"
    return int(text)


def digest(text: str, algorithm: str = "") -> dict[str, str]:
    """Give a hash by its algorithm, which its length tells; empty if it is none, or one of another algorithm."""
    value = text.strip().lower()
    known = ALGORITHMS.get(len(value), "")
    if not known or algorithm not in {"", known} or not set(value) <= set("0123456789abcdef"):
        return {}
    return {known: value}


def _is_folder(row: Mapping[str, str]) -> bool:
    attributes = row.get("attributes", "")
    if attributes.isdecimal() and len(attributes) < 12:
        return bool(int(attributes) & _FOLDER_ATTRIBUTES)
    return "directory" in attributes.lower() or row.get("mode", "").startswith("d")
