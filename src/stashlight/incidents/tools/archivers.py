"""
Archivers: rar, 7-Zip, zip, tar, cab, and whatever speaks their grammar under another name.

Attackers rename the program (menuPass `r.exe`, GALLIUM `dsa.exe`), so the grammar decides: a command letter `a`, `u`
or `m`, then switches, an archive and its sources. Extraction (`x`, `e`, `tar -x`) is not packing.
Grammar: https://documentation.help/WinRAR/HELPCommands.htm, https://7-zip.opensource.jp/chm/cmdline/
"""

import re
from typing import Final

from stashlight.incidents.acts import Act, Image
from stashlight.incidents.arguments import looks_like_path, named, operands, upstream_roots
from stashlight.incidents.commands import Statement

__all__ = ["NAME", "read"]

NAME: str = "archivers"

_RAR: Final = frozenset({"rar", "winrar"})
_SEVEN: Final = frozenset({"7z", "7za", "7zr", "7zg", "7zz", "7zzs", "p7zip", "7z2201-x64"})
_SWITCH: Final = re.compile(
    r"-(?:hp|p(?=\S)|v\d|m[0-5x]\b|mx|mhe|mmt|r0?\Z|ep\d?\Z|ep1|df\Z|dw\Z|sdel|ssw|inul|ibck|t[anok](?=\S)|t(?:7z|zip|rar)|s\Z|k\Z|o[+-]|"
    r"n\*|x[*!@]|ta\d|tn\d|ilog|y\Z|bd\Z|aoa|scul|iext|imon|id[cdpq])",
    re.IGNORECASE,
)
_ARCHIVE_NAME: Final = re.compile(r"\.(?:rar|7z|zip|tar|gz|tgz|cab|001|xz|bz2|zst)\Z", re.IGNORECASE)


def read(statement: Statement, image: Image) -> Act | None:
    """Give the packing act, None if this is no archiver or it extracts."""
    name = statement.program
    if name in ("tar", "bsdtar", "gtar"):
        return _tar(statement)
    if name in ("zip", "winzip32", "winzip64", "wzzip", "pkzip"):
        return _zip(statement)
    if name in ("makecab", "diantz", "cabarc"):
        return _cab(statement)
    if name in ("openssl", "gpg", "gpg2", "age"):
        return _encrypt(statement)
    if name in ("gzip", "bzip2", "xz", "zstd", "pigz", "lz4"):
        return _stream(statement)
    return _lettered(statement, image)


def _lettered(statement: Statement, image: Image) -> Act | None:
    """Read `PROGRAM a|u|m|f -switches ARCHIVE SOURCES…` of rar and 7-Zip."""
    words = statement.words
    if len(words) < 3 or words[1].lower() not in ("a", "u", "m", "f", "mf", "c"):
        return None
    letter, name = words[1].lower(), statement.program
    original = image.built
    told = f"{original} {(image.description or '').lower()}"
    known = name in _RAR | _SEVEN
    is_named = known or original in _RAR | _SEVEN or "7-zip" in told or re.search(r"\brar\b|winrar", told) is not None
    switches = [w for w in words[2:] if w.startswith("-") and _SWITCH.match(w)]
    rest = operands(words[2:], "-", valued=())
    if not rest or (not is_named and not switches and not _ARCHIVE_NAME.search(rest[0])):
        return None
    if not is_named and (letter in ("u", "f", "c") or not (looks_like_path(rest[0]) or _ARCHIVE_NAME.search(rest[0]))):
        return None
    archive, sources = rest[0], tuple(w for w in rest[1:] if w not in (">", "nul"))
    if archive in (".", "-"):
        archive = f"{sources[0].rstrip(chr(92))}.rar" if sources else archive
    traits = _traits(switches, letter)
    if not known:
        traits.add("renamed")
    if not _ARCHIVE_NAME.search(archive) and re.search(r"\.\w+\Z", archive):
        traits.add("odd_name")
    tool = "7-zip" if name in _SEVEN or "7-zip" in told or original in _SEVEN else "rar" if is_named else "archiver"
    if not re.search(r"\.[\w~]{1,5}\Z", archive):
        archive += ".7z" if tool == "7-zip" else ".rar"
    return Act("pack", tool, sources, archive, True, frozenset(traits))


def _traits(switches: list[str], letter: str) -> set[str]:
    low = [s.lower() for s in switches]
    traits: set[str] = set()
    if any(s.startswith("-hp") or (s.startswith("-p") and len(s) > 2) for s in low):
        traits.add("password")
    if any(s.startswith(("-hp", "-mhe")) for s in low):
        traits.add("hides_names")
    if any(re.match(r"-v\d", s) for s in low):
        traits.add("split")
    if letter.startswith("m") or any(s in ("-df", "-dw", "-sdel") for s in low):
        traits.add("deletes_source")
    if any(s.startswith(("-inul", "-ibck", "-bd")) for s in low):
        traits.add("quiet")
    if any(s.startswith(("-n*", "-x*", "-x!", "-ta", "-tn")) for s in low):
        traits.add("filtered")
    if any(s in ("-r", "-r0") for s in low):
        traits.add("recursive")
    return traits


