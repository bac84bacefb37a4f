"""
Many machines at work, for load tests: as many hosts and events as asked for, in constant memory.

A few machines are played and rendered for each day; the others are their twins, with a name, address, account and
process GUIDs of their own put in. Files are by day, as collectors write them.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from stashlight.errors import SettingError
from stashlight.simulation.acts import Host
from stashlight.simulation.background import workday
from stashlight.simulation.shapes import Shape

__all__ = ["write_crowd"]

_MOST_A_DAY = 2500  # events of one machine on one day: what a workstation with Sysmon writes
_PLAYED = 20  # machines that are played; more make the crowd more varied and slower to write
_FIRST = 990_000  # number of the first played machine: what twins replace must occur nowhere else
_LARGEST = 900_000


def write_crowd(shape: Shape, folder: Path, *, hosts: int, events: int, start: datetime, seed: str) -> list[Path]:
    """
    Write `events` events of `hosts` machines from the day of `start` on; gives the files.

    Raises:
        SettingError: fewer events than hosts, too many hosts, or a shape of another system.
    """
    if not 1 <= hosts <= _LARGEST or events < hosts:
        message = f"--hosts must be 1 to {_LARGEST:,}, --events at least as many"
        raise SettingError(message)
    if shape.SENSOR not in {"windows", "defender"}:
        message = "machines at work are Windows machines: choose a shape of Windows logs or Defender"
        raise SettingError(message)
    folder.mkdir(parents=True, exist_ok=True)
    days = -(-events // (hosts * _MOST_A_DAY))
    each, left = divmod(events, hosts * days)
    written: list[Path] = []
    for day in range(days):
        with ExitStack() as stack:
            files = _Files(folder, start + timedelta(days=day), stack, {})
            for played in range(min(_PLAYED, hosts)):
                twins = range(played, hosts, _PLAYED)
                if played == day == 0 and left:  # the first machine's first day takes what does not divide
                    _write(shape, files, each + left, twins[:1], seed)
                    twins = twins[1:]
                _write(shape, files, each, twins, seed)
            written += [Path(file.name) for file in files.opened.values()]
    return written


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of one day, by the end of their names."""

    folder: Path
    day: datetime
    stack: ExitStack
    opened: dict[str, BinaryIO]

    def add(self, suffix: str, header: bytes, rows: bytes) -> None:
        """Add rows, below a header if they are the first."""
        if suffix not in self.opened:
            file = self.stack.enter_context((self.folder / f"{self.day:%Y-%m-%d}{suffix}").open("wb"))
            self.opened[suffix] = file
            file.write(header)
        self.opened[suffix].write(rows)


def _write(shape: Shape, files: _Files, events: int, twins: Sequence[int], seed: str) -> None:
    if not twins:
        return
    played = twins[0] % _PLAYED
    number, address = f"{_FIRST + played}", f"10.199.199.{played}"
    machine = Host(f"SIM-{number}", "linden.example", address, machine=f"51{number}")
    for suffix, content in shape.render(workday(machine, f"user{number}", files.day, events, seed)).items():
        end = content.index(b"\n") + 1 if suffix.endswith(".csv") else 0
        for twin in twins:
            own = content[end:].replace(number.encode(), b"%06d" % twin)
            lives_at = b"10.%d.%d.%d" % (100 + twin // 65536, twin // 256 % 256, twin % 256)
            files.add(suffix, content[:end], own.replace(address.encode(), lives_at))
