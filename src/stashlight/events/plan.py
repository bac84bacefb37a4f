"""
What to fetch from a record that means something, and how its values become columns: compiled once, run by columns.

Names: a *slot* is one value kept of a record; the first eight are of the wrapping, the rest are the fields that the
meaning asks for. `columns` turns the slots of many records into the columns of the schema.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import cast

from stashlight.events import converters, identity, paths, times
from stashlight.events.clocks import Timed, Value
from stashlight.events.needed import Needed
from stashlight.events.remarks import Remarks
from stashlight.events.schema import COLUMNS, fold
from stashlight.events.vocabulary import Every, First, Meaning, Source

__all__ = [
    "ARRIVAL",
    "AS_CREATED",
    "AS_FILE",
    "CHANNEL",
    "CREATED",
    "HOST",
    "POSITION",
    "PROVIDER",
    "RAW",
    "Column",
    "Plan",
    "Value",
    "clock_readings",
    "columns",
    "compile_plan",
    "unneeded",
]

Column = Sequence[Value]
Slots = Sequence[Sequence[object]]

RAW, POSITION, PROVIDER, CHANNEL, HOST, CREATED, ARRIVAL, FILE = range(8)
_WRAPPED = {"@host": HOST, "@created": CREATED, "@arrival": ARRIVAL}
_ACTOR = {"@user_sid": 8, "@user_name": 9, "@user_domain": 10, "@pid": 11, "@message": 12}

_FOLDED = frozenset(c.name for c in COLUMNS if c.folded)
_BY_TYPE: dict[str, Callable[[object], Value]] = {
    "VARCHAR": converters.text,
    "BIGINT": converters.number,
    "BOOLEAN": converters.truth,
}
_CONVERTER = {c.name: _BY_TYPE[c.type] for c in COLUMNS}
AS_CREATED = "@created"
"""Beside the schema's columns: the log's own time as written, by which clocks are checked."""

AS_FILE = "@file"
"""The remarks of each row's file."""

# Columns that no schema has: they only serve to make keys.
_STARTS = frozenset({"process_start", "parent_start"})


@dataclass(frozen=True, slots=True)
class Plan:
    """A meaning made ready to run; `fields` are fetched from the event's data after the wrapping's own slots."""

    vocabulary: str
    channel: str | None
    event_id: int | None
    meaning: Meaning
    fields: tuple[str, ...]
    needs_actor: bool
    only: tuple[tuple[str, frozenset[str]], ...]
    steps: tuple[tuple[str, Callable[[Slots], Column]], ...]
    times: tuple[tuple[int, str], ...]
    rows: list[list[object]] = field(default_factory=list[list[object]])

    def takes(self, data: dict[str, object]) -> bool:
        """Tell whether an event whose meaning depends on a value has it."""
        return all(fold(converters.text(data.get(name)) or "") in values for name, values in self.only)


def compile_plan(vocabulary: str, channel: str | None, event_id: int | None, meaning: Meaning) -> Plan:
    """Make a meaning ready: give each field that it asks for a slot, and each column a function of the slots."""
    asked = dict.fromkeys([name for s in meaning.columns.values() for name in _names(s)])
    needs_actor = any(name in _ACTOR for name in asked)
    fields = tuple(dict.fromkeys([*meaning.times, *(name for name in asked if not name.startswith("@"))]))
    own = 13 if needs_actor else 8
    slots = {**_WRAPPED, **_ACTOR, **{name: own + i for i, name in enumerate(fields)}}
    steps = tuple((column, _step(column, source, slots)) for column, source in meaning.columns.items())
    when = (*((slots[name], "event") for name in meaning.times), (CREATED, "created"), (ARRIVAL, "arrival"))
    return Plan(vocabulary, channel, event_id, meaning, fields, needs_actor, tuple(meaning.only.items()), steps, when)


def _names(source: Source) -> tuple[str, ...]:
    return (source,) if isinstance(source, str) else source.names


def _step(column: str, source: Source, slots: dict[str, int]) -> Callable[[Slots], Column]:
    indices = [slots[name] for name in _names(source)]
    if isinstance(source, Every):
        combine = converters.MANY[source.by]
        return lambda rows: _every([rows[i] for i in indices], combine)
    if column in _STARTS:
        convert: Callable[[object], Value] = times.parse
    else:
        convert = converters.ONE[source.by] if isinstance(source, First) and source.by else _CONVERTER[column]
    if len(indices) == 1:
        index = indices[0]
        return lambda rows: _each(rows[index], convert)
    return lambda rows: _first([_each(rows[i], convert) for i in indices])


def _first(columns: Sequence[Column]) -> Column:
    best = list(columns[0])
    for other in columns[1:]:
        best = [a if a is not None else b for a, b in zip(best, other, strict=True)]
    return best


def _each(values: Sequence[object], convert: Callable[[object], Value]) -> Column:
    """Convert each distinct value once; values of mixed types one by one, as 1 == True == 1.0."""
    if not _comparable(values):
        return [convert(v) for v in values]
    known = {v: convert(v) for v in set(values)}
    return [known[v] for v in values]


def _every(columns: Sequence[Sequence[object]], combine: Callable[..., Value]) -> Column:
    rows = zip(*columns, strict=True)
    if not all(map(_comparable, columns)):
        return [combine(*values) for values in rows]
    whole = list(rows)
    known = {values: combine(*values) for values in set(whole)}
    return [known[values] for values in whole]


_TEXTS = frozenset({str, type(None)})
_NUMBERS = frozenset({int, type(None)})
_TRUTHS = frozenset({bool, type(None)})


def _comparable(values: Iterable[object]) -> bool:
    kinds = set(map(type, values))
    return kinds <= _TEXTS or kinds <= _NUMBERS or kinds <= _TRUTHS


