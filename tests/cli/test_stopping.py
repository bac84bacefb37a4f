"""A long scan that is stopped, killed or short of memory: real processes, real signals."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stashlight.cli import Exit, main

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks for processes in /proc")

_SCAN = [sys.executable, "-m", "stashlight", "scan", "--as", "json", "--workers", "2", "--quiet"]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs of some 270 MB in which every event matters: several seconds of work."""
    folder = tmp_path_factory.mktemp("large")
    assert main(["simulate", "mass_copy", "--shape", "otrf", "--events", "300000", "--out", str(folder)]) == 0
    return folder


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            try:
                fields = (each / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(each.name))
    return found


def _started(logs: Path, place: Path) -> tuple[subprocess.Popen[bytes], list[int]]:
    """Start a scan and wait until its readers are at work."""
    environment = {**os.environ, "TMPDIR": str(place)}
    process = subprocess.Popen([*_SCAN, str(logs)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    end = time.monotonic() + 60
    while len(_children(process.pid)) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.2)
    return process, _children(process.pid)


def _gone(pids: list[int]) -> bool:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_scan_that_is_stopped_gives_what_it_has(sent: signal.Signals, large: Path, tmp_path: Path) -> None:
    process, readers = _started(large, tmp_path)
    process.send_signal(sent)
    out, err = process.communicate(timeout=120)
    document = json.loads(out)
    assert process.returncode == Exit.INTERRUPTED, err
    assert document["partial"] is True
    assert document["scanned"]["bytes"] < sum(log.stat().st_size for log in large.iterdir())
    assert any("interrupted after" in each["reason"] for each in document["problems"])
    assert _gone(readers)
    assert not list(tmp_path.iterdir())


def test_a_scan_that_is_killed_leaves_no_reader_behind(large: Path, tmp_path: Path) -> None:
    process, readers = _started(large, tmp_path)
    process.kill()
    process.communicate(timeout=60)
    assert len(readers) >= 2
    assert _gone(readers)


def test_less_memory_changes_nothing_but_the_time(large: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found: list[object] = []
    for memory in ("300MB", "2GB"):
        assert main(["scan", str(large), "--as", "json", "--memory", memory, "--quiet"]) == 0
        document = json.loads(capsys.readouterr().out)
        found.append((document["scanned"], document["incidents"], document["problems"]))
    assert found[0] == found[1]


@pytest.mark.parametrize("memory", ["10MB", "nothing", "-1GB"])
def test_too_little_memory_is_refused(memory: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text("{}\n")
    assert main(["scan", str(tmp_path), f"--memory={memory}"]) == Exit.REFUSED
    assert re.search(r"not enough: 300 MB is the least|is not a size", capsys.readouterr().err)
