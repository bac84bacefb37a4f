"""Procedures and machines at work → files in the shape of a collector."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from stashlight.errors import SettingError
from stashlight.frozen import frozen
from stashlight.plugins import plugin
from stashlight.simulation.crowd import write_crowd
from stashlight.simulation.procedure import play
from stashlight.simulation.shapes import Shape

__all__ = ["Simulated", "simulate"]

_SHAPES = "stashlight.simulation.shapes"
_START = datetime(2026, 3, 2, tzinfo=UTC)


@frozen
class Simulated:
    """What was written: files, and `empty`, the procedures of which this shape's sensor sees nothing."""

    files: tuple[Path, ...]
    empty: tuple[str, ...]


def simulate(
    procedures: Sequence[str],
    folder: str | Path,
    *,
    shape: str = "nxlog",
    seed: int = 0,
    audits: bool = True,
    hosts: int = 0,
    events: int = 0,
) -> Simulated:
    """
    Write one file (of Defender, one a table) for each of `procedures`, and `events` events of `hosts` machines at work.

    The same call writes the same bytes. A procedure is a shipped one's name or a YAML file. `audits` writes what few
    machines log: 4688, 4663, 4103, 800.

    Raises:
        SettingError: no such procedure or shape, numbers that make no sense, or a folder that cannot be written.
    """
    writer = plugin(_SHAPES, shape, Shape)
    varied = f"{seed}|" if seed else ""
    at = Path(folder)
    files: list[Path] = []
    empty: list[str] = []
    try:
        at.mkdir(parents=True, exist_ok=True)
        for name in procedures:
            rendered = writer.render(play(name, seed=varied, audits=audits))
            made = {at / f"{Path(name).stem}{suffix}": content for suffix, content in rendered.items() if content}
            for path, content in made.items():
                path.write_bytes(content)
            files += made
            if not made:
                empty.append(name)
        if hosts or events:
            files += write_crowd(writer, at, hosts=hosts or 1, events=events or hosts, start=_START, seed=varied)
    except OSError as error:
        message = f"cannot write to {folder}: {error}"
        raise SettingError(message) from error
    return Simulated(tuple(files), tuple(empty))
