"""The shipped rules keep their own word: their cases, their form, and no filter that hides what it must not."""

from pathlib import Path

import orjson
import pytest

from stashlight.decoders.record import Record
from stashlight.engines.duckdb import Engine
from stashlight.events import Normaliser
from stashlight.findings.lint import lint
from stashlight.findings.load import load
from stashlight.findings.match import match
from stashlight.findings.rule import Case, Rule, RuleSet
from stashlight.findings.testing import failures
from stashlight.incidents.piles import write_table
from stashlight.incidents.profiles import kept, profiles, silenced, silenced_by

_SYSMON = {
    "EventID": 11,
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "SourceName": "Microsoft-Windows-Sysmon",
    "UtcTime": "2026-01-01 00:00:00.000",
    "Hostname": "WS-1",
}
# Where attackers stage by ATT&CK's procedures, and programs that they bring or borrow.
_PLACES = (
    r"C:\PerfLogs\q",
    r"C:\Users\Public",
    r"C:\ProgramData\k",
    r"C:\Windows\Temp",
    r"C:\Windows\Debug\w",
    r"C:\$Recycle.Bin\S-1",
    r"C:\inetpub\wwwroot",
    r"C:\Intel",
    r"C:\Users\ines\AppData\Local\Temp\s",
    r"C:\Users\ines\AppData\Roaming\x",
    r"C:\Windows\SoftwareDistribution\Download",
    r"C:\Windows\Prefetch",
)
_WRITERS = (
    r"C:\Windows\System32\cmd.exe",
    r"C:\Windows\System32\Robocopy.exe",
    r"C:\Windows\System32\xcopy.exe",
    r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
    r"C:\Windows\System32\rundll32.exe",
    r"C:\Windows\System32\svchost.exe",
    r"C:\Windows\explorer.exe",
    r"C:\Windows\SysWOW64\explorer.exe",
    r"C:\Program Files\WinRAR\Rar.exe",
    r"C:\Program Files\7-Zip\7z.exe",
    r"C:\Users\Public\MsMpEng.exe",
    r"C:\Users\ines\Downloads\OneDrive.exe",
    r"C:\ProgramData\svchost.exe",
)
_FILES = ("q3.xlsx", "mail.pst", "all.7z", "all.zip", "a.part01.rar", "v.7z.001", "vault.kdbx", "ntds.dit")


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load(keep=False)


def test_every_rule_keeps_its_own_cases(rules: RuleSet) -> None:
    assert rules.errors == ()
    assert [str(f) for f in failures(rules)] == []


def test_no_rule_has_a_complaint(rules: RuleSet) -> None:
    assert [str(c) for c in lint(rules)] == []


def test_every_filter_says_its_limit_and_is_tied_to_a_program(rules: RuleSet) -> None:
    for rule in profiles(rules):
        assert "Limit:" in rule.description, rule.title
        assert "process_path" in rule.condition, rule.title


def _add(engine: Engine, cases: list[Case]) -> None:
    normaliser = Normaliser("cases")
    for position, case in enumerate(cases, 1):
        normaliser.add(Record({**_SYSMON, **case}, position, orjson.dumps([position, case])))
    engine.add(normaliser.table())


@pytest.mark.parametrize("writer", _WRITERS)
def test_no_profile_hides_documents_and_archives_where_attackers_stage(rules: RuleSet, writer: str) -> None:
    """A profile that did would blind every session at that place, whatever the other rules find."""
    cases: list[Case] = [
        {"Image": writer, "TargetFilename": f"{place}\\{name}"} for place in _PLACES for name in _FILES
    ]
    with Engine(threads=1) as engine:
        _add(engine, cases)
        assert engine.rows(f"SELECT file_path FROM events WHERE NOT ({kept(rules)})") == []


def test_what_profiles_take_off_is_counted_once_and_makes_no_finding(rules: RuleSet) -> None:
    base = next(r for r in rules.events if r.name == "file_written")
    cases = [*base.match, *base.ignore]
    with Engine(threads=1) as engine:
        _add(engine, cases)
        match(engine, RuleSet((base,)))
        write_table(engine, rules)
        assert engine.rows("SELECT count(*) FROM findings") == [(0,)]
        assert engine.rows("SELECT count(*) FROM written") == [(len(base.match),)]
        assert silenced(engine) == len(base.ignore) == sum(silenced_by(engine, rules).values())


def test_without_profiles_every_write_is_kept() -> None:
    rule = Rule("r", "t", "event", str(Path("r.yml")), 1)
    assert kept(RuleSet((rule,))) == "TRUE"
    with Engine(threads=1) as engine:
        assert silenced_by(engine, RuleSet((rule,))) == {}
