"""The best time of a record, whichever of its times say anything."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from stashlight.events import converters, times
from stashlight.events.coded import Coded
from stashlight.events.plan import by_slots, columns, compile_plan
from stashlight.events.remarks import Remarks
from stashlight.events.sysmon import EVENTS

_SAID = st.sampled_from([None, "", "-", "never", "2024-02-28 18:16:37.381", "2024-02-29T01:02:03Z"])
_SILENT = st.sampled_from([None, "", "-"])
_TIMES = st.one_of(st.tuples(_SAID, _SAID, _SAID), st.tuples(_SILENT, _SAID, _SAID), st.tuples(_SILENT, _SILENT, _SAID))


def _alone(said: Sequence[str | None], position: int, remarks: Remarks) -> tuple[int | None, str]:
    """Take the first that is a time, telling of what is none before it."""
    for value, basis in zip(said, ("event", "created", "arrival"), strict=True):
        if (us := times.parse(value)) is not None:
            return us, basis
        if converters.text(value) is not None:
            remarks.no_time(position, str(value))
    return None, "none"


@given(st.lists(_TIMES, min_size=1, max_size=6).map(lambda some: some * 7))
def test_best_time_is_that_of_each_record_alone(said: list[tuple[str | None, str | None, str | None]]) -> None:
    """What no record says is passed over for all of them at once."""
    plan = compile_plan("sysmon", None, 11, EVENTS[11])
    told, expected = Remarks("f"), Remarks("f")
    rows: list[list[object]] = [
        [b"{}", i, "p", "c", "h", created, arrival, told, *(utc if name == "UtcTime" else None for name in plan.fields)]
        for i, (utc, created, arrival) in enumerate(said)
    ]
    made = columns(plan, by_slots(rows))
    best, basis = made["ts_us"], made["time_basis"]
    assert isinstance(best, Coded)
    assert isinstance(basis, Coded)
    assert list(zip(best.rows, basis.rows, strict=True)) == [_alone(s, i, expected) for i, s in enumerate(said)]
    assert told.problems == expected.problems
