"""
One field and one Sigma value → one condition of the portable profile.

Every condition comes wrapped in COALESCE(…, FALSE): in Sigma a missing field does not match, also under `not`.
Text compares without case on the folded twin, with a folded literal; `cased` and `re` use the column as written.
"""

from collections.abc import Callable

from sigma.types import (
    CompareOperators,
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
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
)
from sqlglot import exp

from stashlight.engines import pattern
from stashlight.engines.profile import disjunction
from stashlight.events.identity import NOTHING
from stashlight.events.schema import fold
from stashlight.findings.addresses import cidr
from stashlight.findings.columns import KEYWORD_COLUMNS, Field, field

__all__ = ["LeafError", "Placeholders", "alternatives", "keyword", "leaf"]

# Values for `%name%` of the `expand` modifier; a name that is not there is an error.
Placeholders = dict[str, tuple[str, ...]]

_MULTI = SpecialChars.WILDCARD_MULTI
_SINGLE = SpecialChars.WILDCARD_SINGLE
_ANY_CHARACTER = r"[\x{0}-\x{10FFFF}]"
_ANY_TEXT = _ANY_CHARACTER + "{0,}"

_COMPARISONS: dict[CompareOperators, type[exp.Binary]] = {
    CompareOperators.LT: exp.LT,
    CompareOperators.LTE: exp.LTE,
    CompareOperators.GT: exp.GT,
    CompareOperators.GTE: exp.GTE,
    CompareOperators.NEQ: exp.NEQ,
}

_FLAGS = {
    SigmaRegularExpressionFlag.IGNORECASE: 2,
    SigmaRegularExpressionFlag.MULTILINE: 8,
    SigmaRegularExpressionFlag.DOTALL: 16,
}


class LeafError(ValueError):
    """A value that cannot be compared with its field as the rule asks."""


def leaf(at: Field, value: SigmaType, placeholders: Placeholders) -> exp.Expr:
    """
    Give the condition that `at` has `value`.

    Raises:
        LeafError: it cannot be compared so; says why.
    """
    match value:
        case SigmaExpansion():
            return disjunction([leaf(at, v, placeholders) for v in value.values])
        case SigmaNull():
            return _is_null(at)
        case SigmaExists():
            return _exists(at) if value.exists else _is_null(at)
        case SigmaString():
            return disjunction([_text(at, v) for v in _expanded(value, placeholders)])
        case SigmaTimestampPart():
            message = "timestamp modifiers (minute, hour, day …) are not supported"
            raise LeafError(message)
        case SigmaNumber():
            return _number(at, value.number)
        case SigmaBool():
            return _boolean(at, value.boolean)
        case SigmaRegularExpression():
            return _regular(at, value)
        case SigmaCIDRExpression():
            return _found(exp.RegexpLike(this=_folded(at, "cidr"), expression=_string(cidr(value.cidr))))
        case SigmaCompareExpression():
            return _compared(at, value)
        case SigmaFieldReference():
            return _referred(at, value)
        case _:
            message = f"values of type {type(value).__name__} are not supported"
            raise LeafError(message)


def keyword(value: SigmaType, placeholders: Placeholders) -> exp.Expr:
    """Give the condition that an unbound value stands anywhere in the columns that hold a message."""
    match value:
        case SigmaExpansion():
            return disjunction([keyword(v, placeholders) for v in value.values])
        case SigmaNumber():
            return keyword(SigmaString(str(value.number)), placeholders)
        case SigmaString():
            inner: SigmaString = value
            if not inner.startswith(_MULTI):
                inner = _MULTI + inner
            if not inner.endswith(_MULTI):
                inner = inner + _MULTI
            value = inner
        case SigmaRegularExpression():
            pass
        case _:
            message = f"a keyword cannot be a {type(value).__name__}"
            raise LeafError(message)
    fields = [f for name in KEYWORD_COLUMNS if (f := field(name))]
    return disjunction([leaf(f, value, placeholders) for f in fields])


def alternatives(at: Field, values: list[SigmaType]) -> exp.Expr | None:
    """Give one IN list if all values are plain text on a folded column, else None."""
    if at.folded is None or len(values) < 2:
        return None
    plain = [v for v in values if isinstance(v, SigmaString) and not isinstance(v, SigmaCasedString)]
    texts = [str(v.s[0]) for v in plain if len(v.s) == 1 and isinstance(v.s[0], str)]
    if len(texts) != len(values):
        return None
    return _found(exp.In(this=exp.column(at.folded), expressions=[_string(fold(t)) for t in texts]))


