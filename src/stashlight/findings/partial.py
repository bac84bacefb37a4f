"""
A rule's condition, worked out for an event of which little is known.

Kleene's logic: a part is true, false, or unknown (None). What a condition asks of the script's text is taken as not
found, and given as patterns: https://en.wikipedia.org/wiki/Three-valued_logic
"""

import re
from collections.abc import Mapping
from typing import Final

from sqlglot import exp

from stashlight.engines import pattern
from stashlight.engines.profile import parse

__all__ = ["UnknownError", "texts_of"]

_TEXT: Final = "script_text"
_FOLDED: Final = "script_text_lc"
# Folding never makes ASCII of a letter beyond it but for those that `pattern` knows, nor the other way round.
_BEYOND_ASCII: Final = r"[\x{80}-\x{10FFFF}]"

Known = Mapping[str, str | int]
_Truth = bool | None


class UnknownError(Exception):
    """The condition may hold although none of the texts that it asks for is there."""


def texts_of(condition: str, known: Known) -> list[str]:
    """
    Give patterns of which one is found in the script's text of every event that matches and has the `known` columns.

    None at all if no such event can match.

    Raises:
        UnknownError: no patterns can say so.
    """
    tree = parse(condition)
    if _truth(tree, known, None) is False:
        return []
    texts: list[str] = []
    if _truth(tree, known, texts) is not False:
        raise UnknownError
    return texts


def _truth(node: exp.Expr, known: Known, texts: list[str] | None) -> _Truth:
    """Work out a condition; comparisons with the text go to `texts` and are false, without `texts` they are unknown."""
    match node:
        case exp.Paren():
            return _truth(node.this, known, texts)
        case exp.Not():
            inner = _truth(node.this, known, texts)
            return None if inner is None else not inner
        case exp.And() | exp.Or():
            sides = {_truth(node.this, known, texts), _truth(node.expression, known, texts)}
            deciding = isinstance(node, exp.Or)
            return deciding if deciding in sides else None if None in sides else not deciding
        case exp.Boolean():
            return bool(node.this)
        case exp.Coalesce() if [e.sql() for e in node.expressions] == ["FALSE"]:
            return _truth(node.this, known, texts)
        case _:
            return _compared(node, known, texts)


def _compared(node: exp.Expr, known: Known, texts: list[str] | None) -> _Truth:
    column = node.this
    values = node.expressions if isinstance(node, exp.In) else [node.args.get("expression")]
    if not isinstance(column, exp.Column) or not all(isinstance(v, exp.Literal) for v in values):
        return None
    written = [str(v.this) for v in values if v is not None]
    if column.name in known and isinstance(node, exp.EQ | exp.In):
        return str(known[column.name]) in written
    found = _patterns(node, column.name, written)
    if found is None or texts is None:
        return None
    texts += found
    return False


def _patterns(node: exp.Expr, column: str, written: list[str]) -> list[str] | None:
    if isinstance(node, exp.RegexpLike):
        return written if column == _TEXT else None
    if not isinstance(node, exp.Contains | exp.StartsWith | exp.EndsWith | exp.EQ | exp.In):
        return None
    if column == _TEXT:
        return [pattern.literal(text) for text in written]
    return [_caseless(text) for text in written] if column == _FOLDED else None


def _caseless(text: str) -> str:
    """Give a pattern that is found in every text whose folded form holds `text`."""
    return "".join(pattern.portable(re.escape(c), re.IGNORECASE) if c.isascii() else _BEYOND_ASCII for c in text)
