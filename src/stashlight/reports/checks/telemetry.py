"""
Figures against what the named log sources can show at all.

Sysmon 11 has no file size and no source path: https://learn.microsoft.com/sysinternals/downloads/sysmon#event-id-11-filecreate
"""

from collections.abc import Iterator
from typing import Final

from stashlight.reports.claims import Claims, Defect
from stashlight.reports.wording import joined, many, size

# What each source records of a file beside its name; a source that is not listed may record anything.
_RECORDS: Final[dict[str, frozenset[str]]] = {
    "sysmon 1": frozenset(),
    "sysmon 3": frozenset(),
    "sysmon 11": frozenset(),
    "sysmon 13": frozenset(),
    "security 4688": frozenset(),
    "security 4624": frozenset(),
    "security 4663": frozenset({"source"}),
    "security 5145": frozenset({"source"}),
    "devicefileevents": frozenset({"size"}),
    "deviceprocessevents": frozenset(),
    "mft": frozenset({"size"}),
    "usn journal": frozenset(),
}


def defects(claims: Claims) -> Iterator[Defect]:
    """Name a size or a table of sources that none of the named log sources can give."""
    named = [source for source in claims.telemetry if source.strip()]
    if not named or any(source.lower() not in _RECORDS for source in named):
        return
    able = frozenset[str]().union(*(_RECORDS[source.lower()] for source in named))
    if claims.bytes is not None and "size" not in able:
        yield _impossible(f"size {size(claims.bytes)}", "records file sizes", named)
    counted = [origin for origin in claims.origins if origin.files is not None]
    if counted and "source" not in able:
        yield _impossible(f"the table of {many(len(counted), 'source')}", "records where a file was copied from", named)


def _impossible(what: str, ability: str, named: list[str]) -> Defect:
    return Defect("telemetry", "contradiction", f"{what}: none of {joined(named)} {ability}")
