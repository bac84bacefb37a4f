"""
Record → row of the event table.

A record costs one look-up of its plan and a few `dict.get`; what they give is kept as it is. Converting is done by
columns when a table is asked for (plan.py), once for each distinct value, since images, hosts and accounts repeat.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import repeat
from typing import cast

import pyarrow as pa

from stashlight.decoders import Picked, Record
from stashlight.errors import Problem
from stashlight.events import arrow, converters
from stashlight.events.clocks import Clocks, Timed, Value
from stashlight.events.coded import Coded, repeated
from stashlight.events.needed import ALL_NEEDED, Needed
from stashlight.events.picks import meaning_of
from stashlight.events.plan import (
    AS_CREATED,
    AS_FILE,
    FILE,
    PROVIDER,
    Plan,
    Rows,
    clock_readings,
    columns,
    compile_plan,
    unneeded,
)
from stashlight.events.remarks import Remarks
from stashlight.events.schema import ARROW, CODED, Kind, chosen, fold
from stashlight.events.tally import Tally
from stashlight.events.vocabularies import VOCABULARIES
from stashlight.events.vocabulary import Vocabulary
from stashlight.events.wrapping import Told, Wrapping
from stashlight.events.wrappings import recognise

__all__ = ["Normaliser"]

# Hostile records must not make look-ups grow for ever.
_MAX_PLANS = 10_000
_MAX_UNMAPPED = 1_000
_OTHERS = ("(others)", "")

_BY_NAME: Mapping[str, Vocabulary] = {v.name: v for v in VOCABULARIES}
_BY_PROVIDER: Mapping[str, Vocabulary] = {p: v for v in VOCABULARIES for p in v.providers}
_BY_CHANNEL: Mapping[str, Vocabulary] = {c: v for v in VOCABULARIES for c in v.channels}
# An ActionType taken here occurs in one table only.
_BY_ACTION = {fold(key[1]): (v, key) for v in VOCABULARIES for key in v.events if isinstance(key, tuple)}

_FEW_ROWS = 4_000

Unmapped = tuple[str, str]
Columns = dict[str, Coded | Value]


class Normaliser:
    """
    Turns the records of a file, or of several one after another (`begin`), into event rows.

    `unmapped` counts events that no kind stands for by (provider or channel, id); `records` every record given.
    Script blocks that are not `needed` are counted in `spared`, and no rows are made of them.
    """

    def __init__(self, file: str, needed: Needed = ALL_NEEDED, spared: Tally | None = None) -> None:
        self.remarks = [Remarks(file)]
        self.needed = needed
        self.spared = spared or Tally()
        self.records = 0
        self.unmapped: Counter[Unmapped] = Counter()
        self._plans: dict[tuple[str, int | tuple[str, str]], Plan] = {}
        self._known: dict[tuple[object, ...], Plan | Unmapped] = {}
        self._clocks = Clocks()
        self._spared: list[Timed] = []
        self.rows = 0
        """Rows that wait for the next `table()`, those that it will only count included."""

    def begin(self, file: str) -> None:
        """Take the records that follow as those of this file. Small files share tables: each would cost a table's price."""
        self.remarks.append(Remarks(file))

    def add(self, record: Record) -> None:
        """Take one record in; what it means shows in `table()`, `unmapped` or `problems`."""
        self.records += 1
        fields = record.fields
        wrapping = recognise(fields)
        if wrapping is None:
            self.remarks[-1].not_known(record)
            return
        told = wrapping.read(fields)
        key = (wrapping.name, told.provider, told.channel, told.event_id)
        try:
            plan = self._known.get(key)
        except TypeError:
            # A list or an object where a name should be.
            told = told._replace(
                provider=_scalar(told.provider), channel=_scalar(told.channel), event_id=_scalar(told.event_id)
            )
            key = (wrapping.name, told.provider, told.channel, told.event_id)
            plan = self._known.get(key)
        if plan is None:
            plan = self._look_up(wrapping, told)
            if len(self._known) < _MAX_PLANS:
                self._known[key] = plan
        if isinstance(plan, tuple):
            self._not_mapped(plan)
            return
        data = told.data
        if plan.only and not plan.takes(data):
            self._not_mapped((plan.vocabulary, str(plan.event_id)))
            return
        get = data.get
        row = [
            record.raw,
            record.position,
            told.provider,
            told.channel,
            told.host,
            told.created,
            told.arrival,
            self.remarks[-1],
        ]
        if plan.needs_actor:
            row += wrapping.actor(fields)
        row += [get(name) for name in plan.fields]
        plan.rows.append(row)
        self.rows += 1

    def pick(self, picked: Picked) -> None:
        """Take in records whose values were taken by columns."""
        n = len(picked.keys)
        self.records += n + picked.others
        self.rows += n
        vocabulary, event_id = meaning_of(self.needed.columns)[picked.pick]
        if picked.others:
            self._not_mapped((vocabulary.name, str(event_id)), picked.others)
        if not n:
            return
        told, fields = picked.columns[: FILE - PROVIDER], picked.columns[FILE - PROVIDER :]
        slots = [
            Coded(picked.keys),
            Coded(picked.positions),
            *(Coded(values, codes) for codes, values in told),
            Coded(self.remarks, picked.files),
            *(Coded(values, codes) for codes, values in fields),
        ]
        self._plan(vocabulary, event_id).sifted.append(Rows(slots, picked.bytes))

    def pass_over(self, provider: str, event_id: int, records: int) -> None:
        """Count records of somebody who is no vocabulary's provider."""
        self.records += records
        self._not_mapped((provider[:128], str(event_id)[:32]), records)

    def sift(self) -> int:
        """Let go of the rows that are not needed; give how many bytes of records the others hold."""
        for plan in self._plans.values():
            if (rows := unneeded(plan, self.needed)) is not None:
                self._spared.append(clock_readings(plan, rows))
        return sum(plan.bytes for plan in self._plans.values())

    def table(self) -> pa.Table:
        """Give the rows since the last call, in schema.ARROW, grouped by meaning, in order of reading within each."""
        return arrow.plain(self.coded_table(), ARROW)

    def coded_table(self) -> pa.Table:
        """As `table`, of the `needed` columns; if there are many rows, in schema.CODED without columns that have no value."""
        self.sift()
        self.rows = 0
        made = [(len(plan), columns(plan, plan.take())) for plan in self._plans.values() if len(plan)]
        timed = [_timed(columns, n) for n, columns in made]
        self._clocks.put_right([*timed, *self._spared])
        for each in self._spared:
            self.spared.spare(str(Kind.SCRIPT_BLOCK), each.ts)
        self._spared.clear()
        if not made:
            return chosen(ARROW, self.needed.columns).empty_table()
        if sum(n for n, _ in made) < _FEW_ROWS:
            return _together(made, chosen(ARROW, self.needed.columns))
        schema = chosen(CODED, self.needed.columns)
        return arrow.joined([_assemble(columns, n, schema) for n, columns in made])

    @property
    def problems(self) -> list[Problem]:
        """What could not be understood so far; times are looked at in `table()`."""
        return [problem for each in self.remarks for problem in each.problems]

    def _look_up(self, wrapping: Wrapping, told: Told) -> Plan | Unmapped:
        """Find what an event means that looks like this one: a plan, or the name under which it is counted."""
        if wrapping.is_told_by_action:
            return self._look_up_action(told)
        provider, channel = _folded(told.provider), _folded(told.channel)
        vocabulary = _BY_PROVIDER.get(provider) if provider else _BY_CHANNEL.get(channel)
        event_id = converters.number(told.event_id)
        meaning = vocabulary.events.get(event_id) if vocabulary and event_id is not None else None
        if vocabulary is None or event_id is None or meaning is None:
            return str(told.provider or told.channel or "")[:128], str(told.event_id)[:32]
        return self._plan(vocabulary, event_id)

    def _plan(self, vocabulary: Vocabulary, event_id: int) -> Plan:
        key = (vocabulary.name, event_id)
        if key not in self._plans:
            self._plans[key] = _plan(vocabulary.name, event_id, self.needed.columns)
        return self._plans[key]

    def _look_up_action(self, told: Told) -> Plan | Unmapped:
        table, action = _folded(told.channel).rpartition("-")[2], _folded(told.event_id)
        vocabulary, key = _BY_ACTION.get(action, (None, ("", "")))
        if vocabulary is None or (table and table != fold(key[0])):
            return str(told.channel or "defender")[:128], str(told.event_id)[:64]
        plan_key = (vocabulary.name, key)
        if plan_key not in self._plans:
            self._plans[plan_key] = _plan(vocabulary.name, key, self.needed.columns)
        return self._plans[plan_key]

    def _not_mapped(self, event: Unmapped, records: int = 1) -> None:
        if event not in self.unmapped and len(self.unmapped) >= _MAX_UNMAPPED:
            event = _OTHERS
        self.unmapped[event] += records


