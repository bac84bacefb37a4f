"""The benchmark runs and counts; how fast anything is, is no test's business."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from benchmarks.goals import GOALS
from evtx import PyEvtxParser

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def from_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark is no part of the package: it runs where it lies."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])


def test_all_contenders_run_and_stand_in_the_table(tmp_path: Path) -> None:
    from benchmarks.__main__ import figures
    from benchmarks.data import invented
    from benchmarks.sections import Wish

    with invented(200_000) as data:
        text, whole = figures(data, 1, Wish(("json", "start"), sizes=(0.0002, 0.0006), events=(900,)), tmp_path)
    assert whole
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ") and not line.startswith("| |")]
    goals, rows = rows[: len(GOALS)], rows[len(GOALS) :]
    assert [row[1].strip() for row in rows] == [
        "raw read",
        "plain loop",
        "DuckDB reads the columns",
        "stashlight scan",
        "Zircolite",
        "Tenzir",
        "Chainsaw",
        "Hayabusa",
        "connecting to DuckDB",
        *["stashlight scan", "raw read"] * 3,
        "stashlight scan",
    ]
    assert all("failed" not in row[8] for row in rows)
    assert "900 simulated events, 1 MB, packed" in text
    measured = {row[1].strip() for row in goals if row[5].strip() in {"yes", "no"}}
    assert {"1 MB: the scan's time beside connecting to DuckDB", "Peak of memory in any table, MB"} <= measured
    assert not [row for row in goals if ("EVTX:" in row[1] or "Zircolite" in row[1]) and row[3].strip() != "–"]


def test_a_goal_says_what_could_be_at_best() -> None:
    """A scan that reads as fast as the bare reader, and takes for the rest what it takes on 1 MB."""
    from benchmarks.goals import goals
    from benchmarks.measure import Run
    from benchmarks.sections import SCAN, Section
    from benchmarks.table import Measured, Outcome

    def outcome(key: str, **walls: float) -> Outcome:
        named = {name.replace("_", " "): wall for name, wall in walls.items()} | {SCAN: walls["scan"]}
        measured = {name: Measured([Run(wall, wall, 0)]) for name, wall in named.items()}
        return Outcome(Section(key, key, (), (), SCAN), 1, measured)

    start, columns = outcome("start", scan=0.4), {"DuckDB_reads_the_columns": 1.2}
    rows = goals([start, outcome("json", scan=2.0, Zircolite=14.4, **columns)]).splitlines()
    told = {row.split("|")[1].strip(): [cell.strip() for cell in row.split("|")[2:-1]] for row in rows[4:]}
    assert told["NDJSON: time of Zircolite beside the scan's"] == ["≥ 12", "7.20", "9.00", "no"]
    assert told["NDJSON: the scan's time beside DuckDB's, which reads the columns"] == ["≤ 2.5", "1.67", "1.33", "yes"]
    assert told["NDJSON: time of the plain loop beside the scan's"] == ["≥ 3", "–", "–", "not measured"]


def test_a_peer_that_is_not_there_is_named_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks.peers import PEERS, peers

    monkeypatch.setattr("benchmarks.peers.GOT", tmp_path / "got")
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "chainsaw").write_text("not a program")
    given = {"chainsaw": str(tmp_path), "tenzir": str(tmp_path / "nowhere"), "zircolite": str(tmp_path)}
    found = peers(given, "evtx", tmp_path, tmp_path)
    assert [each.name.lower() for each in found] == list(PEERS)
    assert not any(each.command for each in found)
    assert PEERS["chainsaw"].get in found[2].remark
    assert "no zircolite.py" in found[0].remark


def test_a_peer_is_found_in_the_folder_that_it_was_built_or_released_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks.peers import peers

    for place in ("hayabusa-3.0.0-lin", "target/release/chainsaw"):
        program = tmp_path / place
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\necho version 3.1.4\n")
        program.chmod(0o755)
    (tmp_path / "rules" / "config").mkdir(parents=True)
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "sigma-event-logs-all.yml").touch()
    monkeypatch.setattr("benchmarks.peers.GOT", tmp_path / "got")
    (tmp_path / "got").mkdir()
    (tmp_path / "got" / "chainsaw").symlink_to(tmp_path)
    found = {each.name: each for each in peers({"hayabusa": str(tmp_path)}, "evtx", tmp_path, tmp_path)}
    assert found["Hayabusa"].command[0] == str(tmp_path / "hayabusa-3.0.0-lin")
    assert found["Chainsaw"].command[0] == str(tmp_path / "got/chainsaw/target/release/chainsaw")
    assert found["Hayabusa"].version == found["Chainsaw"].version == "3.1.4"


def test_the_plain_loop_finds_what_the_seeds_own_expressions_find(tmp_path: Path) -> None:
    from benchmarks.loops import LOOPS

    from stashlight.cli import main
    from stashlight.simulation.procedure import attack_names, play, read_procedure
    from stashlight.simulation.shapes import nxlog

    windows = [name for name in attack_names() if read_procedure(name).system == "windows"]
    log = tmp_path / "attacks.json"
    log.write_bytes(b"".join(text for name in windows for text in nxlog.render(play(name)).values()))
    into = tmp_path / "table.jsonl"
    shown = ["--table", "sumo", "--literal", "--as", "jsonl", "--to", str(into), "--quiet"]
    assert main(["scan", str(log), *shown]) == 0
    rows = [json.loads(line) for line in into.read_text().splitlines()]
    assert {row["detection_type"] for row in rows} >= {"FileInStagingDir", "RemoteCopyToolToUNC", "PSCmdRemoteCopy"}
    assert LOOPS["plain"]([str(log)]) == len(rows)


@pytest.mark.alone
def test_a_scan_has_not_become_much_slower_than_a_plain_loop(tmp_path: Path) -> None:
    """Ratios only, and a bound that a busy machine keeps: 6 for so small a log, so 20 is a mistake and not the weather."""
    from benchmarks.data import invented
    from benchmarks.measure import run
    from benchmarks.sections import Wish, sections

    with invented(60_000_000) as data:
        (section,) = sections(data, Wish(("json",)), tmp_path)
        commands = {each.name: each.command for each in section.contenders if each.command}
        best = {
            name: min(run(commands[name]).processor for _ in range(2)) for name in ("plain loop", "stashlight scan")
        }
    assert best["stashlight scan"] < 20 * best["plain loop"], best


def test_recordings_are_told_by_content_unpacked_or_linked(tmp_path: Path) -> None:
    from benchmarks.data import taken

    line = b'{"EventID": 1}\n'
    given, folder = tmp_path / "given", tmp_path / "folder"
    given.mkdir()
    folder.mkdir()
    (given / "a.evtx").write_bytes(line)
    (given / "b.json").write_bytes(b"ElfFile\0" + bytes(100))
    (given / "c.txt").write_bytes(b"hello\n")
    (given / "d.gz").write_bytes(gzip.compress(line * 2))
    with zipfile.ZipFile(given / "e.zip", "w") as archive:
        archive.writestr("deep/f.log", line * 3)
    data = taken([str(given)], folder)
    assert {name: [Path(file).name for file in files] for name, files in data.items()} == {
        "json": ["000000.json", "000001.json", "000002.json"],
        "evtx": ["000000.evtx"],
    }
    assert [Path(file).read_bytes() for file in data["json"]] == [line, line * 2, line * 3]
    assert [Path(file).is_symlink() for file in data["json"] + data["evtx"]] == [True, False, False, True]


def test_copies_are_events_of_their_own(tmp_path: Path) -> None:
    from benchmarks.copies import grown

    from stashlight.engines.duckdb import Engine
    from stashlight.events.loading import load

    lines = [
        b'{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Hostname":"A","n":%d}' % n for n in range(9)
    ]
    lines += [b'{"EventID": 2}', b"not json", b"[]"]
    log = tmp_path / "log.json"
    log.write_bytes(b"\n".join(lines) + b"\n")
    files = grown("json", [str(log)], 3 * log.stat().st_size, tmp_path)
    assert len(files) == 3
    with Engine() as engine:
        tally = load(files, engine)
        hosts = engine.rows("SELECT DISTINCT host FROM events WHERE event_id = 1")
    assert {str(host) for (host,) in hosts} == {"A", "M1-A", "M2-A"}
    assert tally.events == 27
    assert tally.duplicates == 0


def test_copies_of_event_logs_read_as_the_same_on_another_day(shared: Path, tmp_path: Path) -> None:
    from benchmarks.copies import evtx_copy
    from benchmarks.data import taken

    files = taken([str(shared / "telemetry" / "evtx")], tmp_path)["evtx"]
    assert len(files) > 200
    for content in map(Path.read_bytes, map(Path, files)):
        before, after = _records(content), _records(b"".join(evtx_copy(iter([content]), 2)))
        assert len(before) == len(after)
        for old, new in zip(before, after, strict=True):
            times = [each["System"].pop("TimeCreated")["#attributes"]["SystemTime"] for each in (old, new)]
            assert datetime.fromisoformat(times[1]) - datetime.fromisoformat(times[0]) == timedelta(days=2)
            assert old["System"] == new["System"]


def _records(content: bytes) -> list[Any]:
    rows = PyEvtxParser(io.BytesIO(content)).records_json()
    found: list[Any] = []
    while True:
        try:
            found.append(json.loads(cast("Any", next(rows))["data"])["Event"])
        except StopIteration:
            return found
        except RuntimeError:  # a damaged record
            continue


@pytest.mark.parametrize(
    "content", [b"", b"ElfFile\0", bytes(5000), b"ElfFile\0" + bytes(4088) + b"ElfChnk\0" + b"\xff" * 2000]
)
def test_a_damaged_log_is_copied_as_it_is(content: bytes) -> None:
    from benchmarks.copies import evtx_copy

    assert b"".join(evtx_copy(iter([content]), 1)) == content


def test_simulated_events_are_as_many_as_asked_for_and_packed(tmp_path: Path) -> None:
    from benchmarks.data import crowd

    from stashlight.decoders import sources

    files, unpacked = crowd(2_345, tmp_path)
    contents = [source.open().read() for source in sources(files)]
    assert sum(content.count(b"\n") for content in contents) == 2_345
    assert sum(map(len, contents)) == unpacked
    assert sum(Path(file).stat().st_size for file in files) < unpacked / 4


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="/proc tells which processes are left")
def test_a_benchmark_that_is_ended_leaves_no_process_and_no_file(end: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--megabytes", "40", "--only", "json"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _wait(lambda: _beside(process.pid, tmp_path))
    process.send_signal(end)
    _, said = process.communicate(timeout=60)
    assert b"stopped" in said
    assert b"Traceback" not in said
    assert process.returncode == 1
    _wait(lambda: not _beside(process.pid, tmp_path))
    assert not list(tmp_path.glob("stashlight-bench-*"))


def _beside(pid: int, folder: Path) -> list[str]:
    """Give the commands of other processes that work on what is in the folder."""
    found: list[str] = []
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (each / "cmdline").read_text()
            if each.name != str(pid) and str(folder) in command:
                found.append(command)
    return found


def _wait(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_figures_replace_only_what_is_between_the_markers(tmp_path: Path) -> None:
    from benchmarks.table import BEGIN, END, put

    page = tmp_path / "p.md"
    page.write_text(f"a\n{BEGIN}\nold\n{END}\nb\n")
    put(page, "new")
    put(page, "newer")
    assert page.read_text() == f"a\n{BEGIN}\n\nnewer\n\n{END}\nb\n"


def test_a_run_says_time_and_code() -> None:
    from benchmarks.measure import run

    done = run([sys.executable, "-c", "import sys; sys.exit(3)"])
    assert done.code == 3
    assert 0 < done.processor <= done.wall * 64
