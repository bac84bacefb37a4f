r"""
Values of logs as literals of the languages that a report gives for pasting.

Whoever pastes runs it with their rights, so a value must stay a value. Letters, digits and plain punctuation stand as
they are; what ends a string is escaped as the language says; what cannot be seen (controls, bidi marks) or starts
something inside strings (Splunk's backtick macros) is written as a code.
"""

import json
import re
import unicodedata
from collections.abc import Callable
from urllib.parse import quote

__all__ = ["json_text", "kql", "odata", "posix", "powershell", "regex", "spl", "sql"]

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_POWERSHELL_QUOTES = "'\u2018\u2019\u201a\u201b"  # all of them end a single-quoted string: about_Quoting_Rules


def sql(value: str) -> str:
    """Give a string of standard SQL: `'O''Brien'`."""
    return _pieces(value, lambda text: "'" + text.replace("'", "''") + "'", lambda code: f"chr({code})", " || ")


def kql(value: str) -> str:
    """Give a Kusto string: https://learn.microsoft.com/kusto/query/scalar-data-types/string."""
    found = _pieces(
        value,
        lambda text: json.dumps(text, ensure_ascii=False),
        lambda code: f"unicode_codepoints_to_string({code})",
        ", ",
    )
    return f"strcat({found})" if _is_odd(value) else found


def spl(value: str) -> str:
    """Give a string of Splunk's eval language; `*` is no wildcard there, and a backtick would start a macro."""
    return _pieces(
        value,
        lambda text: json.dumps(text, ensure_ascii=False),
        lambda code: f'urldecode("{quote(chr(code).encode("utf-8", "surrogatepass"))}")',
        ".",
        odd="`",
    )


def regex(value: str) -> str:
    r"""Give a regular expression that matches `value` alone, for between slashes; Java's and PCRE's `\x{…}` for what is odd."""
    return "".join(
        letter if (letter.isascii() and letter.isalnum()) or letter in " _-" else _escaped(letter) for letter in value
    )


def _escaped(letter: str) -> str:
    seen = letter.isascii() and letter.isprintable() and letter not in "/\"'`"
    return f"\\{letter}" if seen else letter if letter.isalpha() else f"\\x{{{ord(letter):X}}}"


def powershell(value: str) -> str:
    """Give a PowerShell expression: single quotes expand nothing."""

    def quoted(text: str) -> str:
        return "'" + "".join(letter * 2 if letter in _POWERSHELL_QUOTES else letter for letter in text) + "'"

    found = _pieces(
        value,
        quoted,
        lambda code: f"[char]0x{code:04X}" if code < 0x10000 else f"[char]::ConvertFromUtf32({code})",
        " + ",
    )
    return f"({found})" if _is_odd(value) else found


def posix(value: str) -> str:
    """Give one word of a POSIX shell (`$'…'` where characters cannot be seen: POSIX 2024, bash, zsh, ksh)."""
    if not _is_odd(value):
        return "'" + value.replace("'", "'\\''") + "'"
    octets = value.encode("utf-8", "surrogateescape") if _is_bytes(value) else value.encode("utf-8", "replace")
    return "$'" + "".join(chr(o) if 32 <= o < 127 and chr(o) not in "'\\" else f"\\x{o:02x}" for o in octets) + "'"


def odata(value: str) -> str:
    """Give a string of an OData filter, percent-encoded for a URL."""
    return quote("'" + value.encode("utf-8", "replace").decode().replace("'", "''") + "'", safe="")


def json_text(value: str) -> str:
    """Give a JSON string in ASCII; Python reads it as well."""
    return json.dumps(value)


def _is_odd(value: str, odd: str = "") -> bool:
    return any(_odd(letter, odd) for letter in value)


def _odd(letter: str, odd: str = "") -> bool:
    return letter in odd or (letter != " " and unicodedata.category(letter) in _UNSEEN)


def _is_bytes(value: str) -> bool:
    return all(not 0xD800 <= ord(letter) < 0xDC80 and not 0xDCFF < ord(letter) <= 0xDFFF for letter in value)


def _pieces(value: str, seen: Callable[[str], str], unseen: Callable[[int], str], between: str, odd: str = "") -> str:
    """Cut `value` into runs of what can be seen, quoted by `seen`, and single odd letters as codes."""
    runs: list[str] = []
    for run in re.split(f"([{''.join(re.escape(each) for each in odd)}])" if odd else "(?!)", value):
        start = 0
        for at, letter in enumerate(run):
            if _odd(letter, odd):
                if at > start:
                    runs.append(seen(run[start:at]))
                # A lone surrogate stands for a byte that was no UTF-8; no query language can hold it.
                runs.append(unseen(ord(letter) if not 0xD800 <= ord(letter) <= 0xDFFF else 0xFFFD))
                start = at + 1
        if start < len(run):
            runs.append(seen(run[start:]))
    return between.join(runs) or seen("")
