"""The shipped attacks as events in an engine: what no filter may silence."""

import tempfile
from pathlib import Path

from stashlight.engines.duckdb import Engine
from stashlight.events.loading import load
from stashlight.plugins import plugin
from stashlight.simulation.procedure import attack_names, play
from stashlight.simulation.shapes import Shape

__all__ = ["load_attacks"]

# Windows and Linux, each by the sensor that tells most.
_SHAPES = ("nxlog", "syslog")


def load_attacks(engine: Engine) -> None:
    """Add the events of every attack, one file each, named after it."""
    with tempfile.TemporaryDirectory(prefix="stashlight-") as folder:
        for name in attack_names():
            acts = play(name)
            for shape in _SHAPES:
                for suffix, content in plugin("stashlight.simulation.shapes", shape, Shape).render(acts).items():
                    if content:
                        (Path(folder) / f"{name}{suffix}").write_bytes(content)
        load([folder], engine, workers=1)
