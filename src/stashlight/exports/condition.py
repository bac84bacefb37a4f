r"""
A rule's condition as a tree that every target language can be written from.

Comparisons ignore case unless `cased`; a field that is missing matches nothing, and `Not` of nothing is true: what
Sigma means, and what each language must be made to do in its own way.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Literal

__all__ = [
    "All",
    "Any",
    "Condition",
    "Exists",
    "Like",
    "Network",
    "Not",
    "Number",
    "Pattern",
    "Shape",
    "Text",
    "Wild",
    "escaped",
    "fields_of",
    "pattern_of",
    "python_pattern",
    "seen",
]

Shape = Literal["is", "contains", "begins", "ends"]


class Wild(Enum):
    """A wildcard of Sigma: any text, or any one character."""

    ANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; true if there is none."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class Text:
    """The field is, contains, begins or ends with one of the values."""

    field: str
    shape: Shape
    values: tuple[str, ...]
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Like:
    """The whole field is one of the values, in which wildcards stand between texts."""

    field: str
    values: tuple[tuple[str | Wild, ...], ...]
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """The regular expression is found anywhere in the field; it uses only what RE2, PCRE, Java and Python share."""

    field: str
    text: str
    cased: bool = True
    multiline: bool = False
    dotall: bool = False

    @property
    def flagged(self) -> str:
        """The expression with its flags in front."""
        flags = ("" if self.cased else "i") + ("m" if self.multiline else "") + ("s" if self.dotall else "")
        return f"(?{flags}){self.text}" if flags else self.text


@dataclass(frozen=True, slots=True)
class Exists:
    """The field is there and not empty."""

    field: str


@dataclass(frozen=True, slots=True)
class Number:
    """The field, a number, compares so."""

    field: str
    operator: Literal["=", "<", "<=", ">", ">="]
    value: float


@dataclass(frozen=True, slots=True)
class Network:
    """The field is an address in the network."""

    field: str
    cidr: str


Condition = All | Any | Not | Text | Like | Pattern | Exists | Number | Network


def fields_of(condition: Condition) -> Iterator[str]:
    """Give every field that is compared, as often as it is."""
    match condition:
        case All(parts) | Any(parts):
            for part in parts:
                yield from fields_of(part)
        case Not(part):
            yield from fields_of(part)
        case _:
            yield condition.field


def pattern_of(leaf: Text | Like) -> Pattern:
    """Give the regular expression that says the same, for languages that have nothing better."""
    if isinstance(leaf, Like):
        inner = "|".join(_wildcards(value) for value in leaf.values)
        return Pattern(leaf.field, f"^(?:{inner})$" if len(leaf.values) > 1 else f"^{inner}$", leaf.cased, dotall=True)
    inner = "|".join(escaped(value) for value in leaf.values)
    grouped = f"(?:{inner})" if len(leaf.values) > 1 else inner
    before = "^" if leaf.shape in ("is", "begins") else ""
    after = "$" if leaf.shape in ("is", "ends") else ""
    # Alternatives need no bracket where nothing stands beside them.
    return Pattern(leaf.field, f"{before}{grouped}{after}" if before or after else inner, leaf.cased)


def escaped(text: str) -> str:
    r"""Give an expression that matches exactly `text`; what cannot be seen is written as `\x..`."""
    return "".join(_letter(letter) for letter in text)


def seen(pattern: str) -> str:
    r"""Give the same expression with what cannot be seen written as `\x..`: a file that is reviewed must show all."""
    return "".join(_code(letter) if unicodedata.category(letter) in _UNSEEN else letter for letter in pattern)


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _letter(letter: str) -> str:
    if letter in r"\.^$|?*+()[]{}":
        return "\\" + letter
    return _code(letter) if unicodedata.category(letter) in _UNSEEN else letter


def _code(letter: str) -> str:
    return f"\\x{ord(letter):02x}" if ord(letter) < 0x100 else f"\\x{{{ord(letter):x}}}"


def _wildcards(value: tuple[str | Wild, ...]) -> str:
    return "".join(".*" if p is Wild.ANY else "." if p is Wild.ONE else escaped(str(p)) for p in value)


_EXTENDED = re.compile(r"\\x\{([0-9a-fA-F]+)\}")


def python_pattern(pattern: Pattern) -> str:
    """Give the expression as Python's `re` takes it, which writes far characters otherwise."""
    return _EXTENDED.sub(lambda code: f"\\U{int(code[1], 16):08x}", pattern.flagged)
