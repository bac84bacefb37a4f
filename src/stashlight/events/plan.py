"""
What to fetch from a record that means something, and how its values become columns: compiled once, run by columns.

Names: a *slot* is one value kept of a record; the first eight are of the wrapping, the rest are the fields that the
meaning asks for. `columns` turns the slots of many records into the columns of the schema.
"""

from collections.abc import Callable, Sequence
from dataclasses import field
from functools import cache
from hashlib import blake2b
from typing import cast

from stashlight.events import converters, identity, paths, times
from stashlight.events.clocks import Timed, Value
from stashlight.events.coded import Coded, coded, each, every, first, joined, only, repeated
from stashlight.events.needed import Needed
from stashlight.events.remarks import Remarks
from stashlight.events.schema import COLUMNS, KEYS, fold
from stashlight.events.vocabulary import Every, First, Meaning, Source
from stashlight.frozen import frozen

__all__ = [
    "ACTOR",
    "AS_CREATED",
    "AS_FILE",
    "CHANNEL",
    "CREATED",
    "HOST",
    "POSITION",
    "PROVIDER",
    "RAW",
    "WRAPPED",
    "Column",
    "Plan",
    "Rows",
    "Value",
    "clock_readings",
    "columns",
    "compile_plan",
    "unneeded",
]

Column = Sequence[Value]
Slots = Sequence[Coded]

RAW, POSITION, PROVIDER, CHANNEL, HOST, CREATED, ARRIVAL, FILE = range(8)
WRAPPED = {"@host": HOST, "@created": CREATED, "@arrival": ARRIVAL}
ACTOR = {"@user_sid": 8, "@user_name": 9, "@user_domain": 10, "@pid": 11, "@message": 12}

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

_FEW_VALUES = 8
"""What says nothing can be written in that many ways."""

# Columns that no schema has: they only serve to make keys.
_STARTS = frozenset({"process_start", "parent_start"})

_MADE_OF: dict[str, tuple[str, ...]] = {
    "host_key": ("host",),
    "account_key": ("account", "account_sid"),
    "process_name": ("process_path",),
    "process_key": ("process_guid", "process_id", "process_start", "process_name", "host_key"),
    "parent_key": ("parent_guid", "parent_id", "parent_start", "parent_path", "host_key"),
    "file_dir": ("file_path",),
    "file_name": ("file_path",),
    "file_ext": ("file_path",),
    **{f"{name}_lc": (name,) for name in _FOLDED},
}
"""Columns that follow from others: see `_derive`."""


@cache
def _asked(columns: frozenset[str] | None) -> frozenset[str] | None:
    """Give the columns that these and the KEYS are made of, themselves included; None for all."""
    if columns is None:
        return None
    found: set[str] = set()
    left = [*columns, *KEYS]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _MADE_OF.get(name, ())
    return frozenset(found)


@frozen
class Rows:
    """
    Records by slots, and how many bytes they have.

    RAW is the record's bytes, or its event key where whoever read it made that already.
    """

    slots: Slots
    bytes: int

    def __len__(self) -> int:
        return len(self.slots[RAW])


@frozen
class Plan:
    """
    A meaning made ready to run; `fields` are fetched from the event's data after the wrapping's own slots.

    `rows` wait as they were read, `sifted` by slots. `asked` are the columns to make; None are all.
    """

    vocabulary: str
    channel: str | None
    event_id: int | None
    meaning: Meaning
    fields: tuple[str, ...]
    needs_actor: bool
    only: tuple[tuple[str, frozenset[str]], ...]
    steps: tuple[tuple[str, Callable[[Slots], Coded]], ...]
    times: tuple[tuple[int, str], ...]
    asked: frozenset[str] | None = None
    rows: list[list[object]] = field(default_factory=list[list[object]])
    sifted: list[Rows] = field(default_factory=list[Rows])

    def takes(self, data: dict[str, object]) -> bool:
        """Tell whether an event whose meaning depends on a value has it."""
        return all(fold(converters.text(data.get(name)) or "") in values for name, values in self.only)

    def makes(self, column: str) -> bool:
        """Tell whether anybody asks of a column, or of what is made of it."""
        return self.asked is None or column in self.asked

    def __len__(self) -> int:
        return len(self.rows) + sum(map(len, self.sifted))

    @property
    def bytes(self) -> int:
        """How many bytes the records have that wait."""
        waiting = sum(len(cast("bytes", row[RAW])) for row in self.rows)
        return waiting + sum(rows.bytes for rows in self.sifted)

    def take(self) -> Rows:
        """Give all rows that wait."""
        if self.rows:
            self.sifted.append(by_slots(self.rows))
            self.rows.clear()
        some = list(self.sifted)
        self.sifted.clear()
        if len(some) == 1:
            return some[0]
        slots = [joined(columns) for columns in zip(*(rows.slots for rows in some), strict=True)]
        return Rows(slots, sum(rows.bytes for rows in some))


