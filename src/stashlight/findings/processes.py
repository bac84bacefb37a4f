"""
A filter's condition → patterns of the processes whose events it can take off.

A profile such as "a browser writes into its own cache" says nothing of other programs. A log has few programs and many
writes: asked of the programs first, most profiles need not be asked of most writes, and many not at all.
"""

from typing import Final

from sqlglot import exp

from stashlight.findings.alternatives import tested

__all__ = ["processes_of"]

_COLUMNS: Final = ("process_path_lc", "process_path")

_Patterns = list[tuple[str, str]]
"""Column and pattern, in the order of the condition."""


def processes_of(condition: exp.Expr) -> tuple[tuple[str, str], ...]:
    """
    Give a pattern for a column or two, of which one is found in every event that a filter takes off.

    Empty if no patterns can say so: then the filter may take off events of any process.
    """
    found = _of(condition, holds=False) or []
    by_column = {column: [text for name, text in found if name == column] for column in _COLUMNS}
    return tuple((column, "|".join(dict.fromkeys(texts))) for column, texts in by_column.items() if texts)


def _of(node: exp.Expr, *, holds: bool) -> _Patterns | None:
    """Give patterns of which one is found wherever the node holds, or wherever it does not; None if there are none."""
    match node:
        case exp.Paren():
            return _of(node.this, holds=holds)
        case exp.Not():
            return _of(node.this, holds=not holds)
        case exp.And() | exp.Or():
            sides = [_of(node.this, holds=holds), _of(node.expression, holds=holds)]
            told = [side for side in sides if side is not None]
            if isinstance(node, exp.And) is holds:  # both sides are as asked: what one of them tells is enough
                return min(told, key=len, default=None)
            return [each for side in told for each in side] if len(told) == len(sides) else None
        case exp.Coalesce() if holds and (found := tested(node)) is not None and found[0] in _COLUMNS:
            return [(found[0], text) for text in found[1]]
        case _:
            return None