def _plan(vocabulary: str, key: int | tuple[str, str], columns: frozenset[str] | None) -> Plan:
    """Give the plan of an event, without rows."""
    return replace(_compiled(vocabulary, key, columns), rows=[], sifted=[])


@lru_cache(maxsize=1024)
def _compiled(vocabulary: str, key: int | tuple[str, str], columns: frozenset[str] | None) -> Plan:
    # Once a process, not once a table: a table of a hundred rows takes not much longer.
    meaning = _BY_NAME[vocabulary].events[key]
    channel, event_id = (None, key) if isinstance(key, int) else (key[0], None)
    return compile_plan(vocabulary, channel, event_id, meaning, columns)


def _together(made: Sequence[tuple[int, Columns]], schema: pa.Schema) -> pa.Table:
    """
    Make one table of all, texts in it.

    Of few rows, making and joining a table for each meaning would cost most, and dictionaries more than they save.
    """
    n = sum(rows for rows, _ in made)
    empty = {kind: arrow.repeated(None, n, kind) for kind in set(schema.types)}
    arrays: list[arrow.AnyArray] = []
    for name, kind in zip(schema.names, schema.types, strict=True):
        values: list[Value] = []
        is_empty = True
        for rows, some in made:
            column = some.get(name)
            is_empty = is_empty and column is None
            values.extend(column.rows if isinstance(column, Coded) else repeat(column, rows))
        arrays.append(empty[kind] if is_empty else arrow.typed(values, kind))
    return pa.Table.from_arrays(arrays, schema=schema)


