r"""
The seed documents' own expressions, word for word, over our columns; for comparison only.

They are DuckDB SQL outside the portable profile, because they reproduce what the documents' engines do:
Sumo Logic's `matches` takes the whole value (Java, `.` stops at a newline), Kusto's `has` looks for a term, that is
with no letter or digit beside a letter or digit at the needle's end. The documents' defects are kept: the UNC
expression takes any two backslashes before a letter, and the regex of the second Defender query wants three.
"""

import re

from stashlight.engines.quoting import quoted

__all__ = ["SENTINEL", "SUMO", "SUMO_SOURCE"]

SUMO_SOURCE = "provider = 'sysmon' AND event_id IN (1, 11)"

_TARGET = "lower(coalesce(file_path, ''))"
_IMAGE = "lower(coalesce(process_path, ''))"
_COMMAND = "coalesce(command_line, '')"


def _whole(value: str, expression: str) -> str:
    return f"regexp_full_match({value}, {quoted(expression)})"


_COPY_TOOL = _whole(_IMAGE, r".*(xcopy\.exe|robocopy\.exe)$")
_SHELL = _whole(_IMAGE, r".*(powershell\.exe|pwsh\.exe|cmd\.exe)$")
_VERB = _whole(f"lower({_COMMAND})", ".*(copy-item|move-item|xcopy|robocopy|copy |move ).*")
_UNC = _whole(_COMMAND, r".*\\\\[a-zA-Z0-9].*")

SUMO: dict[str, str] = {
    "is_staging_path": _whole(
        _TARGET,
        r".*[\\](temp|tmp|public|programdata|appdata[\\]local[\\]temp|users[\\]public|inetpub[\\]wwwroot|wwwroot)[\\].*",
    ),
    "is_archive_file": _whole(_TARGET, r".*\.(zip|rar|7z|tar|gz|bz2|cab|iso|lzh|arj)$"),
    "is_remote_copy_tool": f"({_COPY_TOOL} AND {_UNC})",
    "is_unc_target": _UNC,
    "is_ps_copy": f"({_SHELL} AND {_VERB} AND {_UNC})",
}


def _has(value: str, needle: str) -> str:
    """Give Kusto's `has`: https://learn.microsoft.com/kusto/query/has-operator."""
    before = r"(?:^|[^\pL\pN])" if needle[0].isalnum() else ""
    after = r"(?:$|[^\pL\pN])" if needle[-1].isalnum() else ""
    expression = f"(?i){before}{re.escape(needle)}{after}"
    return f"regexp_matches(coalesce({value}, ''), {quoted(expression)})"


def _has_any(value: str, *needles: str) -> str:
    return "(" + " OR ".join(_has(value, n) for n in needles) + ")"


def _in(value: str, *names: str) -> str:
    return f"lower({value}) IN ({', '.join(map(quoted, names))})"


def _last(path: str) -> str:
    return rf"regexp_extract(coalesce({path}, ''), '[^\\/]*$')"


_STAGING_PATHS = (
    "\\Temp\\", "\\tmp\\", "\\Public\\", "\\ProgramData\\", "\\Windows\\Temp\\", "\\AppData\\Local\\Temp\\",
    "\\inetpub\\wwwroot\\", "\\wwwroot\\", "\\Users\\Public\\", "\\Recycle", "\\$Recycle",
)  # fmt: skip
_EXTENSIONS = (".zip", ".rar", ".7z", ".tar", ".gz", ".bz2", ".cab", ".iso", ".lzh", ".arj")
_FILES = "(provider = 'defender' AND kind = 'file_create' AND action = 'FileCreated')"
_PROCESSES = "(provider = 'defender' AND kind = 'process_start')"

_TWO_BACKSLASHES = _has("command_line", "\\\\")

SENTINEL: dict[str, str] = {
    "ArchiveInStagingDir": (
        f"({_FILES} AND {_has_any('file_path', *_STAGING_PATHS)} AND {_has_any(_last('file_path'), *_EXTENSIONS)})"
    ),
    "RemoteCopyToUNCPath": (
        f"({_PROCESSES} AND ({_in(_last('process_path'), 'xcopy.exe', 'robocopy.exe', 'copy')}"
        f" OR {_has_any('command_line', 'xcopy', 'robocopy')}) AND {_TWO_BACKSLASHES}"
        rf" AND regexp_matches(coalesce(command_line, ''), '\\\\\\.+\\'))"
    ),
    "PSCmdRemoteCopy": (
        f"({_PROCESSES} AND {_in(_last('process_path'), 'powershell.exe', 'pwsh.exe', 'cmd.exe')}"
        f" AND {_has_any('command_line', 'copy', 'xcopy', 'robocopy', 'Move-Item', 'Copy-Item')}"
        f" AND {_TWO_BACKSLASHES})"
    ),
}
