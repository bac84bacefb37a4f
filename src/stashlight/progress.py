"""How far reading has got: one line on a terminal with rate and time left, nothing at all in a pipe or a log."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from time import monotonic
from typing import TextIO

__all__ = ["Progress", "progress_on"]

Progress = Callable[[int, int], None]
"""Called now and then with the bytes read so far and the bytes to read in all (0 if unknown, as for stdin)."""

_REDRAW = 0.1
"""Seconds between two drawings."""


@contextmanager
def progress_on(stream: TextIO, *, quiet: bool = False) -> Generator[Progress | None]:
    """Show progress on `stream` while the block runs if it is a terminal; else give None, and nobody has to report."""
    if quiet or not stream.isatty():
        yield None
        return
    # rich draws on every terminal, Windows included; only a terminal pays for its import.
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = TextColumn("reading"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    # No thread of its own to draw: processes that read can be forked only while there is no other thread.
    with Bar(*columns, console=Console(file=stream), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("reading", total=None)
        drawn = 0.0

        def report(done: int, total: int) -> None:
            nonlocal drawn
            bar.update(task, completed=done, total=total or None)
            if monotonic() - drawn > _REDRAW:
                drawn = monotonic()
                bar.refresh()

        yield report
