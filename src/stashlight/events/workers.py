"""
Reading on all cores: worker processes read, this one gathers, in the order of the tasks.

Workers get a task at a time and send back Arrow IPC streams. Parts of later tasks wait here until their turn, up to a
bound; beyond it their workers wait.
A worker that dies takes its task with it, as a problem of that file, and is replaced; so does one that says nothing for
long, as on a network drive that is gone.
"""

import gc
import math
import os
import signal
import sys
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import current_thread, main_thread
from time import monotonic
from typing import TYPE_CHECKING, cast
from warnings import catch_warnings, simplefilter

import pyarrow as pa

from stashlight.decoders import Source, Wanted
from stashlight.errors import Problem
from stashlight.events import arrow
from stashlight.events.needed import ALL_NEEDED, Needed
from stashlight.events.ranges import Task
from stashlight.events.reading import pieces, small
from stashlight.events.tally import Tally
from stashlight.frozen import frozen

if TYPE_CHECKING:
    # Imported where processes are started: most logs of a few megabytes are read without any.
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

__all__ = ["NOT_WHOLE", "START", "Job", "Part", "here", "spread", "start"]

START = ""
"""How processes begin ("fork", "spawn"); "" chooses, see `start`."""

_OWN_THREADS = frozenset({"jemalloc_bg_thd"})
"""Threads that pyarrow's allocator starts and puts back itself after a fork."""

_MAX_WAITING = 128 << 20
"""Bytes of parts that may wait for their turn."""

_STOPPED, _NOTHING, _DIED = "reading stopped", "nothing came of this file", "the process that read this file died"
NOT_WHOLE = (_STOPPED, _NOTHING, _DIED)
"""How problems begin that another try may not meet."""

_BEAT = 0.5
"""Seconds after which the one who gathers is woken although nothing came: to be stopped, or to see who is silent."""

_SILENT = 10.0
"""Seconds of silence from which on it is told."""


@frozen
class Job:
    """How to read: the same for all tasks."""

    wanted: Wanted
    format: str
    strict: bool
    needed: Needed = ALL_NEEDED


@frozen
class Part:
    """
    Something that came of a task; the last one has the tally, and may have a table too.

    `done` is bytes of content read so far. With `silent`, nothing came, for so many seconds.
    """

    task: int
    done: int
    table: pa.Table | None = None
    tally: Tally | None = None
    silent: float = 0


def here(tasks: Sequence[Task], job: Job, first: int = 0) -> Generator[Part]:
    """Read the tasks one after another in this process."""
    for number, task in enumerate(tasks[first:], first):
        yield from _parts_of(number, task, job)


def spread(
    tasks: Sequence[Task], job: Job, count: int, most: int = _MAX_WAITING, stall: float = math.inf
) -> Generator[Part]:
    """
    Read the tasks in `count` processes; parts come in the order of the tasks.

    `most` bytes of parts may wait for their turn; a file of which nothing comes for `stall` seconds is given up.
    """
    crew = _Crew(tasks, job, count, most, stall)
    try:
        yield from crew.parts()
    finally:
        crew.dismiss()


def _parts_of(number: int, task: Task, job: Job) -> Iterator[Part]:
    if task.more and (part := _together(number, task, job)) is not None:
        yield part
        return
    whole = Tally()
    for source in task.sources:
        tally = Tally()
        try:
            for table in pieces(source, tally, job.wanted, job.format, strict=job.strict, needed=job.needed):
                yield Part(number, whole.bytes + tally.bytes, table)
        except Exception as error:  # noqa: BLE001 - the process's edge: one file must not end the scan
            reason = f"{_STOPPED}: {type(error).__name__}: {error}"
            tally.problems.append(Problem(source.name, "", reason[:500]))
        tally.problems += _grown(source, task)
        whole.add(tally)
    if task.is_lines and (whole.bytes != task.source.size or not whole.lines):
        # It was not read to the end as lines: whoever shifts the ranges behind it must know all the same.
        with suppress(OSError):
            whole.lines = task.newlines()
    if task.number:
        # A file is one file, however many ranges it is read in.
        whole.files = 0
        whole.formats.clear()
    yield Part(number, whole.bytes, None, whole)


def _together(number: int, task: Task, job: Job) -> Part | None:
    """Read small files at one go; None if that does not work, and each must be read on its own to see which it is."""
    tally = Tally()
    try:
        table = small(task.sources, tally, job.wanted, job.format, strict=job.strict, needed=job.needed)
    except Exception:  # noqa: BLE001 - whatever it is will be met, and told, by reading one by one
        return None
    tally.problems += [problem for source in task.sources for problem in _grown(source, task)]
    return None if table is None else Part(number, tally.bytes, table, tally)


