"""
Whom and what the queries of a report ask about: names as other stores spell them, and the time around the incident.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from stashlight.incidents.document import Incident
from stashlight.reports.wording import moment

__all__ = ["Subject", "subject_of"]

_BEFORE: Final = timedelta(hours=1)  # a phished logon or a mkdir comes shortly before
_AFTER: Final = timedelta(hours=24)  # staged data waits for a quiet hour
_WIDE: Final = timedelta(days=15)  # a campaign visits its hosts within weeks
_ADDRESS: Final = re.compile(r"[\d.]+\Z|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\Z")


@dataclass(frozen=True, slots=True)
class Subject:
    """
    `host` and `account` are without domain, `place` ends in its separator; None where the incident does not know.

    `exact` bounds the incident, `around` the time to look at around it, `wide` that for other hosts; UTC, None if unknown.
    """

    host: str | None
    account: str | None
    place: str | None
    programs: tuple[str, ...]
    is_windows: bool
    exact: tuple[datetime, datetime] | None
    around: tuple[datetime, datetime] | None
    wide: tuple[datetime, datetime] | None

    def time_for(self, question: str) -> tuple[datetime, datetime] | None:
        """Give the time in which a question of `queries.QUESTIONS` is asked."""
        return {"pile": self.exact, "place_elsewhere": self.wide}.get(question, self.around)


def subject_of(incident: Incident) -> Subject:
    """Give what there is to ask about."""
    first, last = moment(incident.first_seen), moment(incident.last_seen)
    place = incident.places[0] if incident.places else None
    mark = "/" if place and place.startswith("/") else "\\"
    programs = [re.split(r"[\\/]", each.process)[-1] for each in incident.commands if each.rung and each.process]
    return Subject(
        host=_short_host(incident.hosts[0]) if incident.hosts else None,
        account=_bare(incident.accounts[0]) if incident.accounts else None,
        place=place.rstrip("\\/") + mark if place else None,
        programs=tuple(dict.fromkeys(programs))[:5],
        is_windows=mark == "\\",
        exact=_span(first, last, timedelta(), timedelta(seconds=1)),
        around=_span(first, last, _BEFORE, _AFTER),
        wide=_span(first, last, _WIDE, _WIDE),
    )


def _span(
    first: datetime | None, last: datetime | None, before: timedelta, after: timedelta
) -> tuple[datetime, datetime] | None:
    if first is None or last is None:
        return None
    try:
        return first - before, last + after
    except OverflowError:  # a clock of the year 1 or 9999
        return first, last


def _short_host(host: str) -> str:
    return host if _ADDRESS.match(host) else host.partition(".")[0] or host


def _bare(account: str) -> str:
    return account.rpartition("\\")[2].partition("@")[0] or account
