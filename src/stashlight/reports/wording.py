"""Numbers, sizes, times and lists as a report says them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from stashlight.incidents.document import Document, Incident
from stashlight.incidents.sizes import sized_from
from stashlight.reports.blocks import Blank, Inline, Value

__all__ = [
    "clock",
    "joined",
    "many",
    "moment",
    "place_of",
    "read_from",
    "seconds_between",
    "size",
    "size_of",
    "values",
    "window",
]

_MOST = 12


def moment(time: str) -> datetime | None:
    """Read a time of the document; None if it is none (an older writer's, a damaged file's)."""
    try:
        read = datetime.fromisoformat(time)
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def read_from(document: Document) -> str:
    """Say what was read: "from 3 files with 4,711 records"; a case keeps the incident, not what its scan counted."""
    scanned = document.scanned
    if not scanned.files and document.incidents:
        return "from a case that was kept"
    return f"from {many(scanned.files, 'file')} with {many(scanned.records, 'record')}"


def clock(time: str) -> str:
    """Say a time to the second: "2026-03-02 19:02:11"; as it stands if it cannot be read."""
    read = moment(time)
    return f"{read:%Y-%m-%d %H:%M:%S}" if read else time or "time unknown"


def seconds_between(first: str, last: str) -> int | None:
    """Count seconds; None if either time is unreadable."""
    start, end = moment(first), moment(last)
    return int((end - start).total_seconds()) if start and end else None


def window(first: str, last: str) -> str:
    """Say a span: "2026-03-02 19:02:11 to 19:11:40 UTC (9 min 29 s)"."""
    start, end = moment(first), moment(last)
    if start is None or end is None:
        return f"{first or 'unknown'} to {last or 'unknown'}"
    if start == end:
        return f"{start:%Y-%m-%d %H:%M:%S} UTC"
    until = f"{end:%H:%M:%S}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M:%S}"
    return f"{start:%Y-%m-%d %H:%M:%S} to {until} UTC ({_lasting(int((end - start).total_seconds()))})"


def _lasting(seconds: int) -> str:
    if seconds < 0:
        return "ends before it begins"
    units = ((seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    return " ".join([f"{number} {unit}" for number, unit in units if number][:2]) or "under 1 s"


def size(count: int) -> str:
    """Say bytes in decimal units: "2.8 GB"."""
    number, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if number < 1000:
            break
        number, unit = number / 1000, larger
    return f"{count:,} bytes" if unit == "bytes" else f"{number:.1f} {unit}"


def size_of(incident: Incident) -> str:
    """Say how large the pile is and where that is known from, or why nobody can tell."""
    files, listings = incident.files, sized_from(incident.listings)
    if files.bytes is None:
        more = ", and no listing gives them" if incident.listings else ""
        return f"unknown, because no event that was read records file sizes (Sysmon 11 has no size field){more}"
    origin = f" (sizes: {listings})" if listings else ""
    if files.sized < files.count:
        known = "known" if listings else "recorded"
        whole = f"{files.sized:,} of {files.count:,} files whose size is {known}"
        return f"{size(files.bytes)} in the {whole}{origin}; the rest is unknown"
    return size(files.bytes) + origin


def many(count: int, one: str, more: str = "") -> str:
    """Say how many: "1 file", "1,247 files"."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def joined(names: Sequence[str], most: int = _MOST) -> str:
    """List names, and say how many were left off."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def values(names: Sequence[str], ask: str, most: int = _MOST) -> Inline:
    """List what logs wrote; a blank to fill in if they wrote nothing."""
    if not names:
        return Blank(ask)
    spans: list[str | Value] = []
    for number, name in enumerate(names[:most]):
        spans += [", ", Value(name)] if number else [Value(name)]
    if len(names) > most:
        spans.append(f" and {len(names) - most:,} more")
    return tuple(spans)


def place_of(incident: Incident) -> str:
    """Give the first staging place, empty if none is known."""
    return incident.places[0] if incident.places else ""
