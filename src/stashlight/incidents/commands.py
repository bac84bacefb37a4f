"""
A command line or script block taken apart into statements, without running or expanding anything.

`cmd`, PowerShell and POSIX shells are close enough for one reader: quotes, `& && | ; newline`, redirections,
`cmd /c`, `powershell -Command|-EncodedCommand`, `sh -c`, `for … do`, `cd`, `net use`, and string variables
(`set x=`, `$x = "…"`). Everything is bounded: command lines are hostile input.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import field, replace
from functools import lru_cache
from typing import Final

from stashlight.frozen import frozen

__all__ = ["Statement", "program", "resolve", "statements"]

_MAX_TEXT: Final = 65_536
_MAX_STATEMENTS: Final = 400
_MAX_DEPTH: Final = 4
# PATH_MAX of Linux; nobody changes into a longer directory, and every relative path would be joined to it.
_MAX_PATH: Final = 4_096

_SHELLS: Final = {"cmd": "cmd", "powershell": "ps", "pwsh": "ps", "powershell_ise": "ps"} | dict.fromkeys(
    ("sh", "bash", "dash", "zsh", "ksh", "ash", "busybox"), "sh"
)


@frozen
class Statement:
    """
    One simple command: its words without quotes, its shell, and what the statements before it set.

    `redirect` is the file of `>` or `>>`; `upstream` the commands whose output flows in, first one first.
    `program` is the folded file name of the first word, without `.exe`.
    `directory` is the working directory if known; `roots` and `patterns` are what a `for` loop walks; `drives` are the
    letters mapped so far, folded, with what they stand for.
    """

    words: tuple[str, ...]
    shell: str
    text: str
    redirect: str | None = None
    appends: bool = False
    upstream: tuple[tuple[str, ...], ...] = ()
    directory: str | None = None
    roots: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    drives: tuple[tuple[str, str], ...] = ()
    program: str = field(init=False)

    def __post_init__(self) -> None:
        # Worked out once: every tool asks for it.
        object.__setattr__(self, "program", program(self.words[0]) if self.words else "")


@lru_cache(maxsize=4096)
def program(word: str) -> str:
    r"""Give the folded program name of a word: `"C:\\x\\Rar.EXE"` → `rar`."""
    name = word.strip("\"' &(").rpartition("\\")[2].rpartition("/")[2].lower()
    return name[:-4] if name.endswith((".exe", ".com", ".bat", ".cmd")) else name


_PARTS: Final = (
    r"""(?P<space>\s+)|(?P<op>\d?>>?&?\d?|&&|\|\||[&|;]|\{(?!\})|(?<!\{)\})|"""
    r"""(?P<word>(?:%s|'[^'\n]*'?|`.|\{\}|[^\s"'&|;{}>`]|\d(?!>))+)|(?P<other>.)"""
)
# A backslash escapes a quote in POSIX shells only: in Windows paths, `"C:\dir\"` ends at the quote.
_WINDOWS: Final = re.compile(_PARTS % r'"[^"]*"?', re.DOTALL)
_POSIX: Final = re.compile(_PARTS % r'"(?:\\.|[^"\\])*"?|\\.', re.DOTALL)


def _tokens(text: str, shell: str) -> Iterator[tuple[str, str]]:
    """Give ("op"|"word", text) tokens; a line break separates commands."""
    for match in (_POSIX if shell == "sh" else _WINDOWS).finditer(text):
        kind = match.lastgroup or "other"
        if kind == "space":
            if "\n" in match.group():
                yield "op", "\n"
        elif kind != "other":
            yield kind, match.group()


def _unquote(word: str, shell: str = "") -> str:
    if shell == "sh" and "\\" in word:
        word = re.sub(r"\\(.)", r"\1", word)
    return word.replace('"', "").replace("'", "")


def statements(
    text: str | None,
    shell: str = "",
    directory: str | None = None,
    variables: "_Variables | None" = None,
    depth: int = 0,
) -> list[Statement]:
    """Give the simple commands of `text`, nested shells opened, in order."""
    if not text or depth > _MAX_DEPTH:
        return []
    opened = None if shell else _opened(text[:_MAX_TEXT])
    if opened is not None:
        return statements(opened[1], opened[0], directory, variables, depth + 1)
    found: list[Statement] = []
    known = variables.copy() if variables else _Variables({}, [_MAX_TEXT])
    drives: dict[str, str] = {}
    flow: list[tuple[str, ...]] = []
    outer: list[list[tuple[str, ...]]] = []
    walked: tuple[str, ...] = ()
    kept: dict[str, tuple[str, ...]] = {}
    for written, redirect, appends, ended, raw in _split(text[:_MAX_TEXT], shell):
        if len(found) >= _MAX_STATEMENTS:
            break
        if shell != "cmd" and (assigned := _assignment(written, known)):
            known.values.update(assigned)
            if len(written) <= 3:
                continue
        given = [known.into(w) for w in written] if known.values else written
        if shell != "cmd" and (output := _kept_output(given)):
            variable, given = output
            kept[variable] = tuple(given)
        words, roots, patterns = _strip_loop(given, shell)
        if shell != "cmd" and words and words[0] in ("for", "done"):
            walked = tuple(words[3:]) if words[0] == "for" and words[2:3] == ["in"] else ()
            continue
        roots = roots or walked
        inner = _inner(words, raw) if words else None
        if inner is not None:
            nested = statements(inner[1], inner[0], directory, known, depth + 1)
            if redirect and nested and not nested[-1].redirect:
                nested[-1] = replace(nested[-1], redirect=redirect, appends=appends)
            found.extend(nested)
        elif words:
            directory = _moved(words, directory)
            drives |= _mapped(words)
            found.append(
                Statement(
                    tuple(words),
                    shell,
                    raw,
                    redirect and known.into(redirect),
                    appends,
                    (*dict.fromkeys(kept[w.lower()] for w in words if w.lower() in kept), *flow),
                    directory,
                    roots,
                    patterns,
                    tuple(drives.items()),
                )
            )
        flow = _flow(flow, outer, words, ended)
    return found


_SET: Final = re.compile(r"(\$\w+)(?:=(.*))?\Z", re.DOTALL)


def _kept_output(words: list[str]) -> tuple[str, list[str]] | None:
    """Give (variable, command) of `$files = Get-ChildItem …`: what uses the variable later gets that command's output."""
    match = _SET.match(words[0]) if words and words[0][:1] == "$" else None
    if match is None:
        return None
    if match.group(2) and len(words) > 1:
        return match.group(1).lower(), [match.group(2), *words[1:]]
    if len(words) > 3 and words[1] == "=":
        return match.group(1).lower(), words[2:]
    return None


def _flow(
    flow: list[tuple[str, ...]], outer: list[list[tuple[str, ...]]], words: list[str], ended: str
) -> list[tuple[str, ...]]:
    """Give the commands that feed the next one; `{` opens a block that its feeders reach as a whole."""
    if ended in ("|", "{"):
        after = [*flow, tuple(words)] if words else flow
        if ended == "{":
            outer.append(after)
        return after
    if ended == "}":
        return outer.pop() if outer else []
    return outer[-1] if outer else []


def _moved(words: list[str], directory: str | None) -> str | None:
    """Give the working directory after this command."""
    if program(words[0]) in ("cd", "chdir", "pushd", "set-location", "sl") and len(words) > 1:
        target = next((w for w in words[1:] if w.lower() not in ("/d", "-path", "-literalpath")), None)
        return resolve(target, directory) if target else directory
    return directory


def _mapped(words: list[str]) -> dict[str, str]:
    """Give the drive letters that `net use`, `subst` or `New-PSDrive` map, folded, with colon."""
    name = program(words[0])
    if name == "subst" and len(words) > 2 and not words[2].startswith("/"):
        return {words[1].lower()[:2]: words[2]}
    if (name in ("net", "net1") and len(words) > 3 and words[1].lower() == "use") or name == "new-psdrive":
        share = next((w for w in words[1:] if w.startswith("\\\\")), None)
        # Only PowerShell names a drive without its colon; after `net use` a lone letter may be a password.
        letter = r"[a-zA-Z]:?" if name == "new-psdrive" else r"[a-zA-Z]:"
        drive = next((w for w in words[1:] if re.fullmatch(letter, w)), None)
        if share and drive:
            return {drive.lower()[0] + ":": share}
    return {}


def _split(text: str, shell: str) -> Iterator[tuple[list[str], str | None, bool, str, str]]:
    """Give (words, redirect, appends, operator that ended it, raw text) of each simple command."""
    words: list[str] = []
    raw: list[str] = []
    redirect: str | None = None
    appends = False
    awaits = ""
    for kind, token in _tokens(text, shell):
        if kind == "op":
            if ">" in token:
                raw.append(token)
                # A file follows, unless streams are merged (`2>&1`); only that of standard output tells something.
                awaits = "" if token[-1].isdigit() else "errors" if token[0] in "23456789" else "output"
                appends = ">>" in token if awaits == "output" else appends
                continue
            if token == "&" and not words:  # noqa: S105 - a token of a shell
                continue
            if token in ("{", "}") and shell not in ("ps", "sh", ""):
                continue
            if token == ";" and shell == "cmd":  # noqa: S105
                continue
            if words:
                yield words, redirect, appends, token, " ".join(raw)
            words, raw, redirect, appends, awaits = [], [], None, False, ""
            continue
        raw.append(token)
        if awaits:
            redirect = _unquote(token, shell).rstrip(")") if awaits == "output" else redirect
            awaits = ""
            continue
        words.append(_unquote(token, shell) if not _is_code(words) else token)
    if words:
        yield words, redirect, appends, "", " ".join(raw)


def _is_code(before: list[str]) -> bool:
    """True for a quoted word that is itself a command line (`cmd /c "…"`): its inner quotes must survive."""
    return bool(before) and before[-1].lower() in ("/c", "/k", "/r", "-c", "-command", "-lc", "-ic")


_OPENED: Final = {
    "cmd": re.compile(r"\s/[ckr](?=[\s\"(]|[a-z])\s*(?P<rest>.*)", re.IGNORECASE | re.DOTALL),
    "ps": re.compile(r"\s(?:[-/]c(?:o[a-z]*)?\s+|(?=&\s*\{))(?P<rest>.*)", re.IGNORECASE | re.DOTALL),
    "sh": re.compile(r"\s-[a-z]*c\s+(?P<rest>.*)", re.DOTALL),
}


def _opened(text: str) -> tuple[str, str] | None:
    """Give (shell, text) if the whole command line is a shell and what it was told to run."""
    first = re.match(r"""\s*(?:"([^"]*)"|(\S+))""", text)
    kind = _SHELLS.get(program(first.group(1) or first.group(2) or "")) if first else None
    if first is None or kind is None:
        return None
    tail = text[first.end() :]
    if kind == "ps" and (
        encoded := re.search(r"\s[-/]e(?:c|nc[a-z]*)?\s+[\"']?([A-Za-z0-9+/=]+)", tail, re.IGNORECASE)
    ):
        decoded = _decode(encoded.group(1))
        return ("ps", decoded) if decoded else None
    found = _OPENED[kind].search(tail)
    if found is None:
        return None
    rest = found.group("rest").strip()
    if len(rest) > 1 and rest[0] == rest[-1] and rest[0] in "\"'":
        rest = rest[1:-1]
    elif rest[:1] == '"' and rest.count('"') % 2:
        rest = rest[1:]
    return (kind, rest) if rest else None


def _inner(words: list[str], raw: str) -> tuple[str, str] | None:
    """Give (shell, text) if the command starts a shell with a command of its own."""
    kind = _SHELLS.get(program(words[0]))
    if kind is None:
        return None
    for index, word in enumerate(words[1:], 1):
        low = word.lower()
        if kind == "cmd" and re.match(r"/[ckr]", low):
            rest = ([word[2:]] if len(word) > 2 else []) + words[index + 1 :]
            return "cmd", _peel(" ".join(rest), raw, word)
        if kind == "ps":
            if re.fullmatch(r"[-/]e(?:c|nc\w*)?", low) and index + 1 < len(words):
                decoded = _decode(words[index + 1])
                return ("ps", decoded) if decoded else None
            if re.fullmatch(r"[-/]c(?:o\w*)?", low):
                return "ps", _peel(" ".join(words[index + 1 :]), raw, word)
        if kind == "sh" and re.fullmatch(r"-[a-z]*c", low) and index + 1 < len(words):
            return "sh", _peel(" ".join(words[index + 1 :]), raw, word)
    return None


def _peel(joined: str, raw: str, switch: str) -> str:
    """Give what follows the switch in the raw text, outer quotes off, so that inner quotes survive."""
    _, found, rest = raw.partition(switch)
    rest = rest.strip() if found else joined
    if len(rest) > 1 and rest[0] == rest[-1] and rest[0] in "\"'" and not (rest.count('"') > 2 and rest[1] == '"'):
        rest = rest[1:-1]
    elif rest.startswith('"') and rest.count('"') == 1:
        rest = rest[1:]
    return rest or joined


def _decode(word: str) -> str | None:
    """Give the text of `-EncodedCommand`, None if it is cut or not text."""
    try:
        data = base64.b64decode(word + "=" * (-len(word) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    text = data[: len(data) // 2 * 2].decode("utf-16-le", "replace")
    return text if text.isprintable() or "\n" in text or "\t" in text else None


_PREFIXES: Final = frozenset(
    {
        "@",
        "call",
        "start",
        "sudo",
        "nohup",
        "exec",
        "time",
        "do",
        "then",
        "else",
        "%",
        "foreach-object",
        "foreach",
        "(",
        "try",
        "if",
    }
)


def _strip_loop(words: list[str], shell: str) -> tuple[list[str], tuple[str, ...], tuple[str, ...]]:
    """Take `for … do` and prefixes such as `start` off; give (words, roots walked, patterns of the loop)."""
    roots: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    if words and words[0].lstrip("(@").lower() == "for" and "do" in (low := [w.lower() for w in words]):
        head, words = words[1 : low.index("do")], words[low.index("do") + 1 :]
        names = [w.lower() for w in head]
        variable = next((i for i, w in enumerate(head) if re.fullmatch(r"%{1,2}[a-zA-Z]", w)), len(head))
        roots = tuple(w for w in head[:variable] if not w.startswith("/"))
        inside = head[names.index("in") + 1 :] if "in" in names else []
        patterns = tuple(p for w in inside for p in re.split(r"[(),]", w) if p)
    start = 0
    while start < len(words) and words[start].lower() in _PREFIXES:
        start += 1
        while shell == "cmd" and start < len(words) and re.fullmatch(r"/[a-zA-Z]{1,4}", words[start]):
            start += 1
    words = words[start:] if start else words
    if words and len(words[0]) > 1 and words[0][0] in "(@":
        words = [words[0].lstrip("(@"), *words[1:]]
    return (words if all(words) else [w for w in words if w]), roots, patterns


_NAME: Final = re.compile(r"\A\$(?:script:|global:|local:|env:)?([A-Za-z_]\w*)\Z")
_VARIABLE: Final = re.compile(r"\$\{?(\w+)\}?")
_INLINE: Final = re.compile(r"\A\$?([A-Za-z_]\w*)=(.*)\Z", re.DOTALL)


def _assignment(words: list[str], known: "_Variables") -> dict[str, str]:
    """Give the variable that this statement sets to a plain string."""
    if len(words) == 3 and words[1] == "=" and (match := _NAME.match(words[0])):
        value = words[2]
        return {match.group(1).lower(): known.into(value)} if value else {}
    if len(words) == 1 and "=" in words[0] and (match := _INLINE.match(words[0])) and match.group(2):
        return {match.group(1).lower(): known.into(match.group(2).strip("\"'"))}
    return {}


@frozen
class _Variables:
    """
    String variables that a text has set, folded names.

    `left` holds how many characters they may still add, one number for the whole text: `$a=$a$a` doubles every time.
    """

    values: dict[str, str]
    left: list[int]

    def copy(self) -> "_Variables":
        """Give variables for a nested shell: what it sets stays inside, what it may add is shared."""
        return _Variables(dict(self.values), self.left)

    def into(self, word: str) -> str:
        """Put known variables in; unknown ones stay as written, and so do all once nothing more may be added."""
        return _VARIABLE.sub(self._value, word) if self.values and "$" in word else word

    def _value(self, match: re.Match[str]) -> str:
        value = self.values.get(match.group(1).lower())
        if value is None or len(value) > self.left[0]:
            return match.group()
        self.left[0] -= len(value)
        return value


def resolve(path: str, directory: str | None) -> str:
    """Give `path` seen from `directory` if it is relative and the directory is known; never the real file system."""
    if (
        not path
        or not directory
        or len(directory) + len(path) > _MAX_PATH
        or re.match(r"[a-zA-Z]:|[\\/%~]|\$env:|\$\{?env", path)
    ):
        return path
    unix = directory.startswith("/")
    separator = "/" if unix else "\\"
    parts = [p for p in re.split(r"[\\/]", directory) if p]
    for part in re.split(r"[\\/]", path):
        if part in (".", ""):
            continue
        if part == "..":
            parts = parts[:-1] or parts
        else:
            parts.append(part)
    prefix = "/" if unix else "\\\\" if directory.startswith("\\\\") else ""
    return prefix + separator.join(parts)