def _expanded(value: SigmaString, placeholders: Placeholders) -> list[SigmaString]:
    if not value.contains_placeholder():
        return [value]

    def replace(placeholder: Placeholder) -> "list[str]":
        if placeholder.name not in placeholders:
            message = f"no values for placeholder %{placeholder.name}%"
            raise LeafError(message)
        return list(placeholders[placeholder.name])

    call: Callable[..., list[str]] = replace
    return value.replace_placeholders(call)  # pyright: ignore[reportArgumentType]  (a list iterates)


def _text(at: Field, value: SigmaString) -> exp.Expr:
    parts = _parts(value)
    if not parts:
        # The normaliser writes NULL for an empty value, so that is what an empty value is.
        return _is_null(at)
    if parts == [_MULTI]:
        return _exists(at)
    if at.type == "BIGINT" and len(parts) == 1 and parts[0] in NOTHING:
        # What some logs write for no number at all; events have NULL there.
        return _is_null(at)
    if at.type == "BIGINT":
        return _number_text(at, parts)
    if at.type == "BOOLEAN":
        return _boolean_text(at, parts)
    if isinstance(value, SigmaCasedString):
        return _found(_shaped(exp.column(at.column), parts))
    if at.folded is None:
        return _found(exp.RegexpLike(this=exp.column(at.column), expression=_string(_wildcards(parts, cased=False))))
    folded = [fold(p) if isinstance(p, str) else p for p in parts]
    return _found(_shaped(exp.column(at.folded), folded))


def _parts(value: SigmaString) -> list[str | SpecialChars]:
    parts: list[str | SpecialChars] = []
    for part in value.s:
        if isinstance(part, Placeholder):
            message = f"no values for placeholder %{part.name}%"
            raise LeafError(message)
        if part is _MULTI and parts and parts[-1] is _MULTI:
            continue
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        elif part != "":
            parts.append(part)
    return parts


def _shaped(column: exp.Expr, parts: list[str | SpecialChars]) -> exp.Expr:
    """Give equality, starts_with, ends_with or contains where the wildcards allow, else a pattern."""
    match parts:
        case [str() as text]:
            return exp.EQ(this=column, expression=_string(text))
        case [str() as text, SpecialChars.WILDCARD_MULTI]:
            return exp.StartsWith(this=column, expression=_string(text))
        case [SpecialChars.WILDCARD_MULTI, str() as text]:
            return exp.EndsWith(this=column, expression=_string(text))
        case [SpecialChars.WILDCARD_MULTI, str() as text, SpecialChars.WILDCARD_MULTI]:
            return exp.Contains(this=column, expression=_string(text))
        case _:
            return exp.RegexpLike(this=column, expression=_string(_wildcards(parts, cased=True)))


def _wildcards(parts: list[str | SpecialChars], *, cased: bool) -> str:
    # Anchors are left out beside a wildcard: the search is then free to stop early.
    inner = list(parts)
    start, end = r"\A", r"\z"
    if inner[0] is _MULTI:
        inner, start = inner[1:], ""
    if inner and inner[-1] is _MULTI:
        inner, end = inner[:-1], ""
    written = "".join(
        _ANY_TEXT if p is _MULTI else _ANY_CHARACTER if p is _SINGLE else _literal(str(p), cased=cased) for p in inner
    )
    return start + written + end


def _literal(text: str, *, cased: bool) -> str:
    return pattern.literal(text) if cased else pattern.portable("".join(f"\\U{ord(letter):08x}" for letter in text), 2)


def _number(at: Field, number: float) -> exp.Expr:
    if at.type == "BIGINT":
        return _found(exp.EQ(this=exp.column(at.column), expression=_numeral(number)))
    if at.type == "BOOLEAN":
        if number in (0, 1):
            return _boolean(at, bool(number))
        message = f"field '{at.name}' is true or false, not {number}"
        raise LeafError(message)
    return _text(at, SigmaString(str(number)))


