"""
Correlation → one query in the portable profile that gives its runs.

findings, building_blocks, events → rule_id, group_key, first_us, last_us, events, value. For every event the window
of `span_us` that ends with it is judged; windows that hold and overlap make one run, so that a burst is told once.
`events` counts rows of the run, `value` is the largest (for `lt`, `lte` the smallest) measure in it.
An event without a time, or without one of the group's values, belongs to no group: unknown is not equal to unknown.
"""

from collections.abc import Sequence

from stashlight.engines.quoting import quoted
from stashlight.findings.rule import Correlation

__all__ = ["windows"]

_COMPARE = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "=", "neq": "<>"}


def windows(rule_id: str, correlation: Correlation, among: Sequence[str] = ()) -> str:
    """Give the query for one correlation; `among` are conditions on events `e`, one for each of its rules, or none."""
    measured = {
        "event_count": _event_count,
        "value_count": _value_count,
        "temporal": _temporal,
        "temporal_ordered": _temporal_ordered,
        "value_sum": _value_sum,
        "value_avg": _value_avg,
    }[correlation.type](correlation)
    return f"WITH {_hits(correlation, among)}, {_moments(correlation)}, {measured}, {_runs(rule_id, correlation)}"


def _hits(correlation: Correlation, among: Sequence[str]) -> str:
    """
    Give CTE `hits`: a row per (rule, event) with its group's number g, the field's values v0…, and weight w.

    `groups` has the values g0… behind each number: windows are sorted by it, and texts sort slowly. Groups that all
    their events together cannot lift over the threshold are left out.
    """
    parts: list[str] = []
    for number, rule in enumerate(correlation.rules):
        groups = correlation.group_by[number]
        values = correlation.field[number] if correlation.field else ()
        columns = [f"TRY_CAST(e.{c} AS VARCHAR) AS g{i}" for i, c in enumerate(groups)]
        columns += [f"e.{c} AS v{i}" for i, c in enumerate(values)]
        known = [f"NOT e.{c} IS NULL" for c in (*groups, *values)] + list(among[number : number + 1])
        parts += [
            f"SELECT {number} AS step, h.event_key, h.ts_us, COALESCE(e.weight, 1) AS w"
            + "".join(f", {c}" for c in columns)
            + f" FROM {table} AS h JOIN events AS e ON e.event_key = h.event_key"
            f" WHERE h.rule_id = {quoted(rule)} AND NOT h.ts_us IS NULL" + "".join(f" AND {k}" for k in known)
            for table in ("findings", "building_blocks")
        ]
    union = " UNION ALL ".join(parts)
    if not correlation.group_by[0]:
        return f"hits AS ({union})"
    names = [f"g{i}" for i in range(len(correlation.group_by[0]))]
    keys = ", ".join(names)
    order = ", ".join(f"{name} NULLS FIRST" for name in names)
    can_hold = ""
    if correlation.type == "event_count" and correlation.operator in {"gt", "gte"}:
        can_hold = f" HAVING {_whole('SUM(w)')} {_COMPARE[correlation.operator]} {correlation.count}"
    values = "".join(f", r.v{i}" for i in range(len(correlation.field[0]) if correlation.field else 0))
    same = " AND ".join(f"r.{name} = k.{name}" for name in names)
    return (
        f"known AS ({union}), "
        f"groups AS (SELECT {keys}, ROW_NUMBER() OVER (ORDER BY {order}) AS g FROM known GROUP BY {keys}{can_hold}), "
        f"hits AS (SELECT r.step, r.event_key, r.ts_us, r.w, k.g{values} FROM known AS r JOIN groups AS k ON {same})"
    )


