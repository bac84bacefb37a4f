"""
Sigma detections → one condition of the portable SQL profile.

pySigma parses conditions and values; the walk from there is ours, so that nothing is dropped without an error
(a selector that names no detection, an unknown field) and every error knows its line.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any, cast

from sigma.conditions import (
    ConditionAND,
    ConditionIdentifier,
    ConditionItem,
    ConditionNOT,
    ConditionOR,
    ConditionSelector,
    SigmaCondition,
)
from sigma.exceptions import SigmaError
from sigma.rule.detection import SigmaDetectionItem  # pyright: ignore[reportMissingTypeStubs]  (typed, see py.typed)
from sigma.types import SigmaExpansion, SigmaString, SigmaType
from sqlglot import exp

from stashlight.engines.profile import check, conjunction, disjunction
from stashlight.errors import EngineError, RuleError
from stashlight.findings import columns
from stashlight.findings.encodings import ENCODINGS, EncodingError, encoded
from stashlight.findings.leaf import LeafError, Placeholders, alternatives, keyword, leaf
from stashlight.findings.logsource import Scope
from stashlight.frozen import frozen

__all__ = ["Detections", "compile_condition", "compile_scope"]

# Bounds on what a stranger's rule may ask for; the largest rule of SigmaHQ has 700 values.
_MOST_LEAVES = 20_000
_DEEPEST_DETECTION = 16
_LONGEST_CONDITION = 16_384

_Path = tuple[str, ...]


@frozen
class Detections:
    """The `detection` (or `filter`) mapping of a document, and how to find the line of a part of it."""

    named: Mapping[str, object]
    conditions: tuple[str, ...]
    file: str
    line: Callable[[_Path], int]
    under: str = "detection"
    category: str = ""
    placeholders: Placeholders | None = None
    # Counts comparisons while they are made: a condition may name a long detection thousands of times.
    used: Iterator[int] = field(default_factory=itertools.count)

    def error(self, reason: str, *path: str) -> RuleError:
        """Give the error for a part of the document."""
        return RuleError(reason, self.file, self.line((self.under, *path)))


def compile_scope(scope: Scope) -> exp.Expr:
    """Give the condition that an event comes from a logsource, apart from its kinds."""
    conditions: list[exp.Expr] = []
    if scope.kinds:
        conditions.append(_in("kind", scope.kinds))
    if scope.providers:
        conditions.append(_in("provider", scope.providers))
    if scope.without:
        conditions.append(exp.Not(this=_in("provider", scope.without)))
    if scope.event_ids:
        numbers: list[exp.Expr] = [exp.Literal.number(i) for i in scope.event_ids]
        conditions.append(_false_if_null(exp.In(this=exp.column("event_id"), expressions=numbers)))
    return conjunction(conditions)


def compile_condition(detections: Detections) -> exp.Expr:
    """
    Give the condition that an event matches; several conditions are alternatives.

    Raises:
        RuleError: names the field or value that cannot be run, and its line.
    """
    if not detections.conditions:
        msg = "no condition"
        raise detections.error(msg)
    tree = disjunction([_parsed(detections, c) for c in detections.conditions])
    try:
        check(tree)
    except EngineError as error:
        raise detections.error(str(error)) from error
    return tree


def _parsed(detections: Detections, condition: str) -> exp.Expr:
    if len(condition) > _LONGEST_CONDITION:
        msg = f"condition longer than {_LONGEST_CONDITION} characters"
        raise detections.error(msg, "condition")
    try:
        # pySigma wants its own detections for the later steps that we do ourselves.
        parsed = SigmaCondition(condition, cast("Any", None)).parse(postprocess=False)
        return _condition(detections, parsed)
    except SigmaError as error:
        msg = f"condition: {error}"
        raise detections.error(msg, "condition") from error
    except RecursionError as error:
        msg = "condition nested too deeply"
        raise detections.error(msg, "condition") from error


def _condition(detections: Detections, node: object) -> exp.Expr:
    match node:
        case ConditionIdentifier():
            return _detection(detections, node.identifier)
        case ConditionSelector():
            return _selected(detections, node)
        case ConditionNOT():
            return exp.Not(this=exp.Paren(this=_condition(detections, node.args[0])))
        case ConditionAND():
            return conjunction([_condition(detections, a) for a in node.args])
        case ConditionOR():
            return disjunction([_condition(detections, a) for a in node.args])
        case _:
            msg = f"condition: {type(node).__name__} is not supported"
            raise detections.error(msg, "condition")


def _selected(detections: Detections, node: ConditionSelector) -> exp.Expr:
    # pySigma drops a selector that names nothing; a rule with a typing error would then match everything.
    names = [n for n in detections.named if _named(n, node.pattern)]
    if not names:
        msg = f"condition: '{node.pattern}' names no detection"
        raise detections.error(msg, "condition")
    found = [_detection(detections, n) for n in names]
    return conjunction(found) if _is_all(node) else disjunction(found)


def _is_all(node: ConditionSelector) -> bool:
    return cast("type[ConditionItem]", node.cond_class) is ConditionAND


def _named(name: str, wanted: str) -> bool:
    if name.startswith("_") and not wanted.startswith("_"):
        return False
    if wanted == "them":
        return True
    # Only `*` has a meaning in Sigma's selectors; matching by parts keeps time linear.
    head, *rest = wanted.split("*")
    if not rest:
        return name == wanted
    if not name.startswith(head):
        return False
    at = len(head)
    for part in rest[:-1]:
        at = name.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return len(name) - at >= len(rest[-1]) and name.endswith(rest[-1])


def _detection(detections: Detections, name: str) -> exp.Expr:
    if name not in detections.named:
        msg = f"condition: no detection '{name}'"
        raise detections.error(msg, "condition")
    return _definition(detections, detections.named[name], (name,))


def _definition(detections: Detections, definition: object, path: _Path) -> exp.Expr:
    if len(path) > _DEEPEST_DETECTION:
        msg = "detection nested too deeply"
        raise detections.error(msg, *path)
    if isinstance(definition, Mapping):
        items = cast("Mapping[object, object]", definition)
        if not items:
            msg = "empty detection"
            raise detections.error(msg, *path)
        return conjunction([_item(detections, str(k), v, (*path, str(k))) for k, v in items.items()])
    if isinstance(definition, list):
        values = cast("list[object]", definition)
        if not values:
            msg = "empty detection"
            raise detections.error(msg, *path)
        if not any(isinstance(v, Mapping | list) for v in values):
            return _item(detections, None, values, path)
        return disjunction([_definition(detections, v, (*path, str(i))) for i, v in enumerate(values)])
    return _item(detections, None, definition, path)


def _item(detections: Detections, key: str | None, value: object, path: _Path) -> exp.Expr:
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    if not values:
        msg = f"'{key}' has no value"
        raise detections.error(msg, *path)
    for one in values:
        if next(detections.used) >= _MOST_LEAVES:
            message = f"more than {_MOST_LEAVES} comparisons"
            raise detections.error(message, *path)
        if not isinstance(one, str | int | float | bool | None):
            msg = f"'{key}': a value must be text, a number, true, false or null"
            raise detections.error(msg, *path)
    try:
        item = SigmaDetectionItem.from_mapping(key, cast("list[float | str | bool | None]", values))
        found = _encoded_values(key, values, item)
        return _compared(detections, item, found, path)
    except (SigmaError, LeafError, EncodingError, ValueError, TypeError, OverflowError, RecursionError) as error:
        if isinstance(error, RuleError):
            raise
        # IndexError and the like would be defects of ours; these are the rule's.
        raise detections.error(f"{key}: {error}" if key else str(error), *path) from error


def _encoded_values(key: str | None, values: list[object], item: SigmaDetectionItem) -> list[SigmaType]:
    names = key.split("|")[1:] if key else []
    chain = [n for n in names if n in ENCODINGS]
    if not chain:
        return item.value
    plain = "|".join(["", *(n for n in names if n not in ENCODINGS)])
    alternatives_of: list[SigmaType] = []
    for value in values:
        if not isinstance(value, str):
            message = f"{'|'.join(chain)} needs text"
            raise EncodingError(message)
        text = SigmaString(value)
        if text.contains_special():
            message = f"{'|'.join(chain)} of a value with wildcards"
            raise EncodingError(message)
        texts = encoded("".join(str(p) for p in text.s), chain)
        escaped = [t.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?") for t in texts]
        parts = SigmaDetectionItem.from_mapping(plain, cast("list[float | str | bool | None]", escaped)).value
        alternatives_of.append(SigmaExpansion(parts) if len(parts) > 1 else parts[0])
    return alternatives_of


def _compared(detections: Detections, item: SigmaDetectionItem, values: list[SigmaType], path: _Path) -> exp.Expr:
    placeholders = detections.placeholders or {}
    link = conjunction if item.value_linking is ConditionAND else disjunction
    if item.field is None:
        tree = link([keyword(v, placeholders) for v in values])
    else:
        at = columns.field(item.field, detections.category)
        if at is None:
            msg = f"unknown field '{item.field}'"
            raise detections.error(msg, *path)
        together = alternatives(at, values) if link is disjunction else None
        tree = together or link([leaf(at, v, placeholders) for v in values])
    return exp.Not(this=exp.Paren(this=tree)) if item.negated else tree


def _in(column: str, values: tuple[str, ...]) -> exp.Expr:
    texts: list[exp.Expr] = [exp.Literal.string(str(v)) for v in values]
    if len(texts) == 1:
        return _false_if_null(exp.EQ(this=exp.column(column), expression=texts[0]))
    return _false_if_null(exp.In(this=exp.column(column), expressions=texts))


def _false_if_null(condition: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=condition, expressions=[exp.false()])
