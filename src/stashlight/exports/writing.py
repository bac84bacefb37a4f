"""
Condition tree → text of a language, by what that language does with one comparison.

A language gives a `Dialect`; a product gives its `Table`s: where an event of a Sigma logsource is kept there, and how
its fields are called.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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
    pattern_of,
)
from stashlight.exports.detection import Detection, Part, Step
from stashlight.exports.reading import CannotError

__all__ = ["SHARE_FIELDS", "Dialect", "Found", "Table", "Tables", "role_of", "table_of", "written", "written_steps"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a language writes a comparison of a field (already the product's name), and joins several."""

    text: Callable[[str, Text], str]
    pattern: Callable[[str, Pattern], str]
    exists: Callable[[str], str]
    number: Callable[[str, Number], str]
    network: Callable[[str, Network], str] | None = None
    negated: Callable[[str], str] = lambda inner: f"not ({inner})"
    both: str = " and "
    either: str = " or "
    true: str = "true"
    false: str = "false"


@dataclass(frozen=True, slots=True)
class Table:
    """
    Where a product keeps the events of a logsource.

    `source` is the text that selects them, `fields` the product's name of each Sigma field, `roles` an expression for
    host, account, process, place, client and share. `instead` replaces the condition where the product's own columns
    say it better than fields of Windows would.
    """

    source: str
    fields: Mapping[str, str]
    roles: Mapping[str, str] = field(default_factory=dict[str, str])
    instead: str = ""
    note: str = ""


# What event 5145 (a file on a share was asked for) has; targets that keep Windows' own names take them from here.
SHARE_FIELDS = (
    "SubjectUserName",
    "SubjectDomainName",
    "IpAddress",
    "ShareName",
    "RelativeTargetName",
    "AccessMask",
    "AccessList",
)

# `PRODUCT/CATEGORY`, `PRODUCT/SERVICE/EVENT`, or CATEGORY alone for any product.
Tables = Mapping[str, Table]


@dataclass(frozen=True, slots=True)
class Found:
    """A part of a detection as a product says it."""

    part: Part
    table: Table
    condition: str


def table_of(tables: Tables, part: Part) -> Table:
    """Give the table of a part's logsource, or CannotError; a service has one for each event id that is asked for."""
    what = part.logsource.category or part.logsource.service
    key = f"{part.logsource.product}/{what}"
    if not part.logsource.category:
        key += "".join(f"/{event}" for event in _event_ids(part.condition))
    for each in (key, what):
        if each in tables:
            return tables[each]
    reason = f"no table for {key.strip('/')}"
    raise CannotError(reason)


def role_of(table: Table, role: str) -> str:
    """Give what a table calls a role, or a Sigma field; CannotError if it has neither."""
    found = table.roles.get(role) or table.fields.get(role)
    if found is None:
        reason = f"no field for {role} in these events"
        raise CannotError(reason)
    return found


def _event_ids(condition: Condition) -> list[int]:
    parts = condition.parts if isinstance(condition, All) else (condition,)
    return [int(p.value) for p in parts if isinstance(p, Number) and p.field in ("EventID", "EventCode")]


def written(condition: Condition, fields: Mapping[str, str], dialect: Dialect) -> str:
    """Give the condition as text, without a bracket around it; CannotError if a field has no name there."""
    return _write(condition, fields, dialect)[0]


def written_steps(detection: Detection, tables: Tables, dialect: Dialect) -> tuple[list[list[Found]], list[str]]:
    """
    Give each step's parts as text, and a note for every part that is left out.

    Raises:
        CannotError: nothing of a step can be said.
    """
    steps: list[list[Found]] = []
    notes: list[str] = []
    for step in detection.steps:
        found, left = _parts(step, tables, dialect)
        if not found:
            raise CannotError("; ".join(dict.fromkeys(reason for _, reason in left)))
        steps.append(found)
        notes += [f"left out, {reason}: {title}" for title, reason in left]
    notes += [found.table.note for parts in steps for found in parts if found.table.note]
    return steps, list(dict.fromkeys(notes))


def _parts(step: Step, tables: Tables, dialect: Dialect) -> tuple[list[Found], list[tuple[str, str]]]:
    found: list[Found] = []
    left: list[tuple[str, str]] = []
    for part in step.parts:
        try:
            table = table_of(tables, part)
            found.append(Found(part, table, table.instead or written(part.condition, table.fields, dialect)))
        except CannotError as error:
            left.append((part.title, str(error)))
    return found, left


def _write(condition: Condition, fields: Mapping[str, str], dialect: Dialect) -> tuple[str, bool]:
    """Give the text, and whether it must be bracketed beside others."""
    match condition:
        case All(parts):
            return _joined(parts, fields, dialect, dialect.both, dialect.true)
        case Any(parts):
            return _joined(parts, fields, dialect, dialect.either, dialect.false)
        case Not(part):
            return dialect.negated(_write(part, fields, dialect)[0]), False
        case Text():
            return dialect.text(_named(condition.field, fields), condition), False
        case Like():
            return dialect.pattern(_named(condition.field, fields), pattern_of(condition)), False
        case Pattern():
            return dialect.pattern(_named(condition.field, fields), condition), False
        case Exists():
            return dialect.exists(_named(condition.field, fields)), False
        case Number():
            return dialect.number(_named(condition.field, fields), condition), False
        case Network():
            if dialect.network is None:
                reason = "no comparison of addresses with networks"
                raise CannotError(reason)
            return dialect.network(_named(condition.field, fields), condition), False


def _joined(
    parts: tuple[Condition, ...], fields: Mapping[str, str], dialect: Dialect, between: str, none: str
) -> tuple[str, bool]:
    if not parts:
        return none, False
    texts = [_write(part, fields, dialect) for part in parts]
    if len(texts) == 1:
        return texts[0]
    return between.join(f"({text})" if loose else text for text, loose in texts), True


def _named(name: str, fields: Mapping[str, str]) -> str:
    if name not in fields:
        reason = f"no field for {name}"
        raise CannotError(reason)
    return fields[name]
