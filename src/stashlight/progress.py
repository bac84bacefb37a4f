"""How far reading has got: one line on a terminal with rates and time left, nothing at all in a pipe or a log."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from time import monotonic
from typing import TextIO

from stashlight.frozen import frozen

__all__ = ["Progress", "Sofar", "progress_on"]


@frozen
class Sofar:
    """
    Bytes read so far and bytes to read in all (0 if unknown, as for stdin), records among them.

    `findings` are those of single events, now and then; None where nobody counts them, and before they were first
    counted. `waiting_for` names what nothing has come of for some time.
    """

    done: int
    total: int
    records: int = 0
    findings: int | None = None
    waiting_for: str = ""


Progress = Callable[[Sofar], None]
"""Called now and then, from one thread at a time."""

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
    from rich.markup import escape
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    said = TextColumn("{task.fields[said]}")
    columns = TextColumn("reading"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), said, TimeRemainingColumn()
    # No thread of its own to draw: processes that read can be forked only while there is no other thread.
    with Bar(*columns, console=Console(file=stream), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("reading", total=None, said="")
        began = monotonic()
        drawn = 0.0

        def report(sofar: Sofar) -> None:
            nonlocal drawn
            if monotonic() - drawn > _REDRAW or sofar.waiting_for:
                drawn = monotonic()
                said = escape(_said(sofar, drawn - began))
                bar.update(task, completed=sofar.done, total=sofar.total or None, said=said)
                bar.refresh()

        yield report


def _said(sofar: Sofar, seconds: float) -> str:
    """Say records a second and findings, and what is being waited for."""
    said: list[str] = []
    if sofar.records and seconds:
        said.append(f"{sofar.records / seconds:,.0f} events/s")
    if sofar.findings is not None:
        said.append(f"{sofar.findings:,} finding{'' if sofar.findings == 1 else 's'} so far")
    if sofar.waiting_for:
        said.append(f"waiting for {sofar.waiting_for}")
    return ", ".join(said)
