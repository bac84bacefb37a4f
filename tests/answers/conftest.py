"""Logs that are ready to be asked, of the sample that is shipped."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stashlight.answers.logs import Logs
from stashlight.engines.duckdb import Engine
from stashlight.events.loading import load
from stashlight.findings.load import load as load_rules

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture(scope="module")
def logs() -> Iterator[Logs]:
    with Engine(memory=500_000_000) as engine:
        tally = load([str(SAMPLES)], engine, workers=1)
        yield Logs(engine, tally, load_rules())
