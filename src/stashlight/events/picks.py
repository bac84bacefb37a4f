"""What to take of records that are as most are: made of the vocabularies and of what wrappings say of their records."""

from collections.abc import Mapping
from functools import cache

from stashlight.decoders import Pick, Picks, Slot
from stashlight.events.plan import Plan, compile_plan
from stashlight.events.vocabularies import VOCABULARIES
from stashlight.events.vocabulary import Vocabulary
from stashlight.events.wrapping import Wrapping
from stashlight.events.wrappings import PLAIN

__all__ = ["meaning_of", "picks"]

Event = tuple[Vocabulary, int]


Columns = frozenset[str] | None
"""Of events, which somebody asks of; None are all."""


@cache
def picks(columns: Columns = None) -> Picks:
    """Give all that may be taken by columns."""
    layouts = tuple(layout for each in PLAIN for layout in each.layouts)
    known = frozenset(provider for each in VOCABULARIES for provider in each.providers)
    return Picks(layouts, tuple(pick for pick, _ in _both(columns)), known)


@cache
def meaning_of(columns: Columns = None) -> Mapping[int, Event]:
    """Give what each of the `picks` of these columns means, by its number."""
    return dict(enumerate(event for _, event in _both(columns)))


@cache
def _both(columns: Columns) -> list[tuple[Pick, Event]]:
    plans = [
        (vocabulary, event_id, compile_plan(vocabulary.name, None, event_id, meaning, columns))
        for vocabulary in VOCABULARIES
        for event_id, meaning in vocabulary.events.items()
        if isinstance(event_id, int)
    ]
    return [
        (made, (vocabulary, event_id))
        for layout, wrapping in enumerate(each for each in PLAIN for _ in each.layouts)
        for vocabulary, event_id, plan in plans
        if (made := _pick(layout, wrapping, vocabulary, event_id, plan)) is not None
    ]


def _pick(layout: int, wrapping: Wrapping, vocabulary: Vocabulary, event_id: int, plan: Plan) -> Pick | None:
    slots = _slots(wrapping, plan)
    if slots is None:
        return None
    only = tuple((name, tuple(sorted(values))) for name, values in plan.only)
    return Pick(layout, vocabulary.providers, event_id, slots, only)


def _slots(wrapping: Wrapping, plan: Plan) -> tuple[Slot, ...] | None:
    """Give the slots after those that every row begins with; None if the actor cannot be taken."""
    fields = tuple(Slot("field", (name,)) for name in plan.fields)
    if not plan.needs_actor:
        return fields
    return None if wrapping.actor_slots is None else (*wrapping.actor_slots, *fields)
