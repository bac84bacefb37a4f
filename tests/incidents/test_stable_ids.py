"""Ids and instants for other formats: always the same, and exact."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from stashlight.incidents.stable_ids import microseconds, moment, uuid_of


def test_uuids_are_version_five_and_never_change() -> None:
    assert (
        uuid_of("misp", "SL-2E75CFCE12") == uuid_of("misp", "SL-2E75CFCE12") == "f6e43b51-7ebc-575c-8f9b-9331608fe5bc"
    )
    assert UUID(uuid_of("x")).version == 5


@given(st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_borders_between_parts_count(one: list[str], other: list[str]) -> None:
    joined = "\x1f".join(one) == "\x1f".join(other)
    assert (uuid_of(*one) == uuid_of(*other)) is joined


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001 - made aware below
def test_microseconds_are_exact(time: datetime) -> None:
    aware = time.replace(tzinfo=UTC)
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds(aware)) == aware
    assert moment(aware.isoformat()) == aware


@given(st.text() | st.none())
def test_what_is_no_time_is_none(text: str | None) -> None:
    read = moment(text)
    assert read is None or read.tzinfo is UTC