def by_slots(rows: Sequence[Sequence[object]]) -> Rows:
    """Turn rows into columns."""
    slots = [
        Coded(values) if slot in {RAW, POSITION} else coded(values)
        for slot, values in enumerate(zip(*rows, strict=True))
    ]
    return Rows(slots, sum(len(raw) for raw in slots[RAW].values))


def compile_plan(
    vocabulary: str,
    channel: str | None,
    event_id: int | None,
    meaning: Meaning,
    columns: frozenset[str] | None = None,
) -> Plan:
    """
    Make a meaning ready: give each field that it asks for a slot, and each column a function of the slots.

    Only fields are fetched of which these `columns` of the schema, and its KEYS, are made; None are all.
    """
    asked = _asked(columns)
    sources = {name: source for name, source in meaning.columns.items() if asked is None or name in asked}
    names = dict.fromkeys([name for source in sources.values() for name in _names(source)])
    needs_actor = any(name in ACTOR for name in names)
    fields = tuple(dict.fromkeys([*meaning.times, *(name for name in names if not name.startswith("@"))]))
    own = FILE + 1 + (len(ACTOR) if needs_actor else 0)
    slots = {**WRAPPED, **ACTOR, **{name: own + i for i, name in enumerate(fields)}}
    steps = tuple((column, _step(column, source, slots)) for column, source in sources.items())
    when = (*((slots[name], "event") for name in meaning.times), (CREATED, "created"), (ARRIVAL, "arrival"))
    only = tuple(meaning.only.items())
    return Plan(vocabulary, channel, event_id, meaning, fields, needs_actor, only, steps, when, asked)


def _names(source: Source) -> tuple[str, ...]:
    return (source,) if isinstance(source, str) else source.names


def _step(column: str, source: Source, slots: dict[str, int]) -> Callable[[Slots], Coded]:
    indices = [slots[name] for name in _names(source)]
    if isinstance(source, Every):
        combine = converters.MANY[source.by]
        return lambda rows: every([rows[i] for i in indices], combine)
    if column in _STARTS:
        convert: Callable[[object], Value] = times.parse
    else:
        convert = converters.ONE[source.by] if isinstance(source, First) and source.by else _CONVERTER[column]
    if len(indices) == 1:
        index = indices[0]
        return lambda rows: each(rows[index], convert)
    return lambda rows: first([each(rows[i], convert) for i in indices])


def columns(plan: Plan, rows: Rows) -> dict[str, Coded | Value]:
    """Give the columns of the plan's rows; a single value stands for a column that is the same all through."""
    slots = rows.slots
    made: dict[str, Coded | Value] = {"weight": 1, "is_lower_bound": False, **plan.meaning.constants}
    made["event_key"] = _keys(slots[RAW])
    made["record"] = slots[POSITION]
    files: Sequence[Remarks] = slots[FILE].values
    made["file"] = files[0].file if len(files) == 1 else each(slots[FILE], _file)
    made["provider"] = plan.vocabulary
    made["channel"] = plan.channel or each(slots[CHANNEL], converters.text)
    made["provider_name"] = None if plan.channel else each(slots[PROVIDER], converters.text)
    made["event_id"] = plan.event_id
    made["kind"] = str(plan.meaning.kind)
    made["host"] = each(slots[HOST], converters.text)
    for column, step in plan.steps:
        made[column] = step(slots)
    ts, bases = _when(plan, slots)
    made["ts_us"], made["time_basis"] = Coded(ts), Coded(bases)
    made[AS_CREATED], made[AS_FILE] = slots[CREATED], slots[FILE]
    _derive(made, len(rows), plan)
    return made


def _keys(raw: Coded) -> Coded:
    return raw if set(map(type, raw.values)) == {str} else each(raw, _key)


