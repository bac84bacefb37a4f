"""One sweep joins what comparing every pair would join."""

from hypothesis import given, settings
from hypothesis import strategies as st

from stashlight.incidents.overlaps import Meetings, Sets

_SPAN = st.tuples(st.integers(0, 30), st.integers(0, 8), st.sampled_from("ab")).map(lambda s: (s[0], s[0] + s[1], s[2]))


def _partition(sets: Sets, size: int) -> list[int]:
    return [sets.find(number) for number in range(size)]


@settings(deadline=None)
@given(st.lists(_SPAN, max_size=12), st.lists(_SPAN, max_size=12))
def test_sweep_joins_what_pairs_join(windows: list[tuple[int, int, str]], spans: list[tuple[int, int, str]]) -> None:
    size = len(windows) + len(spans)
    swept, compared, meetings = Sets(size), Sets(size), Meetings()
    for number, (first, last, key) in enumerate(windows):
        meetings.seek(key, first, last, number)
    for number, (first, last, key) in enumerate(spans, len(windows)):
        meetings.offer(key, first, last, number)
        for seeker, (begin, end, sought) in enumerate(windows):
            if sought == key and begin <= last and first <= end:
                compared.join(seeker, number)
    meetings.join(swept)
    assert _partition(swept, size) == _partition(compared, size)


def test_a_window_that_ends_before_it_begins_meets_nothing() -> None:
    sets, meetings = Sets(2), Meetings()
    meetings.seek("k", 9, 3, 0)
    meetings.offer("k", 1, 10, 1)
    meetings.join(sets)
    assert sets.find(1) == 1


def test_ten_thousand_of_each_take_no_product() -> None:
    """Compared pair by pair this is a hundred million comparisons."""
    count = 10_000
    sets, meetings = Sets(2 * count), Meetings()
    for number in range(count):
        meetings.seek("k", 0, count, number)
        meetings.offer("k", number, count, count + number)
    meetings.join(sets)
    assert {sets.find(number) for number in range(2 * count)} == {0}
