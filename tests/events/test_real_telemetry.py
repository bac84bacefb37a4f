"""Real recordings: every event of interest becomes a row, and every problem has an explanation."""

import io
import json
import re
import tarfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest
import zstandard
from evtx import PyEvtxParser

from stashlight.events import load

SYSMON = {1, 3, 11, 15, 23, 26}
SECURITY = {4624, 4688, 5140, 5145, 5156}
POWERSHELL = {4103, 4104}

# What is wrong with these recordings themselves.
EXPLAINED = (
    r"no known event vocabulary",  # Azure AD and Office audit: not endpoint telemetry
    r"event XML in '\\w+' is cut off",  # syslog's limit of 2,048 bytes
    r"TimeCreated is not UTC as it says",  # a twelve-hour clock of local time, put right
    r"unknown format",
    r"lost",  # chunks that were damaged when recorded
)


class Keys:
    """A sink that counts (provider, id)."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, int]] = Counter()
        self.rows = 0

    def add(self, table: pa.Table, /) -> None:
        self.rows += table.num_rows
        pairs = zip(table["provider"].to_pylist(), table["event_id"].to_pylist(), strict=True)
        self.counts.update(cast("Any", pairs))


def mapped(provider: str, event_id: int, data: dict[str, Any]) -> tuple[str, int] | None:
    """Say independently what ought to become a row."""
    name = provider.lower()
    if name in {"microsoft-windows-sysmon", "linux-sysmon"} and event_id in SYSMON:
        return "sysmon" if name != "linux-sysmon" else "sysmon_linux", event_id
    if name == "microsoft-windows-security-auditing":
        is_file = event_id == 4663 and data.get("ObjectType") == "File"
        return ("security", event_id) if is_file or event_id in SECURITY else None
    if name == "microsoft-windows-powershell" and event_id in POWERSHELL:
        return "powershell", event_id
    if name == "powershell" and event_id == 800:
        return "powershell", event_id
    if name == "esent" and event_id in {325, 327}:
        return "esent", event_id
    return None


@pytest.fixture(scope="module")
def recordings(shared: Path) -> list[Path]:
    """Some recordings of each generation; all of them are the benchmark's."""
    files = sorted((shared / "telemetry" / "otrf").glob("*.zip"), key=lambda p: (p.stat().st_size, p.name))
    return files[::4]


def test_every_event_of_a_recording_is_there(recordings: list[Path]) -> None:
    seen: Counter[tuple[str, int]] = Counter()
    lines: set[bytes] = set()
    for path in recordings:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.startswith("__MACOSX") or not name.endswith(".json"):
                    continue
                for line in archive.read(name).splitlines():
                    if not line.strip() or line.strip() in lines:
                        continue
                    record = json.loads(line)
                    key = mapped(record.get("SourceName") or "", int(record.get("EventID") or 0), record)
                    if key:
                        lines.add(line.strip())
                        seen[key] += 1
    sink = Keys()
    tally = load([str(p) for p in recordings], sink)
    known = Counter({k: n for k, n in sink.counts.items() if k[0] in {"sysmon", "security", "powershell", "esent"}})
    assert known == seen
    assert not [p for p in tally.problems if not re.search("|".join(EXPLAINED), p.reason)]


def test_every_event_of_the_evtx_samples_is_there(shared: Path, tmp_path: Path) -> None:
    """Counted with the parser alone, file by file; the same event in two files counts once."""
    packed = shared / "telemetry" / "evtx" / "evtx-attack-samples.tar.zst"
    with packed.open("rb") as file:
        content = zstandard.ZstdDecompressor().stream_reader(file).read()
    seen: Counter[tuple[str, int]] = Counter()
    events: set[str] = set()
    records = 0
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            if not member.isfile() or not member.name.endswith(".evtx"):
                continue
            file = archive.extractfile(member)
            assert file is not None
            try:
                for row in PyEvtxParser(io.BytesIO(file.read())).records_json():
                    records += 1
                    data = str(cast("dict[str, object]", row)["data"])
                    if data in events:
                        continue
                    event = json.loads(data)["Event"]
                    event_id = event["System"]["EventID"]
                    event_id = event_id if isinstance(event_id, int) else event_id["#text"]
                    provider = event["System"]["Provider"]["#attributes"].get("Name", "")
                    if key := mapped(provider, event_id, event.get("EventData") or {}):
                        events.add(data)
                        seen[key] += 1
            except RuntimeError:
                # A damaged chunk ends the parser's own walk; ours goes on.
                continue
    sink = Keys()
    tally = load([str(packed)], sink)
    assert not [p for p in tally.problems if not re.search("|".join(EXPLAINED), p.reason)]
    assert tally.records >= records
    assert sink.counts == seen
