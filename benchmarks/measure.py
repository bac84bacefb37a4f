"""One run of a command: how long, how much processor, how much memory, its whole family of processes together."""

import os
import signal
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread, Timer
from typing import IO

__all__ = ["Run", "run", "said"]

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
    with (output or Path(os.devnull)).open("wb") as out, _started(command, out, cwd) as process:
        peaks, ended = [0], Event()
        # Both are daemons: whenever a signal comes, nobody waits for them.
        timer = Timer(limit, _kill, [process.pid])
        timer.daemon = True
        watcher = Thread(target=_watch, args=(process.pid, peaks, ended), daemon=True)
        timer.start()
        if look:
            watcher.start()
        try:
            # Not waited for to the last: as long as it is a zombie, its number is nobody else's.
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            wall = time.perf_counter() - began
        finally:
            timer.cancel()
            ended.set()
            if look:
                watcher.join()
            _kill(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Run(wall, usage.ru_utime + usage.ru_stime, process.returncode, peaks[0] or None)


def said(command: Sequence[str], cwd: Path | None = None, limit: float = 3600) -> str:
    """What a command prints, errors and all; nothing where it does not run, or not to its end in `limit` seconds."""
    try:
        with _started(command, subprocess.PIPE, cwd, subprocess.STDOUT) as process:
            printed, _ = process.communicate(timeout=limit)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return printed.decode("utf-8", "replace")


@contextmanager
def _started(
    command: Sequence[str], out: IO[bytes] | int, cwd: Path | None, errors: int = subprocess.DEVNULL
) -> Generator[subprocess.Popen[bytes]]:
    """Start it as a group of its own; however the block ends (Ctrl-C, SIGTERM), nothing of that group outlives it."""
    # Python's programs keep their byte code, as installed ones do: to compile modules anew is half of a short run.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, cwd=cwd, env=kept, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            _kill(process.pid)
            process.wait()


def _kill(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # it may have ended; macOS says so of a zombie's group
        os.killpg(group, signal.SIGKILL)


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