def _number_text(at: Field, parts: list[str | SpecialChars]) -> exp.Expr:
    match parts:
        case [str() as text]:
            try:
                number = int(text.strip(), 16 if text.strip().lower().startswith("0x") else 10)
            except ValueError:
                message = f"field '{at.name}' is a number, not '{text}'"
                raise LeafError(message) from None
            return _found(exp.EQ(this=exp.column(at.column), expression=_numeral(number)))
        case _ if at.hexadecimal:
            message = f"wildcards on '{at.name}' are not supported: it is a number"
            raise LeafError(message)
        case _:
            text_form = exp.TryCast(this=exp.column(at.column), to=exp.DataType.build("VARCHAR"), safe=True)
            return _found(_shaped(text_form, parts))


def _boolean(at: Field, value: bool) -> exp.Expr:
    if at.type == "BOOLEAN":
        return _found(exp.EQ(this=exp.column(at.column), expression=exp.true() if value else exp.false()))
    if at.type == "BIGINT":
        message = f"field '{at.name}' is a number, not {value}"
        raise LeafError(message)
    return _text(at, SigmaString(str(value)))


def _boolean_text(at: Field, parts: list[str | SpecialChars]) -> exp.Expr:
    text = parts[0] if len(parts) == 1 and isinstance(parts[0], str) else ""
    match fold(text):
        case "true" | "1":
            return _boolean(at, value=True)
        case "false" | "0":
            return _boolean(at, value=False)
        case _:
            message = f"field '{at.name}' is true or false"
            raise LeafError(message)


def _regular(at: Field, value: SigmaRegularExpression) -> exp.Expr:
    if at.type != "VARCHAR":
        message = f"a regular expression on '{at.name}', which is no text"
        raise LeafError(message)
    if value.contains_placeholder():
        message = "placeholders in regular expressions are not supported"
        raise LeafError(message)
    flags = sum(_FLAGS[flag] for flag in value.flags)
    try:
        portable = pattern.portable(_as_written(value), flags)
    except pattern.PatternError as error:
        message = f"regular expression on '{at.name}': {error}"
        raise LeafError(message) from error
    if not portable:
        return _exists(at)
    return _found(exp.RegexpLike(this=exp.column(at.column), expression=_string(portable)))


def _as_written(value: SigmaRegularExpression) -> str:
    # pySigma keeps `*` and `?` of a pattern as wildcards of a Sigma string; str() gives the text back.
    marks = {_MULTI: "*", _SINGLE: "?"}
    return "".join(
        part if isinstance(part, str) else marks[part] for part in value.regexp.s if not isinstance(part, Placeholder)
    )


def _compared(at: Field, value: SigmaCompareExpression) -> exp.Expr:
    if at.type != "BIGINT":
        message = f"'{at.name}' is no number, it has no order"
        raise LeafError(message)
    comparison = _COMPARISONS[value.op]
    return _found(comparison(this=exp.column(at.column), expression=_numeral(value.number.number)))


def _referred(at: Field, value: SigmaFieldReference) -> exp.Expr:
    other = field(value.field)
    if other is None:
        message = f"unknown field '{value.field}'"
        raise LeafError(message)
    if at.type != other.type:
        message = f"'{at.name}' and '{other.name}' are of different types"
        raise LeafError(message)
    if at.type != "VARCHAR" and (value.starts_with or value.ends_with):
        message = f"'{at.name}' is no text"
        raise LeafError(message)
    folded = at.folded is not None and other.folded is not None
    left = exp.column(at.folded if folded and at.folded else at.column)
    right = exp.column(other.folded if folded and other.folded else other.column)
    match value.starts_with, value.ends_with:
        case True, True:
            return _found(exp.Contains(this=left, expression=right))
        case True, False:
            return _found(exp.StartsWith(this=left, expression=right))
        case False, True:
            return _found(exp.EndsWith(this=left, expression=right))
        case _:
            return _found(exp.EQ(this=left, expression=right))


def _folded(at: Field, what: str) -> exp.Expr:
    if at.type != "VARCHAR" or at.folded is None:
        message = f"{what} on '{at.name}' is not supported"
        raise LeafError(message)
    return exp.column(at.folded)


def _exists(at: Field) -> exp.Expr:
    return exp.Not(this=exp.Is(this=exp.column(at.column), expression=exp.null()))


def _is_null(at: Field) -> exp.Expr:
    return exp.Is(this=exp.column(at.column), expression=exp.null())


def _found(condition: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=condition, expressions=[exp.false()])


def _string(text: str) -> exp.Expr:
    return exp.Literal.string(text)


def _numeral(number: float) -> exp.Expr:
    return exp.Literal.number(number)
