"""
What a file is worth, by its name: the content classes and the names that are decisive alone.

Only names are known (Sysmon 11 has no content), so a class is a prior, not a fact. The classes follow what the
147 ATT&CK procedures of T1074 stage: documents, mail, database exports, credential stores, recon output,
screenshots, archives; against them program files and caches, which installers, browsers and updates write in bulk.
"""

import re
from typing import Final

__all__ = ["ARCHIVE", "CLASSES", "DATA", "SENSITIVE", "archive_family", "class_of", "extension_rows", "sensitive"]

# class → extensions (folded, without dot). One extension has one class.
CLASSES: Final[dict[str, tuple[str, ...]]] = {
    "document": tuple(
        "doc docx docm dot rtf odt ott pages wpd wps hwp hwpx pdf xps xls xlsx xlsm xlsb ods csv tsv numbers "
        "ppt pptx pptm pps ppsx odp vsd vsdx one onetoc2 mpp pub epub".split()
    ),
    "mail": tuple("pst ost eml msg mbox nsf oft edb".split()),
    "database": tuple(
        "sql bak mdb accdb mdf ldf ndf dbf sqlite sqlite3 db db3 dump dmp bcp ldif frm ibd myd trn".split()
    ),
    "secret": tuple(
        "kdbx kdb pfx p12 pem ppk ovpn rdp rdg keychain jks pvk gpg asc dit 1pif agilekeychain psafe3 wallet tdl".split()
    ),
    "design": tuple(
        "dwg dxf dwf sldprt sldasm slddrw ipt iam stp step igs iges stl prt catpart catproduct 3dm rvt skp psd ai indd "
        "dgn gds brd sch schdoc pcbdoc pt2 mpk shp kml vi slx mat".split()
    ),
    "source": tuple(
        "c cc cpp cs h hpp java kt py ipynb go rs rb php pl swift vb vbs ps1 psm1 sh r m f90 asm v vhd vhdl tf yml yaml "
        "env config conf ini cfg".split()
    ),
    "picture": tuple("jpg jpeg png bmp gif tif tiff heic raw cr2 nef webp avi mp4 mov wav mp3 m4a".split()),
    "archive": tuple("zip rar 7z tar gz tgz bz2 tbz xz txz zst lz lzh arj cab iso ace zipx wim vhdx".split()),
    "opaque": tuple("txt dat bin tmp log out lst his res chk enc idx json xml blob info nfo pak clb xor".split()),
    "program": tuple(
        "md tex exe dll sys msi msp mui cat manifest mum inf ocx cpl drv com scr pyd pyc pyi whl so jar class nupkg js mjs ts "
        "map css html htm woff woff2 ttf otf ico cur svg psf lnk url admx adml cmtx pol vdm pdb obj o lib a pak_ deb rpm "
        "gem node asar xap appx msix nib plist tlb ax rll h5 properties wxs resx dotx xltx potx pf spl shd sst etl evtx "
        "hdmp mdmp wer ldb cache tmp_ aria2 crdownload part partial download journal wal shm lock pma ftl cookie vsidx".split()
    ),
}

DATA: Final = frozenset({"document", "mail", "database", "secret", "design", "source", "picture", "archive"})
ARCHIVE: Final = frozenset(CLASSES["archive"])

_BY_EXTENSION: Final = {ext: name for name, exts in CLASSES.items() for ext in exts}

# Split volumes carry their number as extension (.001 of 7-Zip, .r00 of old RAR, .z01 of zip).
_VOLUME: Final = re.compile(r"(?:\d{3}|[rz]\d{2})\Z")

# Names that matter at N = 1; each with what it is. Sources: ATT&CK T1003.002/.003, T1555, T1552, T1114.
SENSITIVE: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (
        re.compile(
            r"(?:\A|[\W_])ntds(?:[\W_]\w*)?\.dit\w*(?:\.(?:bak|old|sav|save|orig|copy|tmp|dat|zip|7z|rar|gz|\d{1,3}))?\Z|\Antds\.jfm\Z"
        ),
        "Active Directory database",
    ),
    (
        re.compile(
            r"\A(?:\w{1,2}|\w*[\W_])?(?:sam|system|security)(?:\.(?:hiv|hive|save|bak|sav|reg|dat|tmp|old|orig|copy|\d))?\Z"
        ),
        "registry hive",
    ),
    (re.compile(r"\.(?:kdbx?|psafe3|1pif|agilekeychain|keychain(?:-db)?)\Z"), "password vault"),
    (re.compile(r"\A(?:id_rsa|id_ed25519|id_ecdsa|id_dsa)(?:\.\w+)?\Z|\.(?:ppk)\Z"), "SSH private key"),
    (re.compile(r"\.(?:pfx|p12|pvk)\Z"), "certificate with private key"),
    (re.compile(r"\.(?:pst|ost)\Z|\A(?:priv\d+|mailbox database.*)\.edb\Z"), "mail store"),
    (re.compile(r"(?:lsass|mimi)\w*\.dmp\Z"), "credential memory dump"),
    (
        re.compile(r"\A(?:login data|logins\.json|key[34]\.db|cookies\.sqlite|web data)\w*\Z"),
        "browser credential store",
    ),
    (re.compile(r"\Awallet\.dat\Z"), "crypto wallet"),
    (re.compile(r"\A(?:shadow|master\.passwd)\Z"), "password hashes"),
)


# NTFS, ext4 and APFS allow no longer names; what claims one was made up.
_LONGEST_NAME: Final = 255


def class_of(extension: str | None) -> str:
    """Give the content class of a folded extension; "volume" numbers are archives, unknown ones "other"."""
    if not extension:
        return "none"
    found = _BY_EXTENSION.get(extension)
    if found:
        return found
    return "archive" if _VOLUME.match(extension) else "other"


def sensitive(name: str) -> str | None:
    """Say what a folded file name is if it is decisive alone, else None."""
    if len(name) > _LONGEST_NAME:
        return None
    return next((meaning for pattern, meaning in SENSITIVE if pattern.search(name)), None)


def archive_family(name: str) -> str:
    """Give the name that all volumes of one archive share: `x.part01.rar` and `x.7z.003` → `x`."""
    stem = re.sub(r"(?:\.(?:part\d+|vol\d+))?\.[a-z0-9]{1,5}(?:\.(?:\d{3}|part\d+))?\Z", "", name)
    return stem or name


def extension_rows() -> list[tuple[str, str]]:
    """Give (extension, class) rows, for joining in SQL."""
    return sorted(_BY_EXTENSION.items())
