"""
Why something is an incident or a finding: rule, SQL, events and raw records, as one noun.

It can be shown as text or JSON like the result document; field names are the JSON names.
"""

from stashlight.frozen import frozen
from stashlight.incidents.document import Incident

__all__ = ["ExplainedEvent", "ExplainedRule", "Explanation"]


@frozen
class ExplainedRule:
    """
    A rule that took part. `text` is the rule as written, `sql` what ran, `count` how many events it matched here.

    `file` and `line` say where the rule stands.
    """

    id: str
    title: str
    level: str
    file: str
    line: int
    text: str
    sql: str
    count: int


@frozen
class ExplainedEvent:
    """
    An event that took part, and the record it came from.

    `fields` holds every column that is known; `rules` the ids of the rules that matched it. `raw` is the record as it
    stood in its file, None if that could not be read again.
    """

    event: str
    file: str
    record: int | None
    time: str | None
    fields: dict[str, str | int | bool]
    rules: tuple[str, ...]
    raw: str | None


@frozen
class Explanation:
    """
    All that stands behind one id. `incident` is None where the id is a finding's.

    `events` are the first ones by time; `events_in_all` says how many there are.
    """

    id: str
    title: str
    incident: Incident | None
    rules: tuple[ExplainedRule, ...]
    events: tuple[ExplainedEvent, ...]
    events_in_all: int