def _grown(source: Source, task: Task) -> Iterator[Problem]:
    """Say of a file that somebody writes to that its end, as it is now, was not waited for."""
    is_plain = source.path is not None and source.entry is None and not source.refusal
    if not is_plain or (source.length is not None if task.of == 1 else task.number + 1 < task.of):
        return
    end = source.start + source.size
    with suppress(OSError):
        now = cast("Path", source.path).stat().st_size
        if now != end:
            way = "longer" if now > end else "shorter"
            reason = f"became {abs(now - end):,} bytes {way} while it was read; what changed may not be in this result"
            yield Problem(source.name, f"byte {min(now, end)}" if task.of == 1 else "", reason)


@dataclass(slots=True)
class _Worker:
    process: "BaseProcess"
    connection: "Connection"
    is_forked: bool
    task: int | None = None
    is_ready: bool = False
    heard: float = field(default_factory=monotonic)
    done: int = 0


@dataclass(slots=True)
class _Apart:
    """Files that are read one by one after all, and what was read of them so far."""

    left: deque[Source]
    tally: Tally = field(default_factory=Tally)


class _Crew:
    """The workers, and what came from them before its turn."""

    def __init__(self, tasks: Sequence[Task], job: Job, count: int, most: int, stall: float) -> None:
        self._tasks = tasks
        self._job = job
        self._most = most
        self._stall = stall
        self._next = 0  # task to give out
        self._turn = 0  # task whose parts are given
        self._apart: dict[int, _Apart] = {}  # tasks of several files whose worker died
        self._again: deque[int] = deque()  # of these, those to give out
        self._waiting: dict[int, deque[tuple[Part, int]]] = {}
        self._bytes = 0
        self._workers: list[_Worker] = []
        for _ in range(count):
            self._hire()

    def parts(self) -> Iterator[Part]:
        from multiprocessing.connection import wait

        while self._turn < len(self._tasks):
            yield from self._due()
            if self._turn >= len(self._tasks):
                return
            if not self._workers:
                # No process could be started (a script without a main guard, a sandbox): the work is done all the same.
                yield from here(self._tasks, self._job, self._turn)
                return
            crowded = self._bytes > self._most
            asked = [w for w in self._workers if not crowded or w.task == self._turn or not w.is_ready]
            ready = wait([w.connection for w in asked], _BEAT)
            for worker in [w for w in asked if w.connection in ready]:
                self._hear(worker)
            yield from self._silence()

    def dismiss(self) -> None:
        for worker in self._workers:
            worker.connection.close()
            worker.process.kill()  # they do not hear anything else, and leave nothing behind
        for worker in self._workers:
            worker.process.join()

    def _silence(self) -> Iterator[Part]:
        """Tell whom everything waits for, and give up a worker that says nothing for too long."""
        now = monotonic()
        for worker in [w for w in self._workers if w.task is not None and w.is_ready]:
            silent = now - worker.heard
            if silent < min(_SILENT, self._stall) or worker.connection.poll():
                continue  # one that waits to be heard is not silent
            if silent > self._stall:
                worker.process.kill()
                more = ", and later line numbers are without it" if self._tasks[worker.task or 0].is_lines else ""
                self._bury(worker, f"{_NOTHING} for {silent:,.0f} seconds; the rest of it was not read{more}")
            elif worker.task == self._turn:
                yield Part(self._turn, worker.done, silent=silent)

    def _due(self) -> Iterator[Part]:
        while (queue := self._waiting.get(self._turn)) is not None:
            while queue:
                part, size = queue.popleft()
                self._bytes -= size
                yield part
                if part.tally is not None:
                    del self._waiting[self._turn]
                    self._turn += 1
                    break
            else:
                return

    def _hire(self) -> None:
        from multiprocessing import get_context

        is_forked = (START or start()) == "fork"
        context = get_context("fork") if is_forked else get_context("spawn")
        ours, theirs = context.Pipe()
        # A fork has every end that this process holds. As long as one of them is open somewhere, no worker hears that
        # the one who gathers was killed.
        not_its_own = [ours, *(w.connection for w in self._workers)] if is_forked else []
        # It has the tasks, too: to send thousands of files by name takes longer than to read some of them.
        known = self._tasks if is_forked else ()
        process = context.Process(target=_work, args=(theirs, self._job, not_its_own, known), daemon=True)
        with catch_warnings():
            # From Python 3.12 on a fork beside any other thread is warned of; `start` knows these threads.
            simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours, is_forked))

    def _hear(self, worker: _Worker) -> None:
        try:
            message: tuple[Part, int] | None = worker.connection.recv()
            table = worker.connection.recv_bytes() if message is not None and message[1] else b""
        except (EOFError, OSError):
            self._bury(worker)
            return
        if message is None:
            worker.is_ready = True
            self._give(worker)
            return
        part, _ = message
        worker.heard, worker.done = monotonic(), part.done
        if table:
            part = Part(part.task, part.done, _read(table), part.tally)
        if part.tally is not None and part.task in self._apart:
            part = Part(part.task, part.done, part.table, self._one_less(part.task, part.tally))
            self._keep(part, len(table))
            self._give(worker)
            return
        self._keep(part, len(table))
        if part.tally is not None:
            self._give(worker)

    def _one_less(self, number: int, tally: Tally) -> Tally | None:
        """Add what one file of several gave; give the sum if it was the last."""
        apart = self._apart[number]
        apart.tally.add(tally)
        apart.left.popleft()
        if apart.left:
            self._again.append(number)
            return None
        return self._apart.pop(number).tally

    def _keep(self, part: Part, size: int) -> None:
        self._waiting.setdefault(part.task, deque()).append((part, size))
        self._bytes += size

    def _give(self, worker: _Worker) -> None:
        worker.task = None
        worker.heard, worker.done = monotonic(), 0
        task: Task | None
        if self._again:
            worker.task = self._again.popleft()
            task = Task(self._apart[worker.task].left[0])
        elif self._next < len(self._tasks):
            worker.task = self._next
            task = None if worker.is_forked else self._tasks[self._next]
            self._next += 1
        else:
            return
        with suppress(OSError):
            worker.connection.send((worker.task, task))

    def _bury(self, worker: _Worker, reason: str = "") -> None:
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join()
        if worker.task is not None:
            died = f"{_DIED} ({_death(worker.process.exitcode)}); the rest of it was not read"
            self._mourn(worker.task, reason or died, is_silent=bool(reason))
        if worker.is_ready and (self._again or self._next < len(self._tasks)):
            self._hire()

    def _mourn(self, number: int, reason: str, *, is_silent: bool) -> None:
        """
        Say of which file a worker died; of several, find out by reading them one by one.

        The lines of a range are counted all the same, but not if its file is silent: that would hang here.
        """
        task = self._tasks[number]
        if task.more and number not in self._apart:
            self._apart[number] = _Apart(deque(task.sources))
            self._again.append(number)
            return
        apart = self._apart.get(number)
        source = apart.left[0] if apart else task.source
        where = f"byte {source.start}" if task.of > 1 else ""
        tally = Tally(files=0 if task.number else 1, problems=[Problem(source.name, where, reason)])
        if not is_silent:
            with suppress(OSError):
                tally.lines = task.newlines()
        self._keep(Part(number, 0, None, self._one_less(number, tally) if apart else tally), 0)


