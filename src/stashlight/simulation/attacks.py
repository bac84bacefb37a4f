"""A shipped attack as events in an engine: what no filter may silence."""

import tempfile
from pathlib import Path

from stashlight.engines.duckdb import Engine
from stashlight.events.loading import load
from stashlight.plugins import plugin
from stashlight.simulation.procedure import play
from stashlight.simulation.shapes import Shape

__all__ = ["load_attack"]


def load_attack(engine: Engine, name: str) -> None:
    """Add the events of one procedure, as Sysmon and Security logs tell them."""
    with tempfile.TemporaryDirectory(prefix="stashlight-") as folder:
        rendered = plugin("stashlight.simulation.shapes", "nxlog", Shape).render(play(name))
        for suffix, content in rendered.items():
            (Path(folder) / f"{name}{suffix}").write_bytes(content)
        load([folder], engine, workers=1)
