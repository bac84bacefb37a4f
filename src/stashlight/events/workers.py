"""
Reading on all cores: worker processes read, this one gathers, in the order of the tasks.

Workers get a task at a time and send back Arrow IPC streams. Parts of later tasks wait here until their turn, up to a
bound; beyond it their workers wait.
A worker that dies takes its task with it, as a problem of that file, and is replaced.
"""

import gc
import os
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import current_thread, main_thread
from warnings import catch_warnings, simplefilter

import pyarrow as pa

from stashlight.decoders import Source, Wanted
from stashlight.errors import Problem
from stashlight.events import arrow
from stashlight.events.needed import ALL_NEEDED, Needed
from stashlight.events.ranges import Task
from stashlight.events.reading import pieces, small
from stashlight.events.tally import Tally

__all__ = ["START", "Job", "Part", "here", "spread", "start"]

START = ""
"""How processes begin ("fork", "spawn"); "" chooses, see `start`."""

_OWN_THREADS = frozenset({"jemalloc_bg_thd"})
"""Threads that pyarrow's allocator starts and puts back itself after a fork."""

_MAX_WAITING = 128 << 20
"""Bytes of parts that may wait for their turn."""


@dataclass(frozen=True, slots=True)
class Job:
    """How to read: the same for all tasks."""

    wanted: Wanted
    format: str
    strict: bool
    needed: Needed = ALL_NEEDED


@dataclass(frozen=True, slots=True)
class Part:
    """Something that came of a task; the last one has the tally, and may have a table too. `done` is bytes of content read so far."""

    task: int
    done: int
    table: pa.Table | None = None
    tally: Tally | None = None


def here(tasks: Sequence[Task], job: Job, first: int = 0) -> Iterator[Part]:
    """Read the tasks one after another in this process."""
    for number, task in enumerate(tasks[first:], first):
        yield from _parts_of(number, task, job)


def spread(tasks: Sequence[Task], job: Job, count: int) -> Iterator[Part]:
    """Read the tasks in `count` processes; parts come in the order of the tasks."""
    crew = _Crew(tasks, job, count)
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
            reason = f"reading stopped: {type(error).__name__}: {error}"
            tally.problems.append(Problem(source.name, "", reason[:500]))
        whole.add(tally)
    if task.of > 1 and (whole.bytes != task.source.size or not whole.lines):
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
    return None if table is None else Part(number, tally.bytes, table, tally)


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    connection: Connection
    task: int | None = None
    is_ready: bool = False


@dataclass(slots=True)
class _Apart:
    """Files that are read one by one after all, and what was read of them so far."""

    left: deque[Source]
    tally: Tally = field(default_factory=Tally)


class _Crew:
    """The workers, and what came from them before its turn."""

    def __init__(self, tasks: Sequence[Task], job: Job, count: int) -> None:
        self._tasks = tasks
        self._job = job
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
        while self._turn < len(self._tasks):
            yield from self._due()
            if self._turn >= len(self._tasks):
                return
            if not self._workers:
                # No process could be started (a script without a main guard, a sandbox): the work is done all the same.
                yield from here(self._tasks, self._job, self._turn)
                return
            crowded = self._bytes > _MAX_WAITING
            asked = [w for w in self._workers if not crowded or w.task == self._turn or not w.is_ready]
            ready = wait([w.connection for w in asked])
            for worker in [w for w in asked if w.connection in ready]:
                self._hear(worker)

    def dismiss(self) -> None:
        for worker in self._workers:
            worker.connection.close()
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join()

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
        context = get_context("fork") if (START or start()) == "fork" else get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self._job), daemon=True)
        with catch_warnings():
            # From Python 3.12 on a fork beside any other thread is warned of; `start` knows these threads.
            simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours))

    def _hear(self, worker: _Worker) -> None:
        try:
            message: tuple[Part, bytes] | None = worker.connection.recv()
        except (EOFError, OSError):
            self._bury(worker)
            return
        if message is None:
            worker.is_ready = True
            self._give(worker)
            return
        part, table = message
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
        if self._again:
            worker.task = self._again.popleft()
            task = Task(self._apart[worker.task].left[0])
        elif self._next < len(self._tasks):
            worker.task = self._next
            task = self._tasks[self._next]
            self._next += 1
        else:
            return
        with suppress(OSError):
            worker.connection.send((worker.task, task))

    def _bury(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join()
        if worker.task is not None:
            self._mourn(worker.task, _death(worker.process.exitcode))
        if worker.is_ready and (self._again or self._next < len(self._tasks)):
            self._hire()

    def _mourn(self, number: int, death: str) -> None:
        """Say of which file a worker died; of several, find out by reading them one by one."""
        task = self._tasks[number]
        if task.more and number not in self._apart:
            self._apart[number] = _Apart(deque(task.sources))
            self._again.append(number)
            return
        apart = self._apart.get(number)
        source = apart.left[0] if apart else task.source
        reason = f"the process that read this file died ({death}); the rest of it was not read"
        where = f"byte {source.start}" if task.of > 1 else ""
        tally = Tally(files=0 if task.number else 1, problems=[Problem(source.name, where, reason)])
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


def _work(connection: Connection, job: Job) -> None:
    """Live as a worker: say ready, then read task after task until the parent is gone."""
    arrow.without_pandas()
    # Ctrl-C reaches the whole group; the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Records are trees without cycles: looking for cycles among them all the time costs a tenth of the work.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    with suppress(EOFError, OSError):
        connection.send(None)
        while True:
            number, task = connection.recv()
            for part in _parts_of(number, task, job):
                table = _write(part.table) if part.table is not None else b""
                connection.send((Part(part.task, part.done, None, part.tally), table))


def _write(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    # Uncompressed: reading costs nothing then, and copying through the pipe less than unpacking a hundred columns.
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


def _read(stream: bytes) -> pa.Table:
    return pa.ipc.open_stream(stream).read_all()
