"""Words of a command sorted into switches and operands, in the conventions of each shell family."""

import re
from collections.abc import Collection, Sequence
from typing import Final

__all__ = ["looks_like_path", "named", "operands", "upstream_roots"]

_PATH: Final = re.compile(r"[\\/]|\A[a-zA-Z]:|\A%\w+%|\A\$env:", re.IGNORECASE)


def looks_like_path(word: str) -> bool:
    """True if the word has a separator, a drive or an environment root."""
    return bool(_PATH.search(word))


def operands(words: Sequence[str], marks: str = "-/", valued: Collection[str] = ()) -> list[str]:
    """
    Give the words that are no switches.

    `marks` are the switch characters; a switch in `valued` (folded) takes the
    next word with it. In POSIX style (`marks="-"`) a leading `/` is a path.
    """
    found: list[str] = []
    skip = False
    literal = False
    for word in words:
        if skip:
            skip = False
        elif literal or not word or word[0] not in marks or word == "-":
            found.append(word)
        elif word == "--":
            literal = True
        elif word.lower() in valued:
            skip = True
    return found


_OPTION: Final = re.compile(r"(?:--?|/)([A-Za-z][\w-]*)(?:[=:](.*))?\Z|([A-Za-z][\w-]+)=(.*)\Z", re.DOTALL)


def named(words: Sequence[str], *names: str) -> str | None:
    """Give the value of the first option of these names (folded, without mark): `-Path x`, `--out=x`, `/o:x`, `file=x`."""
    for index, word in enumerate(words):
        # Without a mark only `name=value` counts: `D:\\x` is a path, not the option "D".
        match = _OPTION.match(word)
        if match is None or (match.group(1) or match.group(3)).lower() not in names:
            continue
        if match.group(2) or match.group(4):
            return match.group(2) or match.group(4)
        if word[0] in "-/" and index + 1 < len(words):
            return words[index + 1]
    return None


_LISTERS: Final = ("get-childitem", "gci", "ls", "dir", "childitem", "get-item", "gi", "get-content", "gc", "find")
_VALUED: Final = (
    "-include",
    "-filter",
    "-exclude",
    "-depth",
    "-erroraction",
    "-ea",
    "-name",
    "-type",
    "-iname",
    "-newer",
    "-mtime",
    "-size",
)


def upstream_roots(upstream: Sequence[Sequence[str]]) -> list[str]:
    """Give the directories that the commands feeding this one walk (`Get-ChildItem ROOT -Recurse | …`)."""
    found: list[str] = []
    for words in upstream:
        if words and words[0].lower().strip("()@") in _LISTERS:
            path = named(words[1:], "path", "literalpath")
            rest = [path] if path else operands(words[1:], "-", _VALUED)
            found += [w for w in rest if w and not w.startswith("*")]
    return found