def _fold_each(values: Column) -> Column:
    known = {v: fold(v) if isinstance(v, str) else None for v in set(values)}
    return [known[v] for v in values]


def columns(plan: Plan) -> dict[str, Column | Value]:
    """Give the columns of the plan's rows; a single value stands for a column that is the same all through."""
    slots: Slots = list(zip(*plan.rows, strict=True))
    made: dict[str, Column | Value] = {"weight": 1, "is_lower_bound": False, **plan.meaning.constants}
    made["event_key"] = [blake2b(cast("bytes", raw), digest_size=16).hexdigest() for raw in slots[RAW]]
    made["record"] = cast("Column", slots[POSITION])
    files = cast("Sequence[Remarks]", slots[FILE])
    made["file"] = files[0].file if files[0] is files[-1] else [each.file for each in files]
    made["provider"] = plan.vocabulary
    made["channel"] = plan.channel or _each(slots[CHANNEL], converters.text)
    made["provider_name"] = None if plan.channel else _each(slots[PROVIDER], converters.text)
    made["event_id"] = plan.event_id
    made["kind"] = str(plan.meaning.kind)
    made["host"] = _each(slots[HOST], converters.text)
    for column, step in plan.steps:
        made[column] = step(slots)
    made["ts_us"], made["time_basis"] = _when(plan, slots)
    made[AS_CREATED], made[AS_FILE] = cast("Column", slots[CREATED]), cast("Column", files)
    _derive(made, len(plan.rows))
    return made


def clock_readings(plan: Plan, rows: Sequence[Sequence[object]]) -> Timed:
    """Give of rows that nobody needs what is still told of them: when they were, as far as clocks can be trusted."""
    slots: Slots = list(zip(*rows, strict=True))
    hosts = _each(_each(slots[HOST], converters.text), _on_text(identity.host_key))
    ts, bases = _when(plan, slots)
    return Timed(
        cast("Sequence[Remarks]", slots[FILE]),
        hosts,
        cast("Column", slots[POSITION]),
        ts,
        bases,
        cast("Column", slots[CREATED]),
    )


def unneeded(plan: Plan, needed: Needed) -> list[list[object]]:
    """
    Take out of the plan's rows those of script blocks that nobody will look at, and give them.

    Of a block that was logged in parts all parts are needed: it is read as a whole if one of them is found.
    """
    steps = dict(plan.steps)
    if "script_text" not in steps or not plan.rows or plan.event_id not in needed.patterns:
        return []
    slots: Slots = list(zip(*plan.rows, strict=True))
    take = needed.among(plan.event_id, steps["script_text"](slots))
    if take is None:
        return []
    if "script_parts" in steps:
        take = [t or (isinstance(n, int) and n > 1) for t, n in zip(take, steps["script_parts"](slots), strict=True)]
    rows = list(plan.rows)
    plan.rows[:] = [row for row, t in zip(rows, take, strict=True) if t]
    return [row for row, t in zip(rows, take, strict=True) if not t]


def _when(plan: Plan, slots: Slots) -> tuple[list[Value], list[Value]]:
    """Give the best time of each record and what it is; a value that is no time is told, and the next best taken."""
    (first, basis), *others = plan.times
    ts: list[Value] = [times.parse(v) for v in slots[first]]
    bases: list[Value] = [basis] * len(ts)
    if None not in ts:
        return ts, bases
    for i, us in enumerate(ts):
        if us is not None:
            continue
        bases[i] = "none"
        _report(slots, first, i)
        for slot, other in others:
            ts[i] = times.parse(slots[slot][i])
            if ts[i] is not None:
                bases[i] = other
                break
            _report(slots, slot, i)
    return ts, bases


def _report(slots: Slots, slot: int, row: int) -> None:
    value = slots[slot][row]
    if converters.text(value) is not None:
        position = slots[POSITION][row]
        remarks = cast("Remarks", slots[FILE][row])
        remarks.no_time(position if isinstance(position, int) else 0, str(value)[:64])


def _derive(made: dict[str, Column | Value], n: int) -> None:
    """Add what follows from other columns: keys, parts of paths, folded twins."""

    def column(name: str) -> Column:
        value = made.get(name)
        return [value] * n if value is None or isinstance(value, str | int) else value

    host_key = made["host_key"] = _each(column("host"), _on_text(identity.host_key))
    made["account_key"] = _every([column("account"), column("account_sid")], identity.account_key)
    if "process_path" in made:
        made["process_name"] = _each(column("process_path"), _on_text(_name))
    for who in ("process", "parent"):
        name = column("process_name") if who == "process" else _each(column("parent_path"), _on_text(_name))
        guid, pid, start = column(f"{who}_guid"), column(f"{who}_id"), column(f"{who}_start")
        if None in guid:
            key = cast("Callable[..., Value]", identity.process_key)
            made[f"{who}_key"] = list(map(key, guid, host_key, pid, start, name))
        else:
            made[f"{who}_key"] = guid
    if "file_path" in made:
        places = [paths.split(p) if isinstance(p, str) else _NOWHERE for p in column("file_path")]
        made["file_dir"], made["file_name"], made["file_ext"] = zip(*places, strict=True)
    for name in _FOLDED.intersection(made):
        value = made[name]
        made[f"{name}_lc"] = (
            fold(value) if isinstance(value, str) else value if value is None else _fold_each(column(name))
        )


_NOWHERE = paths.Place(None, None, None)


def _name(path: str) -> str | None:
    return paths.split(path).name


def _on_text(function: Callable[[str], str | None]) -> Callable[[object], Value]:
    return lambda value: function(value) if isinstance(value, str) else None
