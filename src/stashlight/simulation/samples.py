"""The sample that comes with Stashlight: which procedures stand in which log."""

import gzip
import io
from pathlib import Path

from stashlight.plugins import plugin
from stashlight.simulation.procedure import play
from stashlight.simulation.shapes import Shape

__all__ = ["SAMPLES", "write_samples"]

SAMPLES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("lab-ws-23", "winlogbeat", ("mass_copy", "windows_update")),
    ("fin-lt-08", "nxlog", ("archive_and_send", "cloud_sync")),
    ("fs-02", "xml", ("share_fan_in",)),
    ("app-04", "defender", ("nightly_backup",)),
)
"""Name of the log, its shape, its procedures: all of one machine."""


def write_samples(folder: Path) -> list[Path]:
    """Write the sample into `folder`; gives the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, shape, procedures in SAMPLES:
        acts = sorted((act for each in procedures for act in play(each)), key=lambda act: act.time)
        for suffix, content in plugin("stashlight.simulation.shapes", shape, Shape).render(acts).items():
            is_packed = shape == "winlogbeat"
            path = folder / f"{name}{suffix}{'.gz' if is_packed else ''}"
            path.write_bytes(_packed(content) if is_packed else content)
            written.append(path)
    return written


def _packed(content: bytes) -> bytes:
    buffer = io.BytesIO()
    # No name and no time in the header: the same acts give the same bytes.
    with gzip.GzipFile("", "wb", 9, buffer, mtime=0) as packed:
        packed.write(content)
    return buffer.getvalue()
