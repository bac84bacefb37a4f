"""
Ways out: programs and calls that send a pile away. A rung of the ladder, never an incident alone.

https://attack.mitre.org/tactics/TA0010/ (T1048, T1567) and the tools that CISA's ransomware advisories name.
"""

import re
from typing import Final

from stashlight.incidents.acts import Act, Image
from stashlight.incidents.arguments import looks_like_path, named, operands
from stashlight.incidents.commands import Statement

__all__ = ["CLIENTS", "NAME", "read"]

NAME: str = "transfers"

# Programs that mostly send files out. Sync clients are not in: they run everywhere.
CLIENTS: Final = frozenset(
    "rclone megasync megacmd megacmdserver mega-put megatools winscp pscp psftp filezilla freefilesync restic azcopy s3browser "
    "s3browser-con gsutil s5cmd s3cmd croc wormhole goodsync syncbackfree dropboxuploader ftp ncftpput lftp sftp scp "
    "storageexplorer cyberduck duck wetransfer anonfiles gofile exbyte exmatter stealbit tftp".split()
)

# Calls that send, wherever they stand in a script.
_UPLOADS: Final = (
    "uploadfile", "uploaddata", "uploadstring", "multipartformdatacontent", "ftpwebrequest", "put-s3object",
    "write-s3object", "set-azstorageblobcontent", "smtpclient",
)  # fmt: skip
_UPLOAD: Final = re.compile("|".join(_UPLOADS), re.IGNORECASE)
_REQUESTS: Final = frozenset({"invoke-webrequest", "iwr", "invoke-restmethod", "irm", "send-mailmessage"})


def _posts(name: str, low: list[str]) -> bool:
    """True if a PowerShell web or mail command carries something out."""
    if name not in _REQUESTS:
        return False
    return any(w in ("-infile", "-body", "-attachments", "-form") for w in low) or any(
        w in ("post", "put") for w in low
    )


def _uploads(text: str) -> bool:
    if not text.isascii():  # letters such as the Kelvin sign are one in any case, too
        return _UPLOAD.search(text) is not None
    low = text.lower()
    return any(word in low for word in _UPLOADS)


def read(statement: Statement, image: Image) -> Act | None:
    """Give the sending act, None if nothing is sent."""
    words, name = statement.words[1:], statement.program
    original = image.built
    low = [w.lower() for w in words]
    sends = frozenset({"upload"})
    if name == "curl" or original == "curl":
        pairs = [
            w
            for i, w in enumerate(words)
            if w.startswith("@") or "=@" in w or (i and words[i - 1] in ("-T", "--upload-file"))
        ]
        if not pairs:
            return None
        sources = tuple(re.sub(r"\A(?:[^=@]*=)?@", "", p).split(";")[0] for p in pairs)
        target = next(
            (w for w in reversed(words) if re.match(r"\w+://|[\w.-]+\.\w+", w) and not w.startswith("-")), None
        )
        return Act("exfiltrate", "curl", sources, target, False, sends)
    if name == "wget" and any("post-file" in w or "body-file" in w for w in low):
        source = named(words, "post-file", "body-file")
        return Act("exfiltrate", "wget", (source,) if source else (), None, False, sends)
    if (
        name == "rclone"
        or original == "rclone"
        or (
            words[:1]
            and low[0] in ("copy", "sync", "move", "copyto")
            and any(re.match(r"\w[\w-]+:(?!\\)", w) for w in words[1:])
        )
    ):
        rest = operands(
            words[1:],
            "-",
            ("--config", "--transfers", "--max-age", "--include", "--exclude", "--bwlimit", "--checkers"),
        )
        return Act("exfiltrate", "rclone", tuple(rest[:1]), rest[1] if len(rest) > 1 else None, False, sends)
    if name in ("aws", "gsutil", "azcopy", "az", "gcloud"):
        rest = operands(words, "-")
        target = next((w for w in rest if re.match(r"s3://|gs://|https://", w)), None)
        # What stands after the remote is where a download goes.
        before = rest[: rest.index(target)] if target else []
        source = next((w for w in before if looks_like_path(w)), None)
        return Act("exfiltrate", name, (source,) if source else (), target, False, sends) if target and source else None
    if name == "bitsadmin" and "/upload" in low:
        return Act(
            "exfiltrate",
            "bitsadmin",
            tuple(w for w in operands(words, "/") if looks_like_path(w) and "://" not in w),
            next((w for w in words if "://" in w), None),
            False,
            sends,
        )
    if name in ("scp", "pscp", "sftp", "psftp", "nc", "ncat", "netcat"):
        rest = operands(words, "-", ("-i", "-p", "-P", "-pw", "-l", "-w", "-o", "-F"))
        remote = next((w for w in rest if re.match(r"(?:[\w.-]+@)?[\w.-]{2,}:", w)), None)
        if name.endswith("scp") and (remote is None or (rest and rest[-1] != remote)):
            return None
        return Act(
            "exfiltrate", name, tuple(w for w in rest if w != remote and looks_like_path(w)), remote, False, sends
        )
    if name in CLIENTS or original in CLIENTS:
        paths = tuple(w for w in words if looks_like_path(w) and "://" not in w and not re.match(r"[/-]\w+[=:]?\Z", w))
        return Act("exfiltrate", name if name in CLIENTS else original, paths, None, False, sends)
    if _posts(name, low) or _uploads(statement.text):
        sources = tuple(w.rstrip("\"');,") for w in words if re.match(r"[a-zA-Z]:\\", w))
        return Act("exfiltrate", "script upload", sources, None, False, sends)
    return None
