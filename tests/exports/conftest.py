"""Telemetry in two vocabularies, from two sources, and every detection to export."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from telemetry import Telemetry, scenarios, simulated, told

from stashlight.exports.detection import Detection, detections
from stashlight.findings.load import load
from stashlight.findings.rule import RuleSet
from stashlight.incidents.tuning import DEFAULT


@pytest.fixture(scope="session")
def rules() -> RuleSet:
    """The shipped rules."""
    return load(keep=False)


@pytest.fixture(scope="session")
def shipped(rules: RuleSet) -> dict[str, Detection]:
    """Every detection of the shipped rules, by name."""
    made, refused = detections(rules, DEFAULT)
    assert not refused
    return {each.name: each for each in made}


@pytest.fixture(scope="session", params=["simulated", "scenarios"])
def source(request: pytest.FixtureRequest) -> str:
    """Where telemetry comes from: our own simulator, or the development scenarios if they are here."""
    return str(request.param)


@pytest.fixture(scope="session")
def windows(
    source: str, rules: RuleSet, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Telemetry:
    """Flat records of Sysmon, PowerShell and Security."""
    lines = _lines("otrf", "otrf", source, request, tmp_path_factory)
    records = [r for r in map(orjson.loads, lines) if r.get("EventID") in (1, 11, 800, 4103, 4104, 5145)]
    return told(records, rules)


@pytest.fixture(scope="session")
def defender(
    source: str, rules: RuleSet, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Telemetry:
    """Rows of DeviceFileEvents and DeviceProcessEvents."""
    lines = _lines("defender_json", "defender", source, request, tmp_path_factory)
    records = [
        r for r in map(orjson.loads, lines) if str(r.get("ActionType", "")).startswith(("File", "ProcessCreated"))
    ]
    return told(records, rules)


def _lines(
    simulator: str, renderer: str, source: str, request: pytest.FixtureRequest, folders: pytest.TempPathFactory
) -> Iterator[bytes]:
    if source == "simulated":
        return simulated(simulator)
    shared: Path = request.getfixturevalue("shared")
    return scenarios(renderer, shared, folders.mktemp(renderer))
