"""Records → events: what happened, in one schema, whatever vocabulary told of it."""

from stashlight.events.loading import Sink, load
from stashlight.events.needed import ALL_NEEDED, Needed
from stashlight.events.normalise import Normaliser
from stashlight.events.reading import MAPPED, read_source
from stashlight.events.tally import Tally

__all__ = ["ALL_NEEDED", "MAPPED", "Needed", "Normaliser", "Sink", "Tally", "load", "read_source"]
