"""
What a site may tune: the mutable elements of ATT&CK's analytics for T1074 under ATT&CK's names, and our own.

https://attack.mitre.org/techniques/T1074/ (analytics and their mutable elements). A settings file is TOML; a key left
out keeps its default, which is what the score was measured with.
"""

import fnmatch
import re
from dataclasses import field, fields, replace
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final, cast

from stashlight.errors import SettingError
from stashlight.frozen import frozen
from stashlight.settings import duration

__all__ = ["DEFAULT", "SEVERITY_CUTS", "Tuning", "name_of", "read_tuning"]

SEVERITY_CUTS: Final = (("critical", 90), ("high", 60), ("medium", 40), ("low", 20), ("info", 10))

_MOST_PATTERNS: Final = 1_000
_LONGEST_FILE: Final = 1_000_000


def _about(meaning: str) -> dict[str, str]:
    return {"meaning": meaning}


@frozen
class Tuning:
    """
    Thresholds and lists, each with its meaning in the field's metadata.

    Patterns are compared without regard to case; `*` stands for anything, `?` for one character.
    """

    staging_dir_list: tuple[str, ...] = field(
        default=(),
        metadata=_about("directories to count as staging places beside the built-in kinds, with all below them"),
    )
    archiving_tool_patterns: tuple[str, ...] = field(
        default=(),
        metadata=_about("file names of programs to read as archivers: first path the archive, others sources"),
    )
    copy_tool_patterns: tuple[str, ...] = field(
        default=(),
        metadata=_about("file names of programs to read as copiers: last path the destination, others sources"),
    )
    remote_path_patterns: tuple[str, ...] = field(
        default=(),
        metadata=_about("shares of other hosts that nobody should fill: they count like administrative shares"),
    )
    time_window: timedelta = field(
        default=timedelta(hours=6),
        metadata=_about(
            "what one process tree, or one account in everybody's directory, does within this time belongs together"
        ),
    )
    transfer_volume_threshold: int = field(default=5, metadata=_about("files of value from which volume counts"))
    user_threshold: int = field(
        default=2, metadata=_about("hosts that one account brings to one place, from which fan-in counts")
    )
    session_gap: timedelta = field(
        default=timedelta(hours=12), metadata=_about("the pause in one directory that ends a pile")
    )
    horizon: timedelta = field(
        default=timedelta(hours=72), metadata=_about("the longest pause inside one incident at one place")
    )
    severity_cuts: tuple[tuple[str, int], ...] = field(
        default=SEVERITY_CUTS, metadata=_about("the least score of each severity, from critical down")
    )

    def is_staging_dir(self, directory: str) -> bool:
        """True if the settings name this folded directory, or one above it, as a staging place."""
        mark = "/" if directory.startswith("/") else "\\"
        return bool(self.staging_dir_list) and _matches(self.staging_dir_list, directory.rstrip(mark), below=True)

    def is_remote_path(self, place: str) -> bool:
        """True if the settings name this share."""
        return bool(self.remote_path_patterns) and _matches(self.remote_path_patterns, place.rstrip("\\"), below=True)

    def role(self, program: str) -> str | None:
        """Give `pack` or `stage` if the settings name this program (folded, without `.exe`), else None."""
        if self.archiving_tool_patterns and _is_program(self.archiving_tool_patterns, program):
            return "pack"
        return "stage" if self.copy_tool_patterns and _is_program(self.copy_tool_patterns, program) else None


DEFAULT: Final = Tuning()


def name_of(attribute: str) -> str:
    """Give the name that a settings file uses: ATT&CK's spelling, `StagingDirList`."""
    return "".join(word.capitalize() for word in attribute.split("_"))


def read_tuning(file: Path) -> Tuning:
    """
    Read a settings file.

    Raises:
        SettingError: it cannot be read, or a key or value in it makes no sense; names file and key.
    """
    # Imported here: only who has settings pays for it.
    import tomllib

    try:
        if file.stat().st_size > _LONGEST_FILE:
            message = f"{file}: larger than {_LONGEST_FILE:,} bytes"
            raise SettingError(message)
        written = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file}: the settings cannot be read: {getattr(error, 'strerror', None) or error}"
        raise SettingError(message) from error
    except tomllib.TOMLDecodeError as error:
        message = f"{file}: {error}"
        raise SettingError(message) from error
    known = {name_of(f.name): f.name for f in fields(Tuning)}
    values: dict[str, object] = {}
    for key, value in written.items():
        if key not in known:
            message = f"{file}: no setting {key!r}; there are: {', '.join(known)}"
            raise SettingError(message)
        try:
            values[known[key]] = _value(getattr(DEFAULT, known[key]), value)
        except (SettingError, ValueError) as error:
            message = f"{file}: {key}: {error}"
            raise SettingError(message) from error
    return replace(DEFAULT, **values)  # pyright: ignore[reportArgumentType]  (each value has its default's type)


def _value(default: object, value: object) -> object:
    """Give a value of the default's type."""
    if isinstance(default, timedelta):
        if not isinstance(value, str):
            message = f"write a length of time such as '6h', not {value!r}"
            raise SettingError(message)
        return duration(value)
    if isinstance(default, int):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            message = f"write a whole number from 1, not {value!r}"
            raise ValueError(message)
        return value
    return _cuts(value) if default is SEVERITY_CUTS else _patterns(value)


def _patterns(value: object) -> tuple[str, ...]:
    listed = cast("list[object]", value) if isinstance(value, list) else []
    texts = [v for v in listed if isinstance(v, str) and v.strip(" *?\\/.")]
    if not isinstance(value, list) or len(texts) != len(listed):
        message = "write a list of texts, each with more than wildcards"
        raise ValueError(message)
    if len(texts) > _MOST_PATTERNS:
        message = f"more than {_MOST_PATTERNS:,} patterns"
        raise ValueError(message)
    return tuple(texts)


def _cuts(value: object) -> tuple[tuple[str, int], ...]:
    written: dict[str, object] = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    if not written:
        message = "write a table such as {low = 20}"
        raise ValueError(message)
    for name, least in written.items():
        if name not in dict(SEVERITY_CUTS):
            message = f"no severity {name!r}"
            raise ValueError(message)
        if not isinstance(least, int) or isinstance(least, bool) or not 0 < least <= 100:
            message = f"write whole numbers from 1 to 100, not {least!r}"
            raise ValueError(message)
    cuts = tuple((name, cast("int", written.get(name, least))) for name, least in SEVERITY_CUTS)
    points = [least for _, least in cuts]
    if any(upper <= lower for upper, lower in pairwise(points)):
        message = f"cuts must fall from critical to info, not {points}"
        raise ValueError(message)
    return cuts


def _is_program(patterns: tuple[str, ...], program: str) -> bool:
    return _matches(tuple(p.lower().removesuffix(".exe") for p in patterns), program, below=False)


def _matches(patterns: tuple[str, ...], text: str, *, below: bool) -> bool:
    return bool(_compiled(patterns, below).match(text))


@lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...], below: bool) -> re.Pattern[str]:
    """Compile wildcards into one expression over folded text; fnmatch's atomic groups keep hostile names linear."""
    each = [pattern.lower().rstrip("\\/").replace("[", "[[]") for pattern in patterns]
    if below:
        each += [f"{pattern}{mark}*" for pattern in each for mark in "\\/"]
    return re.compile("|".join(map(fnmatch.translate, each)))
