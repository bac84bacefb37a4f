"""The command line: exit codes, errors without tracebacks, and nothing heavy before it is needed."""

import subprocess
import sys
from pathlib import Path

import pytest

from stashlight.cli import Command, Exit, main
from stashlight.plugins import plugins

ROOT = Path(__file__).parents[2]
SAMPLES = str(ROOT / "samples")
CASE = str(ROOT / "tests" / "outputs" / "results" / "case.json")


def _stashlight(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stashlight", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], Exit.REFUSED, "COMMAND"),
        (["nonsense"], Exit.REFUSED, "nonsense"),
        (["scan"], Exit.REFUSED, "PATH"),
        (["scan", "--as", "pdf", SAMPLES], Exit.REFUSED, "pdf"),
        (["scan", "no/such/place"], Exit.REFUSED, "no/such/place"),
        (["scan", SAMPLES, "--since", "soon"], Exit.REFUSED, "'soon' is not a length of time"),
        (["scan", SAMPLES, "--format", "nonsense"], Exit.REFUSED, "nonsense"),
        (["scan", SAMPLES, "--rules", "no/rules"], Exit.REFUSED, "no/rules"),
        (["scan", SAMPLES, "--to", "no/such/folder/x.json"], Exit.REFUSED, "no/such/folder/x.json"),
        (["report", "no/result.json"], Exit.REFUSED, "no/result.json"),
        (["report", "--from", __file__], Exit.REFUSED, "not JSON"),
        (["report"], Exit.REFUSED, "--from RESULT"),
        (["report", CASE, "--incident", "nobody"], Exit.REFUSED, "no incident nobody; there are "),
        (["rules", "show", "no-such-rule"], Exit.REFUSED, "no-such-rule"),
        (["explain", "no-such-id", SAMPLES], Exit.REFUSED, "no-such-id"),
    ],
)
def test_wrong_use_is_refused_with_its_reason(
    arguments: list[str], code: Exit, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    printed = capsys.readouterr()
    assert said in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""


@pytest.mark.parametrize("command", plugins("stashlight.cli", Command))
def test_every_command_helps(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == Exit.DONE
    assert command in capsys.readouterr().out


def test_version_names_program_engine_and_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == Exit.DONE
    said = capsys.readouterr().out.split("\n")
    assert [line.split()[0] for line in said if line] == ["stashlight", "engine", "readers", "rules"]


def test_help_loads_nothing_heavy() -> None:
    """`--help` and a wrong option answer at once."""
    heavy = "duckdb", "pyarrow", "sqlglot", "sigma", "rich", "yaml"
    loaded = f"print([name for name in {heavy} if name in sys.modules])"
    code = f"import sys; from stashlight.cli import main; main(['--help']); {loaded}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_a_small_scan_loads_only_what_it_uses(tmp_path: Path) -> None:
    """Each of these takes milliseconds of a start: 3 (a TOML reader) to 500 (the rule compiler)."""
    heavy = "sqlglot", "sigma", "yaml", "rich", "pandas", "pyarrow.compute", "pyarrow.parquet", "tomllib", "statistics"
    heavy += "multiprocessing", "subprocess", "stashlight.listings", "hyperscan", "duckdb"
    log = tmp_path / "log.json"
    log.write_text(
        "".join(
            f'{{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","UtcTime":"2024-01-01 00:00:00.{i:03d}"}}\n'
            for i in (1, 2, 2)
        )
    )
    loaded = f"print([name for name in {heavy} if name in sys.modules])"
    code = f"import sys; from stashlight.cli import main; main(['scan', {str(log)!r}, '--as', 'json']); {loaded}"
    main(["scan", str(log), "--as", "json", "--quiet"])  # rules are compiled once and kept
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_reader_that_stops_early_is_no_error() -> None:
    """`stashlight … | head` ends quietly."""
    command = f"{sys.executable} -m stashlight report {CASE} --as json | head -c 10; echo ${{PIPESTATUS[0]}}"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    assert run.stdout.endswith("0\n")


def test_debug_shows_where_an_error_comes_from() -> None:
    assert "Traceback" not in _stashlight("report", "no/result.json").stderr
    assert "Traceback" in _stashlight("report", "no/result.json", "--debug").stderr


def test_report_shows_a_kept_result_in_any_form(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["report", CASE]) == Exit.DONE
    assert "HIGH 85" in capsys.readouterr().out
    target = tmp_path / "result.csv"
    assert main(["report", CASE, "--to", str(target)]) == Exit.DONE
    assert target.read_bytes().startswith(b"severity,score,")


def test_colour_is_not_for_pipes() -> None:
    assert "\x1b" not in _stashlight("report", CASE).stdout


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "text"])
@pytest.mark.parametrize("table", ["sumo", "sentinel"])
def test_seed_tables_come_in_every_form(table: str, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", SAMPLES, "--table", table, "--as", form, "--quiet"]) == Exit.DONE
    printed = capsys.readouterr().out
    assert (len(printed) > 1000) is (table == "sumo")


def test_convert_writes_the_events(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    from stashlight.events.schema import ARROW

    target = tmp_path / "events.parquet"
    assert main(["convert", SAMPLES, "--to", str(target)]) == Exit.DONE
    assert pq.read_schema(target).equals(ARROW)  # pyright: ignore[reportUnknownMemberType]
    assert "events" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("verb", ["list", "lint", "test"])
def test_shipped_rules_are_in_order(verb: str) -> None:
    assert main(["rules", verb]) == Exit.DONE


def test_rule_with_an_error_names_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.yml"
    bad.write_text("title: x\ndetection: [\n", encoding="utf-8")
    assert main(["rules", "lint", str(bad)]) == Exit.FOUND
    assert f"{bad}:" in capsys.readouterr().err
