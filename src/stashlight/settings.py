"""Settings as people write them, made into values or refused with the reason."""

import re
from datetime import timedelta

from stashlight.errors import SettingError

__all__ = ["duration", "size"]

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)


def duration(text: str) -> timedelta:
    """
    Read a length of time such as `90s`, `15m`, `24h`, `7d` or `2w`: the form of Sigma's `timespan`.

    Raises:
        SettingError: it is not of that form, or zero.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None or int(match[1]) == 0:
        message = f"{text!r} is not a length of time: write a number and s, m, h, d or w, such as 24h"
        raise SettingError(message)
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


_SCALES = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000, "t": 1_000_000_000_000}
_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s?([kmgt]?)b?", re.ASCII)


def size(text: str) -> int:
    """
    Read a number of bytes such as `800MB`, `1GB` or `1.5g`; thousands are thousands.

    Raises:
        SettingError: it is not of that form, or zero.
    """
    match = _SIZE.fullmatch(text.strip().lower())
    number = int(float(match[1]) * _SCALES[match[2]]) if match else 0
    if not number:
        message = f"{text!r} is not a size: write a number and MB or GB, such as 800MB"
        raise SettingError(message)
    return number
