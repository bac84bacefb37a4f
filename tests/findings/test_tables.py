"""The documents' tables: by meaning against cases, word for word against engines nobody here wrote."""

import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb_kql
import orjson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stashlight.decoders.record import Record
from stashlight.engines.duckdb import Engine
from stashlight.events import Normaliser
from stashlight.findings.tables import SENTINEL_COLUMNS, SUMO_COLUMNS, sentinel_table, sumo_table

KQL = "003_1ae0518aa5259b93.txt"
_NOW = datetime.now(UTC).replace(microsecond=0)


def _engine(*records: dict[str, object]) -> Engine:
    engine, normaliser = Engine(threads=1), Normaliser("t")
    for number, fields in enumerate(records, 1):
        normaliser.add(Record(fields, number, orjson.dumps([number, fields])))
    engine.add(normaliser.table())
    return engine


def _sysmon(event_id: int, second: int = 0, **fields: object) -> dict[str, object]:
    time = f"2026-01-01 00:00:{second:02}.000"
    return {
        "EventID": event_id, "Channel": "Microsoft-Windows-Sysmon/Operational",
        "SourceName": "Microsoft-Windows-Sysmon",
        "Hostname": "WS-1", "UtcTime": time, "EventTime": time, **fields,
    }  # fmt: skip


XCOPY = _sysmon(
    1, 1, Image=r"C:\Windows\System32\xcopy.exe", CommandLine=r"xcopy C:\a \\127.0.0.1\StagingTest$ /E", User=r"CORP\a"
)
SHELL = _sysmon(1, 2, Image=r"C:\Windows\System32\cmd.exe", CommandLine=r"cmd /c copy a.txt C:\\temp\\b.txt")
ZIP = _sysmon(11, 3, Image=r"C:\x\powershell.exe", TargetFilename=r"C:\Users\Public\staging_test\a.zip")
NOTHING = _sysmon(11, 4, Image=r"C:\x\winword.exe", TargetFilename=r"C:\Users\a\Documents\a.docx")


def test_the_sumo_table_scores_and_names_by_meaning() -> None:
    """Columns and order of the document; a UNC path scores once, doubled backslashes not at all."""
    with _engine(SHELL, NOTHING, ZIP, XCOPY) as engine:
        table = sumo_table(engine)
        assert tuple(table.column_names) == SUMO_COLUMNS
        rows = table.to_pylist()
    assert [(r["detection_type"], r["staging_score"]) for r in rows] == [
        ("ArchiveInStagingDir", 2),
        ("RemoteCopyToolToUNC", 1),
    ]
    assert rows[1]["is_unc_target"] == 1
    assert (rows[1]["Computer"], rows[1]["User"]) == ("WS-1", r"CORP\a")
    assert rows[0]["_messageTime"] == datetime(2026, 1, 1, 0, 0, 3, tzinfo=UTC)


def test_the_sumo_table_word_for_word_keeps_the_documents_defects() -> None:
    with _engine(SHELL, NOTHING, ZIP, XCOPY) as engine:
        rows = sumo_table(engine, literal=True).to_pylist()
        assert [(r["detection_type"], r["staging_score"]) for r in rows] == [
            ("ArchiveInStagingDir", 2),
            ("PSCmdRemoteCopy", 2),
            ("RemoteCopyToolToUNC", 2),
        ]
        assert sumo_table(engine, 3, literal=True).num_rows == 0
        assert sumo_table(engine, 0).num_rows == 4


_PATHS = st.text("abC:\\temp/.zip \n", max_size=24)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(_PATHS, st.sampled_from(["", r"\Temp\x.zip", r"\ProgramData\a", ".7z"])), min_size=1, max_size=5)
)
def test_the_sumo_expressions_mean_what_python_takes_them_to_mean(parts: list[tuple[str, str]]) -> None:
    """Full match, lower case, `.` stops at a newline."""
    place = re.compile(
        r".*[\\](temp|tmp|public|programdata|appdata[\\]local[\\]temp|users[\\]public|inetpub[\\]wwwroot|wwwroot)[\\].*"
    )
    archive = re.compile(r".*\.(zip|rar|7z|tar|gz|bz2|cab|iso|lzh|arj)\Z")
    paths = [a + b for a, b in parts if (a + b).strip()]
    rows = [
        {"event_key": str(i), "kind": "file_create", "provider": "sysmon", "event_id": 11, "file_path": p}
        for i, p in enumerate(paths)
    ]
    with Engine(threads=1) as engine:
        if rows:
            engine.add(pa.Table.from_pylist(rows))
        found = Counter(
            (r["target_filename"], r["is_staging_path"], r["is_archive_file"])
            for r in sumo_table(engine, 0, literal=True).to_pylist()
        )
    expected = Counter(
        (p, int(bool(place.fullmatch(p.lower()))), int(bool(archive.fullmatch(p.lower())))) for p in paths
    )
    assert found == expected