def _assemble(made: Columns, n: int, schema: pa.Schema) -> pa.Table:
    """Make a table of the columns that have values: most events leave most of the schema empty."""
    full = [
        (name, kind, v)
        for name, kind in zip(schema.names, schema.types, strict=True)
        if (v := made.get(name)) is not None
    ]
    arrays = [(v if isinstance(v, Coded) else repeated(v, n)).arrow(k) for _, k, v in full]
    return pa.Table.from_arrays(arrays, names=[name for name, _, _ in full])


def _timed(made: Columns, n: int) -> Timed:
    """Give the times of the columns; what is put right in them is put right in the columns."""

    def column(name: str) -> Sequence[object]:
        value = made[name]
        return value.rows if isinstance(value, Coded) else [value] * n

    ts, basis = cast("list[Value]", column("ts_us")), cast("list[Value]", column("time_basis"))
    files = cast("Sequence[Remarks]", column(AS_FILE))
    hosts, records = cast("Sequence[Value]", column("host_key")), cast("Sequence[Value]", column("record"))
    return Timed(files, hosts, records, ts, basis, column(AS_CREATED))


def _scalar(value: object) -> object:
    return None if isinstance(value, list | dict) else value


def _folded(value: object) -> str:
    return fold(value.strip()) if isinstance(value, str) else ""
