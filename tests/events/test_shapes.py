"""The same scenario in every shape tells the same facts, where the shape carries them."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from stashlight.events import Tally, load

# Each twelfth scenario: attacks and look-alikes, Windows and Linux.
STEP = 12
WINDOWS_SHAPES = ["winlogbeat", "winlogbeat6", "xml", "splunk", "splunk-hec", "sumo", "sumo-json"]
DEFENDER_SHAPES = ["defender", "defender-csv", "defender-stream"]
SYSMON = {"sysmon", "sysmon_linux"}

Row = dict[str, object]


class Rows:
    """A sink that keeps rows."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(self, table: pa.Table, /) -> None:
        self.rows += table.to_pylist()


def read(paths: list[str]) -> tuple[list[Row], Tally]:
    rows = Rows()
    return rows.rows, load(paths, rows, workers=1)


@pytest.fixture(scope="module")
def rendered(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    scenarios = sorted(p.stem for p in (shared / "eval" / "scenarios").glob("*.yaml"))[::STEP]
    out = tmp_path_factory.mktemp("rendered")
    chosen = [word for s in scenarios for word in ("--scenario", s)]
    command = [sys.executable, str(shared / "eval" / "render.py"), "--shape", "all", "--out", str(out), *chosen]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    for labels in out.rglob("labels.jsonl"):
        labels.unlink()
    return out


@pytest.fixture(scope="module")
def flat(rendered: Path) -> list[Row]:
    return read([str(rendered / "otrf")])[0]


def fact(row: Row, *names: str) -> tuple[object, ...]:
    scenario = Path(str(row["file"])).name.split(".")[0]
    return scenario, row["kind"], row["event_id"], row["host_key"], *(row[n] for n in names)


def second(row: Row) -> int | None:
    ts = row["ts_us"]
    return ts // 1_000_000 if isinstance(ts, int) else None


@pytest.mark.parametrize("shape", WINDOWS_SHAPES)
def test_same_facts(shape: str, rendered: Path, flat: list[Row]) -> None:
    rows, tally = read([str(rendered / shape)])
    assert not tally.problems
    assert tally.records == len(rows) == len(flat)
    said = ("file_path", "command_line", "process_path", "destination_ip", "logon_id", "script_text")
    assert Counter(fact(r, *said) for r in rows) == Counter(fact(r, *said) for r in flat)
    # Who logged a script block is in the event's System part, which Sumo's text form leaves out.
    mine, theirs = ([r for r in side if r["kind"] != "script_block"] for side in (rows, flat))
    keys = ("process_key", "parent_key")
    assert Counter(fact(r, *keys) for r in mine) == Counter(fact(r, *keys) for r in theirs)


@pytest.mark.parametrize("shape", WINDOWS_SHAPES)
def test_same_times_to_the_second(shape: str, rendered: Path, flat: list[Row]) -> None:
    """NXLog has only arrival times for all but Sysmon."""
    rows, _ = read([str(rendered / shape)])
    mine, theirs = ([r for r in side if r["provider"] in SYSMON] for side in (rows, flat))
    assert Counter((fact(r), second(r)) for r in mine) == Counter((fact(r), second(r)) for r in theirs)
    assert {r["time_basis"] for r in rows} <= {"event", "created"}


@pytest.mark.parametrize("shape", [s for s in WINDOWS_SHAPES if s != "winlogbeat6"])
def test_same_accounts(shape: str, rendered: Path, flat: list[Row]) -> None:
    """Winlogbeat 6 comes from a Sysmon without User in event 11; 4104 knows a name in some shapes, an SID in others."""
    rows, _ = read([str(rendered / shape)])
    mine, theirs = ([r for r in side if r["kind"] != "script_block"] for side in (rows, flat))
    assert Counter(fact(r, "account_key") for r in mine) == Counter(fact(r, "account_key") for r in theirs)


@pytest.mark.parametrize("shape", DEFENDER_SHAPES)
def test_defender_tells_the_same_processes(shape: str, rendered: Path, flat: list[Row]) -> None:
    rows, tally = read([str(rendered / shape)])
    assert not tally.problems
    assert tally.records == len(rows)
    hosts = {(fact(r)[0], r["host_key"]) for r in rows} & {
        (fact(r)[0], r["host_key"]) for r in flat if r["provider"] in SYSMON
    }
    mine, theirs = (
        Counter(
            (where[0], r["host_key"], r["account_key"], r["command_line"], r["process_path_lc"])
            for r in side
            if r["kind"] == "process_start"
            and ((where := fact(r))[0], r["host_key"]) in hosts
            and r["provider"] != "security"
        )
        for side in (rows, flat)
    )
    assert mine == theirs


def test_defender_shapes_agree(rendered: Path) -> None:
    first, *others = (
        Counter(
            fact(r, "ts_us", "action", "file_path", "file_size", "account", "command_line", "process_key", "is_remote")
            for r in read([str(rendered / shape)])[0]
        )
        for shape in DEFENDER_SHAPES
    )
    assert all(other == first for other in others)
