"""Attacks and look-alikes whose answer is known, and real recordings: found, placed, graded, named, or left in peace."""

import dataclasses
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import pytest

from stashlight.incidents.document import Incident
from stashlight.verbs.scan import scan

Label = dict[str, object]
Judged = dict[str, object]

# What the work on detection promises; stretch cases are reported by `docs`, not held.
PROMISED = {"placed": 0.97, "graded": 0.93, "named": 0.95}
QUIET = 0.97
SHAPES = ("otrf", "defender")
_PAGING = ("medium", "high", "critical")


@pytest.fixture(scope="module")
def judge(shared: Path) -> Callable[[list[Label], list[dict[str, object]]], list[Judged]]:
    """Give the judge's own function: it is not ours to copy."""
    spec = importlib.util.spec_from_file_location("judge", shared / "eval" / "judge.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("Callable[[list[Label], list[dict[str, object]]], list[Judged]]", module.judge)


def _said(incidents: Sequence[Incident]) -> list[dict[str, object]]:
    return [dataclasses.asdict(incident) for incident in incidents]


@pytest.mark.parametrize("shape", SHAPES)
def test_scenarios_are_found_and_look_alikes_left_in_peace(
    shape: str,
    shared: Path,
    tmp_path: Path,
    judge: Callable[[list[Label], list[dict[str, object]]], list[Judged]],
) -> None:
    """All logs of a shape in one folder, as an analyst would have them."""
    render = [
        sys.executable,
        str(shared / "eval" / "render.py"),
        "--shape",
        shape,
        "--split",
        "dev",
        "--out",
        str(tmp_path),
    ]
    subprocess.run(render, check=True, capture_output=True, timeout=120)
    labels = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    (tmp_path / "labels.jsonl").unlink()
    judged = judge(labels, _said(scan([str(tmp_path)]).incidents))
    attacks = [row for row in judged if row["label"] == "malicious" and not row["stretch"]]
    benign = [row for row in judged if row["label"] == "benign"]
    assert attacks
    assert benign
    for what, least in PROMISED.items():
        short = [row["id"] for row in attacks if not row[what]]
        assert len(short) <= (1 - least) * len(attacks), f"not {what}: {short}"
    loud = [(row["id"], row["loud"]) for row in benign if not row["quiet"]]
    assert len(loud) <= (1 - QUIET) * len(benign), f"not quiet: {loud}"


@pytest.fixture(scope="module")
def recorded(shared: Path) -> list[Incident]:
    return list(scan([str(shared / "telemetry")]).incidents)


@pytest.fixture(scope="module")
def labels(shared: Path) -> list[Label]:
    lines = (shared / "eval" / "real_labels.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _files(incident: Incident) -> set[str]:
    """Give the names of the recordings that an incident's evidence stands in, outside of archives."""
    return {evidence.file.replace("!", "/").rpartition("/")[2] for evidence in incident.evidence}


def _named(labels: Sequence[Label], *kinds: str) -> dict[str, Label]:
    return {str(label["file"]): label for label in labels if label["label"] in kinds}


def test_staging_in_real_recordings_is_found(recorded: list[Incident], labels: list[Label]) -> None:
    for file, label in _named(labels, "positive").items():
        host, place = str(label["host"]).lower(), str(label["staging_dir"]).lower()
        also = cast("list[dict[str, str]]", label.get("also_ok", []))
        wanted = {place, *(pair["staging_dir"].lower() for pair in also)}
        mine = [i for i in recorded if file in _files(i) and i.severity in _PAGING]
        assert any(host in map(str.lower, i.hosts) and wanted & set(map(str.lower, i.places)) for i in mine), file
        assert any(label["technique"] in i.techniques for i in mine), file


def test_nothing_else_in_real_recordings_pages_anybody(recorded: list[Incident], labels: list[Label]) -> None:
    allowed = _named(labels, "positive", "grey").keys()
    loud = [
        (i.score, i.places, sorted(_files(i))) for i in recorded if i.severity in _PAGING and not _files(i) & allowed
    ]
    assert loud == []
