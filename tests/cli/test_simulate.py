"""`stashlight simulate` as a person uses it: telemetry that a scan understands, and commands to try oneself."""

import json
from pathlib import Path

import pytest

from stashlight.cli import Exit, main
from stashlight.simulation.procedure import attack_names, procedure_names


def test_list_names_every_procedure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--list"]) == Exit.DONE
    said = capsys.readouterr().out
    assert [name for name in procedure_names() if f"  {name} " not in said] == []


def test_what_is_simulated_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "logs")
    assert main(["simulate", "xcopy_to_share", "--shape", "winlogbeat", "--out", out]) == Exit.DONE
    assert capsys.readouterr().out == f"{out}/xcopy_to_share.winlogbeat.ndjson\n"
    assert main(["scan", out, "--as", "json", "--quiet"]) == Exit.DONE
    incidents = json.loads(capsys.readouterr().out)["incidents"]
    assert ["T1074.002" in each["techniques"] for each in incidents] == [True]


def test_machines_at_work_are_counted_varied_and_quiet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As many events and hosts as asked for, over as many days as it takes; no two of a process, and no incident."""
    arguments = ["simulate", "--hosts", "23", "--events", "60001", "--shape", "otrf"]
    assert main([*arguments, "--out", str(tmp_path / "a")]) == Exit.DONE
    assert "a second" in capsys.readouterr().err
    assert main([*arguments, "--out", str(tmp_path / "b")]) == Exit.DONE
    files = sorted((tmp_path / "a").iterdir())
    assert [path.name for path in files] == ["2026-03-02.otrf.ndjson", "2026-03-03.otrf.ndjson"]
    assert all(path.read_bytes() == (tmp_path / "b" / path.name).read_bytes() for path in files)
    capsys.readouterr()
    assert main(["scan", str(tmp_path / "a"), "--as", "json", "--quiet"]) == Exit.DONE
    document = json.loads(capsys.readouterr().out)
    assert (document["scanned"]["records"], document["scanned"]["duplicates"]) == (60_001, 0)
    assert document["incidents"] == document["problems"] == []
    lines = [json.loads(line) for path in files for line in path.read_bytes().splitlines()]
    assert len({line["Hostname"] for line in lines}) == 23
    owners: dict[str, set[str]] = {}
    for line in lines:
        owners.setdefault(line["ProcessGuid"], set()).add(line["Hostname"])
    assert {len(hosts) for hosts in owners.values()} == {1}


def test_csv_of_many_machines_has_one_header(tmp_path: Path) -> None:
    assert main(["simulate", "--hosts", "30", "--events", "900", "--shape", "defender", "--out", str(tmp_path)]) == 0
    for path in tmp_path.iterdir():
        lines = path.read_text("utf-8").splitlines()
        assert sum(line.startswith("Timestamp,") for line in lines) == 1


def test_commands_are_printed_with_clean_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "archive_in_public", "--commands"]) == Exit.DONE
    said = capsys.readouterr().out
    assert "Compress-Archive" in said
    assert "Remove-Item C:\\Users\\Public\\slt_archive_in_public.zip" in said
    assert "{marker}" not in said
    assert "validate archive_in_public --logs" in said


@pytest.mark.parametrize("name", attack_names())
def test_every_command_carries_the_marker_and_something_cleans_up(name: str) -> None:
    from stashlight.simulation.commands import commands, marker
    from stashlight.simulation.procedure import read_procedure

    procedure = read_procedure(name)
    known = commands(procedure)
    if known is None:
        pytest.skip("has no commands: it cannot be tried safely")
    assert all(marker(procedure) in line for line in known.clean_up)
    assert any(marker(procedure) in line for line in known.run)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nosuch", "--out", "{tmp}"], "no procedure 'nosuch'"),
        (["mass_copy"], "--out DIR"),
        (["--hosts", "0", "--events", "5", "--out", "{tmp}", "--shape", "syslog"], "Windows machines"),
        (["--hosts", "10", "--events", "5", "--out", "{tmp}"], "--events at least as many"),
        (["credential_stores", "--commands"], "no commands for credential_stores"),
        (["{tmp}/own.yml", "--out", "{tmp}"], "own.yml:6: no host 'elsewhere'"),
        (["{tmp}/odd.yml", "--out", "{tmp}"], "odd.yml:5: this step cannot be played"),
        (["{tmp}/bomb.yml", "--out", "{tmp}"], "bomb.yml:1: YAML anchors"),
        (["{tmp}/many.yml", "--out", "{tmp}"], "many.yml:6: this step cannot be played: ValueError: 900,000,000 files"),
        (["{tmp}/form.yml", "--out", "{tmp}"], "form.yml:5: 'command' of a step cannot be 5"),
        (["{tmp}/list.yml", "--out", "{tmp}"], "list.yml:5: a step must be a mapping"),
        (["{tmp}/host.yml", "--out", "{tmp}"], "host.yml:3: a host has name, domain, address"),
        (["{tmp}/none.yml", "--out", "{tmp}"], "procedure {tmp}/none.yml cannot be read"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "title: Own\nstart: 2026-01-01 00:00:00\nhost: {name: A, domain: b.example, address: 10.0.0.1}\nsteps:\n"
    (tmp_path / "own.yml").write_text(
        f"{head}  - {{at: 0, process: p, image: 'C:\\x.exe'}}\n  - {{at: 1, on: elsewhere, connects: y, by: p}}\n"
    )
    (tmp_path / "odd.yml").write_text(f"{head}  - {{at: 0, writes: 'C:\\x', names: [a], by: nobody}}\n")
    (tmp_path / "bomb.yml").write_text("a: &a [x, x]\nb: [*a, *a]\n")
    (tmp_path / "form.yml").write_text(f"{head}  - {{at: 0, process: p, image: x, command: 5}}\n")
    (tmp_path / "list.yml").write_text(f"{head}  - [0]\n")
    (tmp_path / "host.yml").write_text("title: Own\nstart: 2026-01-01 00:00:00\nhost: {name: 5}\nsteps: []\n")
    many = "  - {at: 1, writes: x, by: p, extensions: {docx: 900000000}}"
    (tmp_path / "many.yml").write_text(f"{head}  - {{at: 0, process: p, image: x}}\n{many}\n")
    given = ["simulate", *(each.replace("{tmp}", str(tmp_path)) for each in arguments)]
    assert main(given) == Exit.REFUSED
    assert said.replace("{tmp}", str(tmp_path)) in capsys.readouterr().err
