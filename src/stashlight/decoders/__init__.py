"""
Bytes → records, with where they stood: containers only, nothing of meaning.

`sources` lists what there is to read, `read` reads one of them.
"""

from stashlight.decoders.batch import ALL, Batch, Wanted
from stashlight.decoders.bodies import Bodies
from stashlight.decoders.formats.evtx import log_parts, whole_logs
from stashlight.decoders.native import Native
from stashlight.decoders.picks import Layout, Pick, Picked, Picks, Slot
from stashlight.decoders.reading import formats, read, read_events
from stashlight.decoders.record import Record
from stashlight.decoders.source import Source
from stashlight.decoders.sources import sources

__all__ = [
    "ALL",
    "Batch",
    "Bodies",
    "Layout",
    "Native",
    "Pick",
    "Picked",
    "Picks",
    "Record",
    "Slot",
    "Source",
    "Wanted",
    "formats",
    "log_parts",
    "read",
    "read_events",
    "sources",
    "whole_logs",
]
