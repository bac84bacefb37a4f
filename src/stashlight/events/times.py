"""
Times of every vocabulary → microseconds since 1970-01-01 UTC.

Text without a zone is taken as UTC: Sysmon's `UtcTime`, Defender's `Timestamp [UTC]`. A source whose zoneless time is
*local* (NXLog `EventTime`) must not bring it here. What cannot be a time between 1990 and 2100 is None: a clock that
says 1601 or 30828 is broken, and a broken clock must not stretch an incident over centuries.
"""

import re
from datetime import UTC, datetime, timedelta

__all__ = ["EARLIEST", "LATEST", "has_zone", "iso", "parse"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_NAIVE = _EPOCH.replace(tzinfo=None)
_DAY = 86_400_000_000
_SECOND = 1_000_000
EARLIEST = (datetime(1990, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
LATEST = (datetime(2101, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)

_SUSPECT_LENGTH = 64
_ZONE = re.compile(r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})\s*\Z", re.IGNORECASE)
# WMI's CIM_DATETIME, yyyymmddHHMMSS.mmmmmm±UUU with the offset in minutes ("instance of Win32_NTLogEvent").
_CIM = re.compile(r"(\d{14})\.(\d{6})([+-]\d{3})\Z", re.ASCII)
# .NET's JSON form, as `Get-WinEvent | ConvertTo-Json` of Windows PowerShell writes it: /Date(1709144153977)/
_DOTNET = re.compile(r"/Date\((\d{10,14})(?:[+-]\d{4})?\)/\Z", re.ASCII)
# What spreadsheets and the portal make of a time:
# 2/28/2024, 6:16:37.381 PM · 28.02.2024 18:16:37 · Feb 28, 2024 6:16:37 PM
_CULTURE = re.compile(
    r"(?:(?P<a>\d{1,2})(?P<sep>[/.])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4})"
    r"|(?P<mon>[A-Za-z]{3})[a-z]* (?P<d>\d{1,2}),? (?P<y2>\d{4}))"
    r"(?:,| at)? +(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.(?P<f>\d{1,9}))?)?"
    r"(?:[ \u202f\u00a0]?(?P<half>[AaPp][Mm]))?(?: ?(?:UTC|GMT|Z))?\Z",
    re.ASCII,
)
_MONTHS = {m: i for i, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}


def parse(value: object) -> int | None:
    """Give `value` in microseconds UTC; None if it is not a time between 1990 and 2100."""
    if isinstance(value, str):
        if value[4:5] == "-" and 15 < len(value) <= _SUSPECT_LENGTH:
            try:
                us = _microseconds(datetime.fromisoformat(value))
            except ValueError:
                us = _odd(value.strip())
        else:
            us = _odd(value.strip()) if len(value) <= _SUSPECT_LENGTH else None
    elif isinstance(value, int | float) and not isinstance(value, bool):
        us = _number(value)
    elif isinstance(value, datetime):
        us = _microseconds(value)
    else:
        return None
    return us if us is not None and EARLIEST <= us < LATEST else None


def has_zone(text: str) -> bool:
    """Tell whether the text says its own zone."""
    return _ZONE.search(text[-_SUSPECT_LENGTH:]) is not None


def iso(ts_us: int) -> str:
    """Write microseconds UTC as ISO 8601 with Z."""
    return (_EPOCH + timedelta(microseconds=ts_us)).isoformat().replace("+00:00", "Z")


def _microseconds(when: datetime) -> int | None:
    try:
        past = when - (_EPOCH_NAIVE if when.tzinfo is None else _EPOCH)
    except OverflowError:
        return None
    return past.days * _DAY + past.seconds * _SECOND + past.microseconds


def _odd(text: str) -> int | None:
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return _number(float(text) if "." in text else int(text))
    if found := _CIM.match(text):
        return _cim(*found.groups())
    if found := _DOTNET.match(text):
        return int(found[1]) * 1000
    if found := _CULTURE.match(text):
        return _culture(found)
    stripped = re.sub(r" ?(?:UTC|GMT)\Z", "Z", text)
    try:
        return _microseconds(datetime.fromisoformat(stripped)) if stripped[4:5] == "-" and len(stripped) > 15 else None
    except ValueError:
        return None


def _number(value: float) -> int | None:
    # Seconds, milli-, micro- and nanoseconds of the years 1990 to 2100 do not overlap.
    for scale in (1_000_000, 1_000, 1):
        if EARLIEST <= value * scale < LATEST:
            return round(value * scale)
    return int(value) // 1_000 if isinstance(value, int) and EARLIEST <= value // 1_000 < LATEST else None


def _cim(digits: str, fraction: str, offset: str) -> int | None:
    try:
        when = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    us = _microseconds(when)
    return None if us is None else us + int(fraction) - int(offset) * 60 * _SECOND


def _culture(found: re.Match[str]) -> int | None:
    day, month = _day_and_month(found)
    hour = int(found["H"])
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    micro = int((found["f"] or "0").ljust(6, "0")[:6])
    try:
        when = datetime(
            int(found["y"] or found["y2"]), month, day, hour, int(found["M"]), int(found["S"] or 0), micro, UTC
        )
    except ValueError:
        return None
    return _microseconds(when)


def _day_and_month(found: re.Match[str]) -> tuple[int, int]:
    """Give (0, 0), which no calendar has, if the order of day and month cannot be told."""
    if found["mon"]:
        return int(found["d"]), _MONTHS.get(found["mon"].lower(), 0)
    a, b = int(found["a"]), int(found["b"])
    if found["sep"] == "." or a > 12:
        return a, b
    # A twelve-hour clock with slashes is the portal's en-US default; without it 3/4 may be either.
    return (b, a) if b > 12 or found["half"] else (0, 0)
