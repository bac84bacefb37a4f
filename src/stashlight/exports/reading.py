"""
A rule and its filters → the condition tree, and what of it a target has fields for.

The rule set has been compiled before (`findings/`), so what is wrong in a rule has been refused there with its line;
pySigma parses the same text once more, because exports keep the author's own spelling.
"""

from collections.abc import Mapping
from typing import Any as Anything
from typing import Literal, cast

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule  # pyright: ignore[reportMissingTypeStubs]  (typed, see py.typed)
from sigma.types import (
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaType,
    SpecialChars,
)

from stashlight.errors import RuleError
from stashlight.exports.condition import (
    All,
    Any,
    Condition,
    Exists,
    Like,
    Network,
    Not,
    Number,
    Pattern,
    Text,
    Wild,
    seen,
)
from stashlight.findings import columns
from stashlight.findings.rule import Rule
from stashlight.findings.text import documents

__all__ = ["CannotError", "condition_of"]

_WILDS = {SpecialChars.WILDCARD_MULTI: Wild.ANY, SpecialChars.WILDCARD_SINGLE: Wild.ONE}
_COMPARED = SigmaCompareExpression.CompareOperators
_OPERATORS: dict[_COMPARED, Literal["<", "<=", ">", ">="]] = {
    _COMPARED.LT: "<", _COMPARED.LTE: "<=", _COMPARED.GT: ">", _COMPARED.GTE: ">="
}  # fmt: skip


class CannotError(ValueError):
    """What a target cannot express; said in the output."""


def condition_of(rule: Rule, filters: tuple[Rule, ...] = ()) -> Condition:
    """
    Give the condition of a rule and all filters on it.

    Raises:
        CannotError: the rule uses what no export can write, such as keywords without a field.
    """
    return _together([_condition(rule, "detection"), *(_condition(each, "filter") for each in filters)])


def _condition(rule: Rule, under: str) -> Condition:
    document = next(iter(documents(rule.text, rule.file)))
    content = cast("Mapping[str, object]", document.content[under])
    detection = {name: value for name, value in content.items() if name != "rules"}
    try:
        parsed = SigmaRule.from_dict(
            cast("Anything", {"title": "rule", "logsource": {"product": "any"}, "detection": detection})
        )
        trees = [_node(each.parsed) for each in parsed.detection.parsed_condition]
    except (SigmaError, RecursionError) as error:
        raise RuleError(str(error), rule.file, rule.line) from error
    return _either(trees)


def _node(node: object) -> Condition:
    match node:
        case ConditionAND():
            return _together([_node(each) for each in node.args])
        case ConditionOR():
            return _either([_node(each) for each in node.args])
        case ConditionNOT():
            return Not(_node(node.args[0]))
        case ConditionFieldEqualsValueExpression():
            return _leaf(node.field, node.value)
        case ConditionValueExpression():
            reason = "keywords without a field have no equal outside Sigma"
            raise CannotError(reason)
        case _:
            reason = f"{type(node).__name__} is not known here"
            raise CannotError(reason)


def _together(parts: list[Condition]) -> Condition:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, All) else (part,))]
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def _either(parts: list[Condition]) -> Condition:
    """Give the alternatives; those that compare one field in one way become one comparison with many values."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Any) else (part,))]
    merged: list[Condition] = []
    for part in flat:
        before = next((i for i, m in enumerate(merged) if _alike(m, part)), None)
        if before is None:
            merged.append(part)
        elif isinstance(part, Text):
            first = cast("Text", merged[before])
            merged[before] = Text(part.field, part.shape, tuple(dict.fromkeys(first.values + part.values)), part.cased)
    return merged[0] if len(merged) == 1 else Any(tuple(merged))


def _alike(one: Condition, other: Condition) -> bool:
    return (
        isinstance(one, Text)
        and isinstance(other, Text)
        and (one.field, one.shape, one.cased) == (other.field, other.shape, other.cased)
    )


def _leaf(field: str, value: SigmaType) -> Condition:
    match value:
        case SigmaExpansion():
            return _either([_leaf(field, each) for each in value.values])
        case SigmaNull():
            return Not(Exists(field))
        case SigmaExists():
            return Exists(field) if value.exists else Not(Exists(field))
        case SigmaString():
            return _text(field, value)
        case SigmaNumber():
            return _number(field, value.number)
        case SigmaBool():
            return Text(field, "is", (str(value.boolean).lower(),))
        case SigmaRegularExpression():
            flags = SigmaRegularExpressionFlag
            return Pattern(
                field,
                seen(_as_written(value)),
                flags.IGNORECASE not in value.flags,
                flags.MULTILINE in value.flags,
                flags.DOTALL in value.flags,
            )
        case SigmaCIDRExpression():
            return Network(field, value.cidr)
        case SigmaCompareExpression():
            if value.op not in _OPERATORS:
                return All((Exists(field), Not(Number(field, "=", value.number.number))))
            return Number(field, _OPERATORS[value.op], value.number.number)
        case SigmaFieldReference():
            reason = f"'{field}' is compared with another field, '{value.field}'"
            raise CannotError(reason)
        case _:
            reason = f"values of type {type(value).__name__}"
            raise CannotError(reason)


def _number(field: str, number: float) -> Condition:
    """Give a comparison with a number; logs write masks and logon ids in hexadecimal, and so they are asked for."""
    at = columns.field(field)
    if at is not None and at.hexadecimal:
        return Text(field, "is", (hex(int(number)),))
    return Number(field, "=", number)


def _as_written(value: SigmaRegularExpression) -> str:
    # pySigma keeps `*` and `?` of a pattern as wildcards of a Sigma string; this gives the text back.
    return "".join(
        part if isinstance(part, str) else str(_WILDS[part].value)
        for part in value.regexp.s
        if not isinstance(part, Placeholder)
    )


def _text(field: str, value: SigmaString) -> Condition:
    parts: list[str | Wild] = []
    for part in value.s:
        if isinstance(part, Placeholder):
            reason = f"placeholder %{part.name}% has no values"
            raise CannotError(reason)
        piece = part if isinstance(part, str) else _WILDS[part]
        if piece is Wild.ANY and parts and parts[-1] is Wild.ANY:
            continue
        if isinstance(piece, str) and parts and isinstance(parts[-1], str):
            parts[-1] += piece
        elif piece != "":
            parts.append(piece)
    cased = isinstance(value, SigmaCasedString)
    match parts:
        case []:
            return Not(Exists(field))
        case [Wild.ANY]:
            return Exists(field)
        case [str() as text]:
            return Text(field, "is", (text,), cased)
        case [Wild.ANY, str() as text, Wild.ANY]:
            return Text(field, "contains", (text,), cased)
        case [str() as text, Wild.ANY]:
            return Text(field, "begins", (text,), cased)
        case [Wild.ANY, str() as text]:
            return Text(field, "ends", (text,), cased)
        case _:
            return Like(field, (tuple(parts),), cased)