def _key(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else blake2b(raw, digest_size=16).hexdigest()


def _file(remarks: Remarks) -> str:
    return remarks.file


def clock_readings(plan: Plan, rows: Rows) -> Timed:
    """Give of rows that nobody needs what is still told of them: when they were, as far as clocks can be trusted."""
    slots = rows.slots
    hosts = each(each(slots[HOST], converters.text), _on_text(identity.host_key))
    ts, bases = _when(plan, slots)
    return Timed(slots[FILE].rows, hosts.rows, slots[POSITION].rows, ts, bases, slots[CREATED].rows)


def unneeded(plan: Plan, needed: Needed) -> Rows | None:
    """
    Take out of the plan's rows those of script blocks that nobody will look at, and give them.

    Of a block that was logged in parts all parts are needed: it is read as a whole if one of them is found.
    """
    steps = dict(plan.steps)
    if "script_text" not in steps or not len(plan) or plan.event_id not in needed.patterns:
        return None
    rows = plan.take()
    slots = rows.slots
    take = needed.among(plan.event_id, steps["script_text"](slots).rows)
    if take is None:
        plan.sifted.append(rows)
        return None
    if "script_parts" in steps:
        parts = steps["script_parts"](slots).rows
        take = [t or (isinstance(n, int) and n > 1) for t, n in zip(take, parts, strict=True)]
    left = [not t for t in take]
    if any(take):
        share = rows.bytes * sum(take) // len(take)
        plan.sifted.append(Rows([only(slot, take) for slot in slots], share))
    return Rows([only(slot, left) for slot in slots], 0) if any(left) else None


def _when(plan: Plan, slots: Slots) -> tuple[list[Value], list[Value]]:
    """Give the best time of each record and what it is; a value that is no time is told, and the next best taken."""
    (best, basis), *others = plan.times
    while others and _is_silent(slots[best]):
        # No record has it.
        (best, basis), *others = others
    ts: list[Value] = list(each(slots[best], times.parse).rows)
    bases: list[Value] = [basis] * len(ts)
    if None not in ts:
        return ts, bases
    written = {slot: slots[slot].rows for slot, _ in plan.times}
    files, positions = slots[FILE].rows, slots[POSITION].rows
    for i, us in enumerate(ts):
        if us is not None:
            continue
        bases[i] = "none"
        _report(written[best][i], positions[i], files[i])
        for slot, other in others:
            ts[i] = times.parse(written[slot][i])
            if ts[i] is not None:
                bases[i] = other
                break
            _report(written[slot][i], positions[i], files[i])
    return ts, bases


def _is_silent(column: Coded) -> bool:
    return len(column.values) < _FEW_VALUES and all(converters.text(value) is None for value in column.values)


def _report(value: object, position: int, remarks: Remarks) -> None:
    if converters.text(value) is not None:
        remarks.no_time(position, str(value)[:64])


def _derive(made: dict[str, Coded | Value], n: int, plan: Plan) -> None:
    """Add what follows from other columns: keys, parts of paths, folded twins."""

    def column(name: str) -> Coded:
        value = made.get(name)
        return value if isinstance(value, Coded) else repeated(value, n)

    host_key = made["host_key"] = each(column("host"), _on_text(identity.host_key))
    if plan.makes("account_key"):
        made["account_key"] = every([column("account"), column("account_sid")], identity.account_key)
    if "process_path" in made and plan.makes("process_name"):
        made["process_name"] = each(column("process_path"), _on_text(_name))
    for who in ("process", "parent"):
        if not plan.makes(f"{who}_key"):
            continue
        guid = column(f"{who}_guid")
        if None in guid.values:
            name = column("process_name") if who == "process" else each(column("parent_path"), _on_text(_name))
            made[f"{who}_key"] = every(
                [guid, host_key, column(f"{who}_id"), column(f"{who}_start"), name], identity.process_key
            )
        else:
            made[f"{who}_key"] = guid
    if "file_path" in made:
        places = each(column("file_path"), _place)
        for name, values in zip(("file_dir", "file_name", "file_ext"), zip(*places.values, strict=True), strict=True):
            made[name] = Coded(values, places.codes)
    for name in _FOLDED.intersection(made):
        if not plan.makes(f"{name}_lc"):
            continue
        value = made[name]
        made[f"{name}_lc"] = each(value, _on_text(fold)) if isinstance(value, Coded) else _folded(value)


def _folded(value: Value) -> Value:
    return fold(value) if isinstance(value, str) else value


_NOWHERE = paths.Place(None, None, None)


def _place(path: object) -> paths.Place:
    return paths.split(path) if isinstance(path, str) else _NOWHERE


def _name(path: str) -> str | None:
    return paths.split(path).name


def _on_text(function: Callable[[str], str | None]) -> Callable[[object], Value]:
    return lambda value: function(value) if isinstance(value, str) else None
