"""One run of a command: how long, how much processor, how much memory, its whole family of processes together."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Run", "memory", "run"]

_LOOK = 0.02
"""Seconds between two looks at memory."""


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of wall clock and of processor (user and system, children included), and the exit code."""

    wall: float
    processor: float
    code: int


def run(command: Sequence[str]) -> Run:
    """Run it to the end, its output thrown away."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, process.returncode)


def memory(command: Sequence[str]) -> int | None:
    """
    Give the peak of the bytes that all its processes held at one moment, pages that they share counted once.

    Looking costs time, so it is a run of its own. None where the system does not tell (Linux does).
    """
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(_held(each) for each in _family(process.pid)))
        time.sleep(_LOOK)
    return peak or None


def _family(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        try:
            for task in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def _held(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    except OSError:
        pass
    return 0