def _tar(statement: Statement) -> Act | None:
    words = list(statement.words[1:])
    if not words:
        return None
    if not words[0].startswith("-"):
        words[0] = "-" + words[0]
    creates = any(
        w in ("--create", "--append", "--update") or re.match(r"-[a-zA-Z]*[cru][a-zA-Z]*\Z", w) for w in words
    )
    extracts = any(w in ("--extract", "--list") or re.match(r"-[a-zA-Z]*[xt][a-zA-Z]*\Z", w) for w in words)
    if not creates or extracts:
        return None
    archive: str | None = named(words, "file")
    base: str | None = None
    sources: list[str] = []
    index = 0
    while index < len(words):
        word = words[index]
        if re.match(r"-[a-zA-Z]*f\Z", word) and index + 1 < len(words):
            archive = words[index + 1]
            index += 1
        elif word in ("-C", "--directory") and index + 1 < len(words):
            base = words[index + 1]
            index += 1
        elif word in ("-T", "--files-from", "-X", "--exclude-from") and index + 1 < len(words):
            sources.append("@" + words[index + 1])
            index += 1
        elif not word.startswith("-"):
            sources.append(_below(base, word) if base and not looks_like_path(word) else word)
        index += 1
    if archive in (None, "-"):
        archive = statement.redirect
    return Act("pack", "tar", tuple(sources) or ((base,) if base else ()), archive, archive is not None)


def _below(base: str, name: str) -> str:
    mark = "\\" if "\\" in base else "/"
    return base.rstrip("\\/") + mark + name


def _zip(statement: Statement) -> Act | None:
    words = statement.words[1:]
    if statement.program.startswith("w") and not any(
        w.lower() in ("-a", "-add") or w.lower().startswith("-min") for w in words
    ):
        return None
    rest = operands(words, "-", ("-x", "-i", "-t", "-tt", "-b", "-p", "-n", "-s"))
    if not rest:
        return None
    archive = rest[0] if re.search(r"\.\w+\Z", rest[0]) else rest[0] + ".zip"
    traits: set[str] = set()
    if any(w in ("-e", "--encrypt") or w.startswith(("-P", "--password")) or re.match(r"-s[\"']?\S", w) for w in words):
        traits.add("password")
    if any(re.fullmatch(r"-[a-zA-Z]*r[a-zA-Z]*", w) for w in words):
        traits.add("recursive")
    if any(re.fullmatch(r"-[a-zA-Z]*m[a-zA-Z]*", w) for w in words):
        traits.add("deletes_source")
    return Act("pack", "zip", tuple(rest[1:]), archive, True, frozenset(traits))


def _cab(statement: Statement) -> Act | None:
    words = statement.words[1:]
    listing = named(words, "f")
    if listing:
        return Act("pack", "makecab", ("@" + listing,), named(words, "l"), False)
    rest = operands(words, "/-", ("/l", "/d", "/v"))
    if statement.program == "cabarc":
        rest = rest[1:] if rest[:1] and rest[0].lower() == "n" else []
        return Act("pack", "cabarc", tuple(rest[1:]), rest[0], True) if rest else None
    if not rest:
        return None
    target = rest[1] if len(rest) > 1 else rest[0][:-1] + "_"
    folder = named(words, "l")
    return Act("pack", "makecab", (rest[0],), target if not folder else f"{folder}\\{target}", True)


def _encrypt(statement: Statement) -> Act | None:
    words = statement.words[1:]
    encrypts = {w.lower() for w in words} & {
        "enc",
        "smime",
        "cms",
        "rsautl",
        "-c",
        "-e",
        "--symmetric",
        "--encrypt",
        "-r",
        "-p",
    }
    if not encrypts or {"-d", "--decrypt", "-decrypt"} & {w.lower() for w in words}:
        return None
    source = named(words, "in")
    rest = operands(
        words, "-", ("-o", "--output", "-r", "--recipient", "-out", "-in", "-k", "-pass", "-kfile", "--passphrase")
    )
    target = named(words, "out", "output", "o") or statement.redirect
    if statement.program.startswith("gpg") and target is None and rest:
        target = rest[-1] + ".gpg"
    if target is None:
        return None
    sources = (source,) if source else tuple(w for w in rest[-1:] if looks_like_path(w))
    return Act("pack", statement.program, sources, target, True, frozenset({"password"}))


def _stream(statement: Statement) -> Act | None:
    words = statement.words[1:]
    if any(w in ("-d", "--decompress", "-dc", "-t", "-l") for w in words):
        return None
    rest = operands(words, "-")
    target = statement.redirect or (
        f"{rest[0]}.{'gz' if statement.program in ('gzip', 'pigz') else statement.program[:3]}" if rest else None
    )
    if target is None:
        return None
    return Act("pack", statement.program, tuple(rest) or tuple(upstream_roots(statement.upstream)), target, True)