def _moments(correlation: Correlation) -> str:
    """
    Give CTE `moments`: a row per group and time, with its events, `so_far` with those before, and sums.

    A window takes all that happened at its ends, so all events of one time see the same: it is judged once.
    """
    groups = _groups(correlation)
    keys = "".join(f"{g}, " for g in groups)
    # Findings have an event once for each rule.
    events = "COUNT(*)" if len(correlation.rules) == 1 else "COUNT(DISTINCT event_key)"
    # A row may stand for many acts (Defender's aggregated reports), so acts are counted.
    sums = {"event_count": "w", "value_sum": "v0", "value_avg": "v0"}
    total = f", {_whole(f'SUM({sums[correlation.type]})')} AS total" if correlation.type in sums else ""
    total += ", COUNT(*) AS n" if correlation.type == "value_avg" else ""
    return (
        f"times AS (SELECT {keys}ts_us, {_whole(events)} AS events{total} FROM hits GROUP BY {keys}ts_us), "
        f"moments AS (SELECT *, {_whole(f'SUM(events) {_so_far(groups)}')} AS so_far FROM times)"
    )


def _event_count(correlation: Correlation) -> str:
    return _summed(correlation)


def _value_sum(correlation: Correlation) -> str:
    return _summed(correlation)


def _value_avg(correlation: Correlation) -> str:
    # avg ? n is sum - n * count ? 0: whole numbers on every engine. `value` is then the sum.
    return _summed(correlation, f", {_whole(f'SUM(n) {_window(correlation)}')} AS many")


def _summed(correlation: Correlation, more: str = "") -> str:
    window = _window(correlation)
    return (
        f"measured AS (SELECT *, {_whole(f'SUM(total) {window}')} AS value{more},"
        f" {_starts(correlation)} AS start_us FROM moments)"
    )


def _value_count(correlation: Correlation) -> str:
    return _distinct(correlation, [f"v{i}" for i in range(len(correlation.field[0]))])


def _temporal(correlation: Correlation) -> str:
    return _distinct(correlation, ["step"])


def _distinct(correlation: Correlation, values: list[str]) -> str:
    """
    Count distinct values by a sweep: no self-join, so a burst of 20,000 events costs what it reads.

    A value is alive from a time until the next with the same value or until it leaves the window; the running
    sum of births and deaths is the number alive.
    """
    groups = _groups(correlation)
    alive = (
        f"seen AS (SELECT DISTINCT {', '.join([*groups, *values])}, ts_us FROM hits), "
        f"alive AS (SELECT *, LEAD(ts_us) OVER ({_partition([*groups, *values])}"
        " ORDER BY ts_us NULLS FIRST) AS next_us FROM seen)"
    )
    span = correlation.span_us + 1
    keys = "".join(f"{g}, " for g in groups)
    changes = (
        f"changes AS (SELECT {keys}ts_us, 1 AS change FROM alive UNION ALL SELECT {keys}"
        f"LEAST(COALESCE(next_us, ts_us + {span}), ts_us + {span}) AS ts_us, -1 AS change FROM alive)"
    )
    by_time = f"by_time AS (SELECT {keys}ts_us, {_whole('SUM(change)')} AS change FROM changes GROUP BY {keys}ts_us)"
    running = _whole(f"SUM(change) {_so_far(groups)}")
    counted = f"counted AS (SELECT {keys}ts_us, {running} AS value FROM by_time)"
    same = " AND ".join([*(f"c.{g} = m.{g}" for g in groups), "c.ts_us = m.ts_us"])
    measured = (
        "measured AS (SELECT m.*, c.value AS value, "
        f"{_starts(correlation, 'm.')} AS start_us FROM moments AS m JOIN counted AS c ON {same})"
    )
    return f"{alive}, {changes}, {by_time}, {counted}, {measured}"


def _temporal_ordered(correlation: Correlation) -> str:
    """
    Carry, step by step, the latest start of a chain that has come this far.

    Events of the same microsecond may stand in either order; `value` is the number of steps.
    """
    groups = _groups(correlation)
    keys = "".join(f"{g}, " for g in groups)
    window = _so_far(groups)
    steps = [
        f"seen AS (SELECT DISTINCT {keys}step, ts_us FROM hits)",
        "reached0 AS (SELECT *, CASE WHEN step = 0 THEN ts_us END AS start0 FROM seen)",
    ]
    last = len(correlation.rules) - 1
    for step in range(1, last + 1):
        before = f"MAX(start{step - 1}) {window}"
        steps.append(
            f"reached{step} AS (SELECT *, CASE WHEN step = {step} THEN {before} END AS start{step}"
            f" FROM reached{step - 1})"
        )
    steps.append(
        f"measured AS (SELECT {keys}ts_us, {last + 1} AS value, start{last} AS start_us FROM reached{last}"
        f" WHERE start{last} >= ts_us - {correlation.span_us})"
    )
    return ", ".join(steps)


