"""One run of a command: how long, how much processor, how much memory, its whole family of processes together."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread, Timer

__all__ = ["Run", "run"]

_LOOK = 0.02
"""Seconds between two looks at memory."""


@dataclass(frozen=True, slots=True)
class Run:
    """
    Seconds of wall clock and of processor (user and system, children included), and the exit code.

    `peak` is the most bytes that all processes held at one moment, pages that they share counted once; None where
    nobody looked, or the system does not tell (Linux does).
    """

    wall: float
    processor: float
    code: int
    peak: int | None = None


def run(
    command: Sequence[str],
    *,
    look: bool = False,
    output: Path | None = None,
    cwd: Path | None = None,
    limit: float = 900,
) -> Run:
    """
    Run it to the end, or kill it after `limit` seconds; its output goes to a file or nowhere.

    Looking at memory costs time: times that are compared come from runs that nobody looked at.
    """
    began = time.perf_counter()
    with (output or Path(os.devnull)).open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL, cwd=cwd, start_new_session=True
        )
    timer = Timer(limit, _kill, [process.pid])
    timer.start()
    peaks, ended = [0], Event()
    watcher = Thread(target=_watch, args=(process.pid, peaks, ended)) if look else None
    if watcher:
        watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    timer.cancel()
    ended.set()
    if watcher:
        watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(wall, usage.ru_utime + usage.ru_stime, process.returncode, peaks[0] or None)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):  # it may have ended just now
        os.killpg(pid, signal.SIGKILL)


def _watch(pid: int, peaks: list[int], ended: Event) -> None:
    while not ended.wait(_LOOK):
        peaks[0] = max(peaks[0], sum(_held(each) for each in _family(pid)))


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
