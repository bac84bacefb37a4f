"""Logs and an id → everything that stands behind it: rules with their SQL, events, and the records as they stood."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

import pyarrow as pa

from stashlight.decoders import ALL, read, sources
from stashlight.engines.duckdb import Engine
from stashlight.errors import InputError
from stashlight.events.loading import load
from stashlight.findings.load import SHIPPED
from stashlight.findings.load import load as load_rules
from stashlight.findings.match import match
from stashlight.findings.rule import RuleSet
from stashlight.incidents.correlate import correlate
from stashlight.incidents.describe import instant
from stashlight.incidents.document import Incident
from stashlight.incidents.explanation import ExplainedEvent, ExplainedRule, Explanation
from stashlight.progress import Progress

__all__ = ["explain"]


def explain(
    id: str,  # noqa: A002 - the command's word
    paths: Sequence[str],
    *,
    rules: Sequence[str | Path] = (),
    format: str | None = None,  # noqa: A002 - the option's name
    strict: bool = False,
    workers: int | None = None,
    events: int = 5,
    progress: Progress | None = None,
) -> Explanation:
    """
    Give what stands behind an incident's id, a rule's id or an event's key; `events` bounds how many are shown.

    Raises:
        InputError: nothing in these logs has that id.
    """
    ruleset = load_rules([SHIPPED, *rules])
    with Engine() as engine:
        load(paths, engine, format=format or "", strict=strict, workers=workers, progress=progress)
        match(engine, ruleset)
        incidents = correlate(engine, ruleset)
        incident = next((i for i in incidents if i.id.lower() == id.lower()), None)
        keys, title = _keys(engine, ruleset, id, incident)
        if not keys:
            known = ", ".join(i.id for i in incidents[:5])
            message = f"nothing in these logs has the id {id!r}" + (
                f"; incidents here: {known}" if known else "; there are no incidents here"
            )
            raise InputError(message)
        by_event = _rules_of(engine, keys)
        shown = keys[: max(events, 0)]
        raws = _raws(engine, shown, paths, format or "")
        counted = Counter(rule for key in keys for rule in by_event.get(key, ()))
        return Explanation(
            incident.id if incident else id,
            title,
            incident,
            _explained(ruleset, counted),
            tuple(_event(row, by_event, raws) for row in _rows(engine, shown)),
            len(keys),
        )


def _keys(engine: Engine, ruleset: RuleSet, wanted: str, incident: Incident | None) -> tuple[list[str], str]:
    """Give (event keys by time, title) of an incident, a rule or an event."""
    if incident is not None:
        return _by_time(engine, [e.event for e in incident.evidence]), incident.title
    rule = next((r for r in ruleset.rules if wanted.lower() in (r.id.lower(), r.name.lower())), None)
    if rule is not None:
        engine.register("wanted_rule", pa.table({"id": [rule.id]}))
        found = engine.rows(
            "SELECT DISTINCT f.event_key FROM findings AS f INNER JOIN wanted_rule AS w ON w.id = f.rule_id"
        )
        return _by_time(engine, [str(k) for (k,) in found]), rule.title
    return _by_time(engine, [wanted.lower()]), f"event {wanted.lower()}"


def _by_time(engine: Engine, keys: Iterable[str]) -> list[str]:
    engine.register("wanted_events", pa.table({"key": pa.array(sorted(set(keys)), pa.string())}))
    sql = (
        "SELECT e.event_key FROM events AS e INNER JOIN wanted_events AS w ON w.key = e.event_key "
        "ORDER BY e.ts_us NULLS LAST, e.event_key NULLS LAST"
    )
    return [str(k) for (k,) in engine.rows(sql)]


def _rules_of(engine: Engine, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    engine.register("wanted_events", pa.table({"key": pa.array(sorted(set(keys)), pa.string())}))
    found: defaultdict[str, list[str]] = defaultdict(list)
    sql = "SELECT f.event_key, f.rule_id FROM findings AS f INNER JOIN wanted_events AS w ON w.key = f.event_key"
    for key, rule in cast("Iterable[tuple[str, str]]", engine.rows(sql)):
        found[key].append(rule)
    return {k: tuple(sorted(set(v))) for k, v in found.items()}


def _explained(ruleset: RuleSet, counted: Counter[str]) -> tuple[ExplainedRule, ...]:
    return tuple(
        ExplainedRule(r.id, r.title, r.level, r.file, r.line, r.text, r.condition, counted[r.id])
        for r in ruleset.rules
        if counted[r.id]
    )


def _rows(engine: Engine, keys: Sequence[str]) -> list[dict[str, object]]:
    engine.register(
        "wanted_events",
        pa.table({"key": pa.array(list(keys), pa.string()), "rank": pa.array(range(len(keys)), pa.int64())}),
    )
    sql = "SELECT e.*, w.rank FROM events AS e INNER JOIN wanted_events AS w ON w.key = e.event_key ORDER BY w.rank NULLS LAST"
    return list(engine.records(sql))


def _event(row: dict[str, object], by_event: dict[str, tuple[str, ...]], raws: dict[str, str]) -> ExplainedEvent:
    key, ts, record = str(row["event_key"]), row["ts_us"], row["record"]
    hidden = {"event_key", "file", "record", "ts_us", "rank"}
    fields = {
        k: v for k, v in row.items() if isinstance(v, (str, int, bool)) and k not in hidden and not k.endswith("_lc")
    }
    return ExplainedEvent(
        key,
        str(row["file"]),
        record if isinstance(record, int) else None,
        instant(ts) if isinstance(ts, int) else None,
        fields,
        by_event.get(key, ()),
        raws.get(key),
    )


def _raws(engine: Engine, keys: Sequence[str], paths: Sequence[str], forced: str) -> dict[str, str]:
    """Read the records of these events again from their files; standard input cannot be read twice."""
    wanted: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for row in _rows(engine, keys):
        if isinstance(row["record"], int):
            wanted[str(row["file"])][row["record"]] = str(row["event_key"])
    found: dict[str, str] = {}
    for source in sources([p for p in paths if p != "-"]):
        if source.name not in wanted:
            continue
        left = dict(wanted[source.name])
        for batch in read(source, ALL, format=forced):
            for record in batch.records:
                key = left.pop(record.position, None)
                if key is not None:
                    found[key] = record.raw.decode("utf-8", "replace")
            if not left:
                break
    return found
