"""The noun of the first stage: one record as it stood in its container, meaning untouched."""

from typing import NamedTuple

__all__ = ["Record"]


class Record(NamedTuple):
    """
    One record of a log.

    `fields` is what the container held (a JSON object, an event's XML as nested dicts in the form that the
    `evtx` package gives: `{"Event": {"System": {...}, "EventData": {...}}}`), after envelopes that carry no
    meaning of their own were taken off (HEC, search hits, `records[]`).
    `position` is 1-based: line number, EVTX record id, CSV record number.
    `raw` is the record's own bytes; its hash is the event key.
    """

    fields: dict[str, object]
    position: int
    raw: bytes