def _file(path: str, action: str = "FileCreated", **fields: object) -> dict[str, object]:
    name = path.rsplit("\\", 1)[-1]
    return {
        "Timestamp": _NOW.isoformat().replace("+00:00", "Z"), "DeviceName": "ws1", "ActionType": action,
        "FolderPath": path,
        "FileName": name, "FileSize": 7, "InitiatingProcessFileName": "rar.exe",
        "InitiatingProcessCommandLine": "rar a",
        "InitiatingProcessAccountName": "alex", "InitiatingProcessFolderPath": r"C:\x\rar.exe", **fields,
    }  # fmt: skip


def _process(name: str, command: str, **fields: object) -> dict[str, object]:
    return {
        "Timestamp": _NOW.isoformat().replace("+00:00", "Z"), "DeviceName": "ws1", "ActionType": "ProcessCreated",
        "AccountName": "alex", "FileName": name, "FolderPath": rf"C:\Windows\System32\{name}",
        "ProcessCommandLine": command,
        "InitiatingProcessFileName": "explorer.exe", "InitiatingProcessCommandLine": "explorer", **fields,
    }  # fmt: skip


def test_the_sentinel_table_finds_by_meaning() -> None:
    records = [
        _file(r"C:\Users\Public\a.zip"),
        _file(r"C:\Users\Public\a.zip.docx"),
        _process("robocopy.exe", r"robocopy C:\a \\fs1\stage$ /mir"),
        _process("cmd.exe", r"cmd /c copy C:\a.txt \\fs1\stage$\a.txt"),
        _process("cmd.exe", r"cmd /c dir C:\\temp"),
    ]
    with _engine(*records) as engine:
        table = sentinel_table(engine)
        assert tuple(table.column_names) == SENTINEL_COLUMNS
        assert sorted(map(str, table.column("DetectionType").to_pylist())) == [
            "ArchiveInStagingDir",
            "PSCmdRemoteCopy",
            "RemoteCopyToUNCPath",
        ]
        newest = int(_NOW.timestamp() * 1_000_000)
        assert sentinel_table(engine, newest - 1).num_rows == 3
        assert sentinel_table(engine, newest).num_rows == 0
        assert not [
            r for r in sentinel_table(engine, literal=True).to_pylist() if r["DetectionType"] == "RemoteCopyToUNCPath"
        ]


_PLACES = st.sampled_from(
    [
        r"C:\Temp",
        r"C:\Users\Public",
        r"C:\Users\a\Documents",
        r"C:\$Recycle.Bin\S-1",
        r"C:\RecycleX",
        r"D:\Recycle",
        r"C:\inetpub\wwwroot\up",
        r"C:\atemp",
        r"\\fs\Temp",
    ]
)
_NAMES = st.tuples(
    st.sampled_from(["a", "report", "ü", "x y", "7z"]),
    st.sampled_from([".zip", ".zip.docx", ".zipx", ".7z.001", ".ZIP", "zip", ".gz~", ".tar.gz", ".docx", ".rar-old"]),
).map("".join)
_TOOLS = st.sampled_from(
    ["xcopy.exe", "Robocopy.EXE", "copy", "cmd.exe", "PowerShell.exe", "pwsh.exe", "notepad.exe", "xxcopy.exe"]
)
_WORDS = st.lists(
    st.sampled_from(
        [
            "copy",
            "xcopy",
            "ROBOCOPY",
            "Copy-Item",
            "move-item",
            "photocopy",
            "copy2",
            "copyé",
            r"\\fs1\a",
            r"\\\fs1\a",
            r"C:\\x\\y",
            "\\\\",
            r"C:\a",
            "/e",
            "_copy_",
        ]
    ),
    max_size=5,
).map(" ".join)
_RECORDS = st.one_of(
    st.builds(
        _file,
        st.tuples(_PLACES, _NAMES).map("\\".join),
        st.sampled_from(["FileCreated", "FileRenamed", "FileModified"]),
    ),
    st.builds(_process, _TOOLS, _WORDS),
)