def _runs(rule_id: str, correlation: Correlation) -> str:
    groups = _groups(correlation)
    by_group = _partition(groups)
    keys = "".join(f"{g}, " for g in groups)
    order = f"OVER ({by_group} ORDER BY ts_us NULLS FIRST"
    held = f"held AS (SELECT *, LAG(ts_us) {order}) AS before_us FROM measured WHERE {_holds(correlation)})"
    opened = "opened AS (SELECT *, CASE WHEN start_us <= before_us THEN 0 ELSE 1 END AS opens FROM held)"
    numbered = f"numbered AS (SELECT *, {_whole(f'SUM(opens) {_so_far(groups)}')} AS run FROM opened)"
    extreme = "MIN" if correlation.operator in {"lt", "lte"} else "MAX"
    spans = (
        f"spans AS (SELECT {keys}run, MIN(start_us) AS first_us, MAX(ts_us) AS last_us, {extreme}(value) AS value"
        f" FROM numbered GROUP BY {keys}run)"
    )
    # One join with the moments: of two, a planner may pair every moment of a group with every other first.
    ends = "ends AS (SELECT *, first_us AS ts_us FROM spans UNION ALL SELECT *, last_us AS ts_us FROM spans)"
    same = " AND ".join([*(f"m.{g} = s.{g}" for g in groups), "m.ts_us = s.ts_us"])
    outer = [f"k.g{i}" for i in range(len(correlation.group_by[0]))]
    by = ", ".join([*outer, "s.run", "s.first_us", "s.last_us", "s.value"])
    named = " JOIN groups AS k ON k.g = s.g" if groups else ""
    return (
        f"{held}, {opened}, {numbered}, {spans}, {ends} "
        f"SELECT {quoted(rule_id)} AS rule_id, {_group_key(outer)} AS group_key, s.first_us, s.last_us, "
        f"MAX(m.so_far) - MIN(m.so_far - m.events) AS events, s.value AS value "
        f"FROM ends AS s JOIN moments AS m ON {same}{named} GROUP BY {by}"
    )


def _holds(correlation: Correlation) -> str:
    compare = _COMPARE[correlation.operator]
    if correlation.type == "value_avg":
        return f"value {compare} {correlation.count} * many"
    return f"value {compare} {correlation.count}"


def _group_key(groups: list[str]) -> str:
    """Give the group's values as one text to show; groups are kept apart by their values, not by this text."""
    if not groups:
        return "''"
    return " || ' | ' || ".join(groups)


def _groups(correlation: Correlation) -> list[str]:
    return ["g"] if correlation.group_by[0] else []


def _partition(columns: list[str]) -> str:
    return f"PARTITION BY {', '.join(columns)}" if columns else ""


def _window(correlation: Correlation, prefix: str = "") -> str:
    columns = [prefix + g for g in _groups(correlation)]
    return (
        f"OVER ({_partition(columns)} ORDER BY {prefix}ts_us NULLS FIRST"
        f" RANGE BETWEEN {correlation.span_us} PRECEDING AND CURRENT ROW)"
    )


def _so_far(groups: list[str]) -> str:
    return f"OVER ({_partition(groups)} ORDER BY ts_us NULLS FIRST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"


def _starts(correlation: Correlation, prefix: str = "") -> str:
    return f"MIN({prefix}ts_us) {_window(correlation, prefix)}"


def _whole(sum_sql: str) -> str:
    return f"TRY_CAST({sum_sql} AS BIGINT)"
