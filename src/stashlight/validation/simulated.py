"""Procedures → what a scan shows of them in each shape: all of one shape in one scan, each in files of its own name."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from stashlight.engines.duckdb import Engine
from stashlight.errors import Problem
from stashlight.events.loading import load
from stashlight.findings.match import match
from stashlight.findings.rule import RuleSet
from stashlight.incidents.correlate import correlate
from stashlight.plugins import plugin, plugin_names
from stashlight.simulation.acts import Act
from stashlight.simulation.procedure import Procedure, play
from stashlight.simulation.shapes import Shape
from stashlight.validation.observation import Observation, observe

__all__ = ["SHAPES", "observed"]

SHAPES = "stashlight.simulation.shapes"


def observed(
    procedures: Sequence[Procedure], rules: RuleSet, shapes: Iterable[str] = ()
) -> Iterator[tuple[Observation, list[Problem]]]:
    """
    Play the procedures, write, scan and note what was seen, shape by shape (all of them if none is named).

    Gives what could not be read, too: of what we wrote ourselves, that is nothing.
    """
    played = [(procedure.name, play(procedure, audits=True)) for procedure in procedures]
    for name in shapes or plugin_names(SHAPES):
        yield _observed(name, plugin(SHAPES, name, Shape), played, rules)


def _observed(
    name: str, shape: Shape, played: Sequence[tuple[str, Sequence[Act]]], rules: RuleSet
) -> tuple[Observation, list[Problem]]:
    with tempfile.TemporaryDirectory(prefix="stashlight-") as folder, Engine() as engine:
        owners: dict[str, str] = {}
        for procedure, acts in played:
            for suffix, content in shape.render(acts).items():
                path = Path(folder) / f"{procedure}{suffix}"
                if content:
                    path.write_bytes(content)
                    owners[str(path)] = procedure
        # All in this process: the whole takes a second, as long as starting others.
        tally = load([folder], engine, workers=1) if owners else None
        match(engine, rules)
        incidents = correlate(engine, rules)
        files = pa.table({"file": [*owners], "procedure": [*owners.values()]})
        engine.register("files", files.cast(pa.schema([("file", pa.string()), ("procedure", pa.string())])))
        engine.execute(
            "CREATE TEMP TABLE owned AS "
            "SELECT e.event_key, f.procedure FROM events AS e INNER JOIN files AS f ON f.file = e.file"
        )
        return observe(engine, rules, incidents, name, frozenset({shape.SENSOR})), tally.problems if tally else []
