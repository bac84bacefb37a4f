"""What tuning gives: proposed filters, what each would silence, and what no filter is proposed for."""

from stashlight.errors import Problem
from stashlight.frozen import frozen
from stashlight.incidents.document import Incident

__all__ = ["Judged", "Proposal", "Tuned", "Unproposed"]


@frozen
class Proposal:
    """A filter as YAML, the file name for it, and the incidents that it comes from."""

    id: str
    title: str
    file: str
    text: str
    incidents: tuple[str, ...]


@frozen
class Unproposed:
    """Why no filter is proposed for a part of an incident."""

    incident: str
    part: str
    reason: str


@frozen
class Judged:
    """
    A proposed filter and what it does.

    `events` of these logs match a rule, or count for a session, and would be taken; `examples` shows some. `attacks`
    names shipped attacks and rule cases that it would take an event of: with any, the filter is refused.
    """

    proposal: Proposal
    events: int
    examples: tuple[str, ...]
    attacks: tuple[str, ...]

    @property
    def refused(self) -> bool:
        return bool(self.attacks)


@frozen
class Tuned:
    """
    What came of tuning: filters, what none is proposed for, and the logs' incidents before and with accepted filters.

    `beyond` counts proposals over the bound, which were not looked at.
    """

    benign: tuple[str, ...]
    judged: tuple[Judged, ...]
    unproposed: tuple[Unproposed, ...]
    before: tuple[Incident, ...]
    after: tuple[Incident, ...]
    beyond: int
    problems: tuple[Problem, ...]