def start() -> str:
    """
    Choose how a process begins: forked if nothing else runs in this one, which costs nothing; else anew.

    A fork of a process that holds engine threads, or a caller's, may hang.
    """
    if sys.platform != "linux":
        return "spawn"
    try:
        threads = [t for t in Path("/proc/self/task").iterdir() if t.name != str(os.getpid())]
        names = {(t / "comm").read_text().strip() for t in threads}
    except OSError:
        return "spawn"
    return "fork" if names <= _OWN_THREADS and current_thread() is main_thread() else "spawn"


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def _work(connection: "Connection", job: Job, not_its_own: "Sequence[Connection]", known: Sequence[Task]) -> None:
    """Live as a worker: say ready, then read task after task, of those that are known, until the parent is gone."""
    for each in not_its_own:
        each.close()
    arrow.without_pandas()
    # Ctrl-C, or a shutdown, reaches the whole group; the parent decides.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    # Records are trees without cycles: looking for cycles among them all the time costs a tenth of the work.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    with suppress(EOFError, OSError):
        connection.send(None)
        while True:
            number, task = cast("tuple[int, Task | None]", connection.recv())
            for part in _parts_of(number, task or known[number], job):
                table = _write(part.table) if part.table is not None else b""
                # The table follows as it is: within a message it would be copied twice more on either side.
                connection.send((Part(part.task, part.done, None, part.tally), len(table)))
                if len(table):
                    connection.send_bytes(table)


def _write(table: pa.Table) -> memoryview:
    sink = pa.BufferOutputStream()
    # Uncompressed: reading costs nothing then, and copying through the pipe less than unpacking a hundred columns.
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return memoryview(sink.getvalue()).cast("B")


def _read(stream: bytes) -> pa.Table:
    return pa.ipc.open_stream(stream).read_all()
