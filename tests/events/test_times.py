"""Times: every form that a vocabulary writes, and none that is not one."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stashlight.events.times import EARLIEST, LATEST, has_zone, iso, parse

US = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2100, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive

FORMS = {
    "2024-02-28 18:15:53.977": "2024-02-28T18:15:53.977000Z",  # Sysmon UtcTime
    "2024-02-28T18:15:53.9770000Z": "2024-02-28T18:15:53.977000Z",  # wevtutil, seven digits
    "2024-02-28T18:15:53.9778829Z": "2024-02-28T18:15:53.977882Z",  # Defender
    "2022-05-11T18:10:20.399931000Z": "2022-05-11T18:10:20.399931Z",  # Sysmon for Linux, nine digits
    "2024-02-28T18:15:53.977+0000": "2024-02-28T18:15:53.977000Z",  # Sumo JSON
    "2024-02-28T18:15:53.977+00:00": "2024-02-28T18:15:53.977000Z",  # Splunk
    "2024-02-28T14:15:53-04:00": "2024-02-28T18:15:53Z",
    "2024-02-28 18:15:53 UTC": "2024-02-28T18:15:53Z",
    "20240228181553.977000-000": "2024-02-28T18:15:53.977000Z",  # WMI
    "20240228141553.977000-240": "2024-02-28T18:15:53.977000Z",  # WMI, offset in minutes
    "/Date(1709144153977)/": "2024-02-28T18:15:53.977000Z",  # ConvertTo-Json
    "1652292621.986": "2022-05-11T18:10:21.986000Z",  # auditd
    1709144153977: "2024-02-28T18:15:53.977000Z",  # Sumo _messageTime
    1709144153.977: "2024-02-28T18:15:53.977000Z",  # HEC
    1709144153: "2024-02-28T18:15:53Z",
    1709144153977000: "2024-02-28T18:15:53.977000Z",
    1709144153977000000: "2024-02-28T18:15:53.977000Z",
    "2/28/2024, 6:16:37.381 PM": "2024-02-28T18:16:37.381000Z",  # portal, en-US
    "2/3/2024 12:05:00 AM": "2024-02-03T00:05:00Z",
    "28/02/2024 18:16:37": "2024-02-28T18:16:37Z",
    "28.02.2024 18:16": "2024-02-28T18:16:00Z",
    "Feb 28, 2024 6:16:37 PM": "2024-02-28T18:16:37Z",
}


@pytest.mark.parametrize(("written", "meant"), FORMS.items(), ids=map(str, FORMS))
def test_reads_every_form_that_a_vocabulary_writes(written: object, meant: str) -> None:
    us = parse(written)
    assert us is not None
    assert iso(us) == meant


@pytest.mark.parametrize(
    "written",
    [
        "", "-", "yesterday", "1601-01-01T00:00:00Z", "30828-09-14", "2024-13-45 00:00:00", "3/4/2024 18:00:00",
        "13/13/2024 01:00:00 PM", "13:00", "2024-02-28", "0", "12345678", "9" * 5000, "x" * 100_000, None, True, [], {},
        float("nan"), float("inf"), 10**30, -1, "2024-02-30 00:00:00.000", "9999-12-31T23:59:59-23:59",
    ],
)  # fmt: skip
def test_says_nothing_rather_than_guess(written: object) -> None:
    """A broken clock, an order of day and month that may be either, a date without time: NULL, never invented."""
    assert parse(written) is None


@given(TIMES, st.sampled_from(["T", " "]), st.sampled_from(["", "Z", "+00:00"]))
def test_agrees_with_datetime(when: datetime, between: str, zone: str) -> None:
    written = when.replace(tzinfo=None).isoformat(between) + zone
    assert parse(written) == (when - EPOCH) // US


@given(TIMES, st.integers(-14 * 60, 14 * 60))
def test_heeds_the_zone(when: datetime, minutes: int) -> None:
    local = when.astimezone(timezone(timedelta(minutes=minutes)))
    assert parse(local.isoformat()) == (when - EPOCH) // US


@given(st.one_of(st.text(), st.integers(), st.floats(), st.binary(), st.none()))
def test_never_raises(anything: object) -> None:
    us = parse(anything)
    assert us is None or EARLIEST <= us < LATEST


@given(st.integers(EARLIEST, LATEST - 1))
def test_iso_is_read_back(us: int) -> None:
    assert parse(iso(us)) == us


def test_tells_a_zone() -> None:
    """NXLog's EventTime has none, and is local."""
    assert not has_zone("2020-09-22 14:53:04")
    assert has_zone("2020-09-22T14:53:04-04:00")
    assert has_zone("2022-05-11T18:10:21Z")
