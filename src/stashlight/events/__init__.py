"""Records → events: what happened, in one schema, whatever vocabulary told of it."""

from stashlight.events.normalise import Normaliser

__all__ = ["Normaliser"]
