r"""
Regular expressions for Lucene, which Elasticsearch and OpenSearch ask: no anchors, no `(?:`, no flags, whole values only.

A pattern is first written portably (`engines/pattern.py`: explicit classes, case folded in), then its anchors are
turned into the absence of `.*` on that side. https://lucene.apache.org/core/9_12_0/core/org/apache/lucene/util/automaton/RegExp.html
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from stashlight.engines import pattern as portable
from stashlight.exports.condition import Pattern
from stashlight.exports.reading import CannotError

__all__ = ["LONGEST", "whole"]

LONGEST = 1000  # characters: `index.regex_max_length` unless set otherwise
_LAST = 0x10FFFF
_TOKEN = re.compile(
    r"(?P<open>\(\?:)|(?P<close>\))|(?P<or>\|)|(?P<start>\\A)|(?P<end>\\z)|(?P<repeat>\{\d+(?:,\d*)?\})|(?P<class>\[[^\]]+\])|(?P<char>\\x\{[0-9A-F]+\}|.)",
    re.DOTALL,
)
_CHARACTER = re.compile(r"\\x\{([0-9A-F]+)\}|(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Class:
    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Anchor:
    start: bool


@dataclass(frozen=True, slots=True)
class _Repeat:
    item: "_Node"
    times: str


@dataclass(frozen=True, slots=True)
class _Either:
    branches: tuple[tuple["_Node", ...], ...]


_Node = _Class | _Anchor | _Repeat | _Either


def whole(pattern: Pattern) -> str:
    """
    Give the expression that a whole value matches where `pattern` is found in it.

    One that ignores case is written for lower case alone: compare it without regard to case, or with folded text.

    Raises:
        CannotError: an anchor stands in the middle.
    """
    flags = (0 if pattern.cased else re.IGNORECASE) | (re.MULTILINE if pattern.multiline else 0)
    flags |= re.DOTALL if pattern.dotall else 0
    text = portable.portable(pattern.text, flags)
    tokens = [(str(m.lastgroup), m.group()) for m in _TOKEN.finditer(text)]
    tree, rest = _alternatives(tokens, 0, not pattern.cased)
    assert rest == len(tokens), "the portable form is well-formed"
    return _alternation(tree, left=True, right=True)


def _alternatives(tokens: list[tuple[str, str]], at: int, folded: bool) -> tuple[_Either, int]:
    branches: list[tuple[_Node, ...]] = []
    items: list[_Node] = []
    while at < len(tokens) and tokens[at][0] != "close":
        kind, text = tokens[at]
        at += 1
        match kind:
            case "or":
                branches.append(tuple(items))
                items = []
            case "open":
                inner, at = _alternatives(tokens, at, folded)
                items.append(inner)
                at += 1
            case "start" | "end":
                items.append(_Anchor(kind == "start"))
            case "repeat":
                items[-1] = _Repeat(items[-1], text)
            case "class":
                items.append(_Class(_folded(_ranges(text[1:-1]), folded)))
            case _:
                items.append(_Class(_folded(_ranges(text), folded)))
    return _Either((*branches, tuple(items))), at


def _ranges(text: str) -> tuple[tuple[int, int], ...]:
    points: list[tuple[int, int]] = []
    found = [(int(m[1], 16) if m[1] else ord(m[2]), m[2] == "-") for m in _CHARACTER.finditer(text)]
    at = 0
    while at < len(found):
        if at + 2 < len(found) and found[at + 1][1]:
            points.append((found[at][0], found[at + 2][0]))
            at += 3
        else:
            points.append((found[at][0], found[at][0]))
            at += 1
    return tuple(points)


def _folded(ranges: tuple[tuple[int, int], ...], folded: bool) -> tuple[tuple[int, int], ...]:
    """
    Give a letter in both cases as the small one; classes keep both.

    Lucene folds single characters where it is asked to ignore case, but not classes.
    """
    points = {point for low, high in ranges for point in range(low, min(high, low + 4) + 1)}
    small = {chr(point).lower() for point in points - {0x212A, 0x130}}
    if folded and len(small) == 1 and len(points) > 1 and all(high - low < 4 for low, high in ranges):
        point = ord(small.pop())
        return ((point, point),)
    return ranges


def _alternation(node: _Either, *, left: bool, right: bool) -> str:
    """Write alternatives; `left` and `right` say that text may stand before and after what was found."""
    written = list(dict.fromkeys(_sequence(branch, left=left, right=right) for branch in node.branches))
    if len(written) == 1:
        return written[0]
    some = [each for each in written if each]
    group = some[0] if len(some) == 1 and _is_single(some[0]) else f"({'|'.join(some)})"
    return group + "?" if "" in written else group


def _is_single(text: str) -> bool:
    return len(text) == 1 or (text[0] == "[" and text.index("]") == len(text) - 1)


def _sequence(items: tuple[_Node, ...], *, left: bool, right: bool) -> str:
    before = after = ""
    nodes = list(items)
    if left and nodes and isinstance(nodes[0], _Anchor) and nodes[0].start:
        nodes, left = nodes[1:], False
    if right and nodes and isinstance(nodes[-1], _Anchor) and not nodes[-1].start:
        nodes, right = nodes[:-1], False
        # `$` also stands before a last newline; no log's value ends so on purpose.
        if nodes and nodes[-1] == _Repeat(_Either(((_Class(((10, 10),)),),)), "{0,1}"):
            nodes = nodes[:-1]
    inward_left = left and bool(nodes) and _anchored(nodes[0], start=True)
    inward_right = right and bool(nodes) and _anchored(nodes[-1], start=False)
    if left and not inward_left:
        before = ".*"
    if right and not inward_right:
        after = ".*"
    last = len(nodes) - 1
    inner = "".join(
        _item(node, left=inward_left and n == 0, right=inward_right and n == last) for n, node in enumerate(nodes)
    )
    return before + inner + after if inner or before != after else before


def _anchored(node: _Node, *, start: bool) -> bool:
    """Tell whether an alternative of the node begins (or ends) with an anchor."""
    if isinstance(node, _Either):
        edges = [branch[0 if start else -1] for branch in node.branches if branch]
        return any(_anchored(edge, start=start) for edge in edges)
    return isinstance(node, _Anchor) and node.start is start


def _item(node: _Node, *, left: bool, right: bool) -> str:
    match node:
        case _Class():
            return _class(node.ranges)
        case _Anchor():
            reason = "an anchor in the middle of a regular expression"
            raise CannotError(reason)
        case _Repeat():
            inner = _item(node.item, left=False, right=False)
            times = {"{0,}": "*", "{1,}": "+", "{0,1}": "?"}.get(node.times, node.times)
            return (inner if _is_single(inner) or _is_escape(inner) or _is_group(inner) else f"({inner})") + times
        case _Either():
            if len(node.branches) == 1 and not left and not right:
                return _sequence(node.branches[0], left=False, right=False)
            return _alternation(node, left=left, right=right)


def _is_escape(text: str) -> bool:
    return len(text) == 2 and text[0] == "\\"


def _is_group(text: str) -> bool:
    """Tell whether one bracket holds it all."""
    depth, at = 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == "[":
            at = text.index("]", at + 2) if "]" in text[at + 2 :] else at
        depth += {"(": 1, ")": -1}.get(text[at : at + 1], 0)
        at += 1
        if depth == 0 and at < len(text):
            return False
    return text[:1] == "("


_RESERVED = frozenset('.?+*|{}[]()"\\#@&<>~^$-/')


def _character(point: int) -> str:
    letter = chr(point)
    return "\\" + letter if letter in _RESERVED else letter


def _class(ranges: tuple[tuple[int, int], ...]) -> str:
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _character(ranges[0][0])
    if ranges == ((0, _LAST),):
        return "."
    negated = ranges[0][0] == 0 and ranges[-1][1] == _LAST
    if negated:
        ranges = tuple((a[1] + 1, b[0] - 1) for a, b in pairwise(ranges))
    inner = "".join(_character(low) if low == high else f"{_character(low)}-{_character(high)}" for low, high in ranges)
    return f"[{'^' if negated else ''}{inner}]"
