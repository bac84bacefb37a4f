"""
The nouns with which a vocabulary is written down as data: which event means what, and where its values stand.

A vocabulary file holds one `Vocabulary` and nothing that runs. Names beginning with `@` are not fields of the event but
of its wrapping: @host @created @arrival @user_sid @user_name @user_domain @pid @message.
"""

from collections.abc import Mapping
from dataclasses import field

from stashlight.events.schema import Kind
from stashlight.frozen import frozen

__all__ = ["Every", "First", "Meaning", "Source", "Vocabulary"]


@frozen
class First:
    """The first of these fields that says anything, through a converter (see converters.ONE)."""

    names: tuple[str, ...]
    by: str = ""


@frozen
class Every:
    """All these fields together, through a function of as many values (see converters.MANY)."""

    names: tuple[str, ...]
    by: str


Source = str | First | Every


@frozen
class Meaning:
    """What one event id says: its kind, and for each column of the schema where the value stands."""

    kind: Kind
    columns: Mapping[str, Source]
    # Fields with the time of the event itself, best first; the wrapping's @created and @arrival follow them.
    times: tuple[str, ...] = ()
    # Values that are the same in every such event.
    constants: Mapping[str, str | int | bool] = field(default_factory=dict[str, str | int | bool])
    # Only events whose field has one of these (folded) values mean this; others are counted as unmapped.
    only: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])


@frozen
class Vocabulary:
    """
    One way of telling events: who speaks it, and what each id means.

    `events` is keyed by event id, or by (table, what it says happened): Defender's ActionType, auditd's call.
    `channels` decide only where a record does not name its provider. All names folded.
    """

    name: str
    providers: tuple[str, ...]
    channels: tuple[str, ...]
    events: Mapping[int | tuple[str, str], Meaning]