# Few examples of many rows: most of the time goes into parsing the KQL.
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(records=st.lists(_RECORDS, min_size=60, max_size=90))
def test_the_sentinel_table_word_for_word_agrees_with_the_seeds_own_kql(records: list[dict[str, object]]) -> None:
    """The document's text run by `duckdb-kql`."""
    _agree(records)


def test_the_sentinel_table_agrees_on_rendered_scenarios(shared: Path, tmp_path: Path) -> None:
    """Defender rows of the development scenarios, moved to today because the document looks back 24 hours."""
    render = [
        sys.executable,
        str(shared / "eval" / "render.py"),
        "--shape",
        "defender",
        "--split",
        "dev",
        "--out",
        str(tmp_path),
    ]
    subprocess.run(render, check=True, capture_output=True)
    records = [
        orjson.loads(line)
        for file in sorted(tmp_path.rglob("*.ndjson")) + sorted(tmp_path.rglob("*.json"))
        for line in file.read_bytes().splitlines()
        if line.startswith(b"{")
    ]
    rows: list[dict[str, object]] = [
        {**r, "Timestamp": _NOW.isoformat().replace("+00:00", "Z")}
        for r in records
        if r.get("ActionType") in {"FileCreated", "FileRenamed", "FileModified", "ProcessCreated"}
    ]
    assert len(rows) > 1000
    assert _agree(rows) > 10


def _agree(records: list[dict[str, object]]) -> int:
    asked = ("Timestamp", "DeviceName", "FolderPath", "FileName", "ProcessCommandLine", "DetectionType")
    expected = Counter(tuple(r.get(c) for c in asked[2:]) for r in _kql(records))
    with _engine(*records) as engine:
        found = Counter(tuple(r[c] for c in asked[2:]) for r in sentinel_table(engine, literal=True).to_pylist())
    assert found == expected
    return expected.total()


def _query() -> str:
    """Give the KQL of the document: from its first `let` to its last `sort`."""
    path = Path(__file__).parents[2].parent / "shared" / "seeds" / KQL
    if not path.exists():
        pytest.skip(f"the seed document is not here: {path}")
    text = path.read_text(encoding="utf-8")
    query = text[
        text.index("let StagingPaths") : text.index("| sort by Timestamp desc") + len("| sort by Timestamp desc")
    ]
    # Detection 1 asks for AccountName, which DeviceFileEvents does not have: as written the query does not resolve.
    return query.replace(
        "| project Timestamp, DeviceName, AccountName, FolderPath", "| project Timestamp, DeviceName, FolderPath"
    )


_COLUMNS = {
    "DeviceFileEvents": (
        "Timestamp", "DeviceName", "ActionType", "FolderPath", "FileName", "FileSize", "InitiatingProcessFileName",
        "InitiatingProcessCommandLine", "InitiatingProcessAccountName",
    ),
    "DeviceProcessEvents": (
        "Timestamp", "DeviceName", "ActionType", "AccountName", "FileName", "FolderPath", "ProcessCommandLine",
        "InitiatingProcessFileName", "InitiatingProcessCommandLine",
    ),
}  # fmt: skip


def _kql(records: list[dict[str, object]]) -> list[dict[str, Any]]:
    connection = duckdb_kql.connect()
    for table, columns in _COLUMNS.items():
        mine = [r for r in records if ("ProcessCommandLine" in r) is (table == "DeviceProcessEvents")]
        stamped = [{**r, "Timestamp": (_NOW - timedelta(minutes=5)).replace(tzinfo=None)} for r in mine]
        types = {"Timestamp": pa.timestamp("us"), "FileSize": pa.int64()}
        schema = pa.schema([pa.field(c, types.get(c, pa.string())) for c in columns])
        connection.register("incoming", pa.Table.from_pylist(stamped, schema=schema))
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM incoming")
        connection.unregister("incoming")
    cursor: Any = duckdb_kql.kql(connection, _query())
    names = [d[0] for d in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    connection.close()
    return rows
