"""Whom and what the queries of a report ask about: names as other stores spell them, and the time around the incident."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from stashlight.incidents.document import Incident
from stashlight.reports.wording import moment

__all__ = ["Subject", "subject_of"]

_BEFORE: Final = timedelta(hours=1)  # a phished logon or a mkdir comes shortly before
_AFTER: Final = timedelta(hours=24)  # staged data waits for a quiet hour
_ADDRESS: Final = re.compile(r"[\d.]+\Z|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\Z")


@dataclass(frozen=True, slots=True)
class Subject:
    """
    `host` and `account` are without domain, `place` ends in its separator; None where the incident does not know.

    `first` and `last` bound the incident, `start` and `end` the time to look at around it; UTC.
    """

    host: str | None
    account: str | None
    place: str | None
    programs: tuple[str, ...]
    is_windows: bool
    first: datetime | None
    last: datetime | None
    start: datetime | None
    end: datetime | None


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
        first=first,
        last=last,
        start=_moved(first, -_BEFORE),
        end=_moved(last, _AFTER),
    )


def _moved(time: datetime | None, by: timedelta) -> datetime | None:
    try:
        return time + by if time else None
    except OverflowError:
        return time


def _short_host(host: str) -> str:
    return host if _ADDRESS.match(host) else host.partition(".")[0] or host


def _bare(account: str) -> str:
    return account.rpartition("\\")[2].partition("@")[0] or account
