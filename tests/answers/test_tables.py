"""The views: one happening told by Sysmon, by Security and by Defender reads the same."""

from pathlib import Path

import pytest

from stashlight.answers.ask import ask
from stashlight.answers.bounds import Bounds
from stashlight.answers.logs import Logs
from stashlight.answers.query import Query
from stashlight.answers.tables import tables
from stashlight.engines.duckdb import Engine
from stashlight.events.loading import load
from stashlight.findings.rule import RuleSet
from stashlight.plugins import plugin
from stashlight.simulation.procedure import play
from stashlight.simulation.shapes import Shape

_QUERIES = {
    "files": "DeviceFileEvents | where ActionType == 'FileCreated' and isnotempty(InitiatingProcessFileName) "
    "| where InitiatingProcessFileName !in ('System', 'ntoskrnl.exe') "
    "| project tolower(FolderPath), tolower(FileName), tolower(InitiatingProcessFileName), InitiatingProcessId, "
    "tolower(InitiatingProcessAccountName)",
    "processes": "DeviceProcessEvents | project tolower(FolderPath), tolower(FileName), ProcessCommandLine, ProcessId, "
    "tolower(AccountName), tolower(InitiatingProcessFileName), tolower(ProcessVersionInfoOriginalFileName)",
    "connections": "DeviceNetworkEvents | project RemoteIP, RemotePort, RemoteIPType, tolower(InitiatingProcessFileName)",
    "logons": "DeviceLogonEvents | project LogonType, RemoteIP, tolower(AccountName)",
}


def _rows(shape: str, procedure: str, query: str, folder: Path) -> set[tuple[object, ...]]:
    logs = folder / shape
    logs.mkdir(exist_ok=True)
    for suffix, content in plugin("stashlight.simulation.shapes", shape, Shape).render(play(procedure)).items():
        (logs / f"x{suffix}").write_bytes(content)
    with Engine() as engine:
        tally = load([str(logs)], engine, workers=1)
        found = ask(Logs(engine, tally, RuleSet()), Query("kql", query), Bounds(rows=0)).table
        return {tuple(row.values()) for row in found.to_pylist()}


@pytest.mark.parametrize("procedure", ["archive_and_send", "mass_copy"])
@pytest.mark.parametrize("what", _QUERIES)
def test_sysmon_and_defender_read_the_same(what: str, procedure: str, tmp_path: Path) -> None:
    found = {shape: _rows(shape, procedure, _QUERIES[what], tmp_path) for shape in ("nxlog", "winlogbeat", "defender")}
    assert found["nxlog"] == found["winlogbeat"]
    # Defender samples files: what it tells, Sysmon tells too.
    assert found["defender"] <= found["nxlog"]
    assert found["defender"] or (what, procedure) in {("connections", "mass_copy"), ("logons", "archive_and_send")}


def test_file_events_know_the_command_line_of_their_process(logs: Logs) -> None:
    """Sysmon 11 has none; the start of the same process has."""
    text = "DeviceFileEvents | where DeviceName startswith 'LAB' and isempty(InitiatingProcessCommandLine) | count"
    total = "DeviceFileEvents | where InitiatingProcessCommandLine has 'handover' | count"
    assert ask(logs, Query("kql", total), Bounds()).table.to_pylist()[0]["Count"] > 400
    assert ask(logs, Query("kql", text), Bounds()).table.num_rows == 1


def test_every_column_of_every_table_can_be_asked_for(logs: Logs) -> None:
    for name, columns in logs.columns.items():
        chosen = ", ".join(f'"{column}"' for column in columns)
        assert ask(logs, Query("sql", f'SELECT {chosen} FROM "{name}"'), Bounds(rows=5)).table.num_columns == len(
            columns
        )


@pytest.mark.parametrize("name", tables())
def test_every_row_says_where_it_comes_from(logs: Logs, name: str) -> None:
    text = f'SELECT count(*) AS rows, count(SourceFile) AS files, count(SourceRecord) AS records FROM "{name}"'
    (row,) = ask(logs, Query("sql", text), Bounds()).table.to_pylist()
    assert row["rows"] == row["files"] == row["records"] > 0


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("10.1.2.3", "Private"), ("172.31.0.1", "Private"), ("172.32.0.1", "Public"), ("192.168.1.1", "Private"),
        ("127.0.0.1", "Loopback"), ("::1", "Loopback"), ("fe80::1", "Private"), ("fd00::1", "Private"),
        ("2001:db8::1", "Public"), ("8.8.8.8", "Public"),
    ],
)  # fmt: skip
def test_reach_of_an_address(logs: Logs, address: str, reach: str) -> None:
    assert ask(logs, Query("sql", f"SELECT reach_of('{address}') AS r"), Bounds()).table.to_pylist() == [{"r": reach}]


@pytest.mark.parametrize(
    ("account", "domain", "user"),
    [("LINDEN\\ines", "LINDEN", "ines"), ("ines@linden.example", None, "ines"), ("ines", None, "ines"),
     ("NT AUTHORITY\\SYSTEM", "NT AUTHORITY", "SYSTEM")],
)  # fmt: skip
def test_parts_of_an_account(logs: Logs, account: str, domain: str | None, user: str) -> None:
    text = f"SELECT domain_of('{account}') AS d, user_of('{account}') AS u"
    assert ask(logs, Query("sql", text), Bounds()).table.to_pylist() == [{"d": domain, "u": user}]
