"""
What holds for the whole flow, whatever the logs say: bytes in, incidents out.

Scenes are invented by hypothesis from the acts of our own simulator, written as NXLog lines and read as anybody's are.
"""

import dataclasses
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import TypeVar, cast

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stashlight.engines.duckdb import Engine
from stashlight.events.loading import load
from stashlight.findings.load import SHIPPED
from stashlight.findings.load import load as load_rules
from stashlight.findings.match import match
from stashlight.findings.rule import RuleSet
from stashlight.incidents.acts import RUNGS
from stashlight.incidents.cases import Case
from stashlight.incidents.correlate import cases, correlate
from stashlight.incidents.document import Incident
from stashlight.simulation.acts import Act, Connect, Delete, Host, Logon, Process, ShareWrite, Start, Write
from stashlight.simulation.procedure import play
from stashlight.simulation.shapes import nxlog

T = TypeVar("T")

_START = datetime(2026, 3, 3, 22, 10, tzinfo=UTC)
_WORKSTATION = Host("WS-31", "corp.example", "10.0.3.31")
_SERVER = Host("FS-09", "corp.example", "10.0.9.9")
_ACCOUNTS = ("CORP\\ines", "CORP\\svc_backup", "NT AUTHORITY\\SYSTEM")
_PLACES = (
    "C:\\PerfLogs\\Admin\\k",
    "C:\\Users\\Public\\Music",
    "C:\\Users\\ines\\AppData\\Local\\Temp\\x7",
    "C:\\ProgramData\\Vendor\\cache",
    "C:\\Users\\ines\\Documents\\Projects",
    "C:\\Windows\\Temp",
)
_PROGRAMS = (
    ("C:\\Windows\\System32\\robocopy.exe", "robocopy \\\\FS-09\\hr {place} *.docx *.xlsx /S", "robocopy.exe"),
    ("C:\\Windows\\System32\\cmd.exe", 'cmd.exe /c "xcopy C:\\Users\\ines\\Documents {place} /s /y"', "Cmd.Exe"),
    ("C:\\Program Files\\WinRAR\\Rar.exe", "rar a -r -hpSorrel {place}\\d.rar C:\\Users\\ines\\Documents", "Rar.exe"),
    ("C:\\ProgramData\\upd.exe", "C:\\ProgramData\\upd.exe a -v40m {place}\\c.bin C:\\Finance", "-"),
    (
        "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
        "powershell -c Copy-Item C:\\hr {place}",
        "PowerShell.EXE",
    ),
    ("C:\\Program Files\\Vendor\\Sync.exe", "Sync.exe /background", "Sync.exe"),
    ("C:\\Windows\\System32\\rclone.exe", "rclone copy {place} mega:out", "rclone.exe"),
    ("C:\\Windows\\System32\\cmd.exe", 'cmd.exe /c "del /q {place}\\*"', "Cmd.Exe"),
    ("C:\\Windows\\System32\\cmd.exe", "cmd.exe /c ipconfig /all > {place}\\n.txt", "Cmd.Exe"),
)
_EXTENSIONS = ("docx", "xlsx", "pdf", "pst", "dat", "tmp", "dll", "zip", "kdbx")
# A scan takes half a second: failures are told as found, shrinking them would take minutes.
_SETTINGS = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def _process(draw: st.DrawFn, place: str, time: datetime) -> Process:
    account = draw(st.sampled_from(_ACCOUNTS))
    shell = Process(
        _WORKSTATION,
        "C:\\Windows\\explorer.exe",
        "C:\\Windows\\explorer.exe",
        account,
        _START - timedelta(hours=2),
        None,
        "EXPLORER.EXE",
        "Windows Explorer",
        "Microsoft Corporation",
    )
    image, command, name = draw(st.sampled_from(_PROGRAMS))
    return Process(_WORKSTATION, image, command.format(place=place), account, time, shell, name, "-", "-")


@st.composite
def _burst(draw: st.DrawFn) -> list[Act]:
    """Give one program at work: it starts, perhaps writes, deletes, connects."""
    place = draw(st.sampled_from(_PLACES))
    time = _START + timedelta(minutes=draw(st.integers(0, 600)))
    process = draw(_process(place, time))
    acts: list[Act] = [Start(time, process)]
    extensions = draw(st.lists(st.sampled_from(_EXTENSIONS), max_size=30))
    paths = [f"{place}\\{'s' * (n % 3)}\\f{n}.{ext}".replace("\\\\", "\\") for n, ext in enumerate(extensions)]
    acts += [
        Write(time + timedelta(seconds=1 + n * draw(st.sampled_from((0.05, 2.0)))), process, p, 9000)
        for n, p in enumerate(paths)
    ]
    if draw(st.booleans()):
        acts += [Delete(time + timedelta(minutes=9, milliseconds=n), process, p) for n, p in enumerate(paths)]
    if draw(st.booleans()):
        acts.append(Connect(time + timedelta(minutes=8), process, "185.10.10.10", "x.example", 443))
    if draw(st.booleans()):
        acts.append(Logon(time - timedelta(minutes=5), _WORKSTATION, process.account, 10, "10.0.3.77"))
    return acts


@st.composite
def _arrivals(draw: st.DrawFn) -> list[Act]:
    """Give files that one or several machines write to the server."""
    kernel = Process(_SERVER, "System", "", "NT AUTHORITY\\SYSTEM", _START - timedelta(days=1), None, "", "", "")
    start = _START + timedelta(minutes=draw(st.integers(0, 600)))
    clients = draw(st.lists(st.sampled_from(("10.0.3.31", "10.0.3.32", "10.0.3.33")), min_size=1, max_size=20))
    return [
        ShareWrite(start + timedelta(seconds=n), kernel, "CORP\\ines", ip, "hr$", "D:\\hr", f"k\\f{n}.docx", 9000)
        for n, ip in enumerate(clients)
    ]


def _lines(acts: Iterable[Act]) -> list[bytes]:
    """Give the log lines of acts, hosts apart as their logs are."""
    found: list[bytes] = []
    ordered = sorted(acts, key=lambda act: act.time)
    for host in (_WORKSTATION, _SERVER):
        mine = [a for a in ordered if (a.host if isinstance(a, Logon) else a.process.host) is host]
        found += b"".join(nxlog.render(mine).values()).splitlines() if mine else []
    return found


_LINES = (
    st.tuples(st.lists(_burst(), min_size=1, max_size=4), st.lists(_arrivals(), max_size=1))
    .map(lambda parts: [act for bursts in parts for acts in bursts for act in acts])
    .map(_lines)
)


@cache
def _rules() -> RuleSet:
    return load_rules([SHIPPED])


def _with_engine(
    files: Sequence[Sequence[bytes]], ask: Callable[[Engine, RuleSet], T], rules: RuleSet | None = None
) -> T:
    ruleset = rules or _rules()
    with tempfile.TemporaryDirectory() as folder, Engine(threads=1) as engine:
        for number, lines in enumerate(files):
            (Path(folder) / f"{number:03d}.ndjson").write_bytes(b"".join(line + b"\n" for line in lines))
        load([folder], engine, workers=1)
        match(engine, ruleset)
        return ask(engine, ruleset)


def _incidents(*files: Sequence[bytes], rules: RuleSet | None = None) -> list[Incident]:
    return _with_engine(files, correlate, rules)


def _seen(incident: Incident) -> dict[str, object]:
    """Give all that an incident says but where its records stood."""
    said = dataclasses.asdict(incident)
    said["evidence"] = sorted(e.event for e in incident.evidence)
    return said


# Keys come from raw bytes; minutes are those of the clock.
_KEYS = frozenset({"id", "evidence", "event", "minutes"})

# Of a pile's events, the one with the least key is cited, and a rule's count is of the events that are cited.
_CITED = frozenset({"count", "first_seen", "last_seen"})


def _bare(value: object, later: timedelta) -> object:
    """Give what an incident says without ids of events and of itself, its times moved."""
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        without = _KEYS | _CITED if "rule" in value else _KEYS
        return {k: _bare(v, later) for k, v in items if k not in without}
    if isinstance(value, (list, tuple)):
        return [_bare(v, later) for v in cast("Sequence[object]", value)]
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value):
        return (datetime.fromisoformat(value) + later).isoformat()
    return value


def _without_event_ids(incidents: Iterable[Incident], later: timedelta = timedelta()) -> list[object]:
    said = [_bare(dataclasses.asdict(i), later) for i in incidents]
    return sorted(said, key=repr)


@given(_LINES, st.randoms(use_true_random=False))
@_SETTINGS
def test_order_of_records_changes_nothing(lines: list[bytes], random: Random) -> None:
    mixed = list(lines)
    random.shuffle(mixed)
    assert [_seen(i) for i in _incidents(mixed)] == [_seen(i) for i in _incidents(lines)]


@given(_LINES, st.integers(1, 5), st.randoms(use_true_random=False))
@_SETTINGS
def test_splitting_into_files_changes_nothing(lines: list[bytes], count: int, random: Random) -> None:
    files: list[list[bytes]] = [[] for _ in range(count)]
    for line in lines:
        files[random.randrange(count)].append(line)
    assert [_seen(i) for i in _incidents(*files)] == [_seen(i) for i in _incidents(lines)]


@given(_LINES, st.randoms(use_true_random=False))
@_SETTINGS
def test_forwarding_a_record_twice_changes_nothing(lines: list[bytes], random: Random) -> None:
    again = [line for line in lines if random.random() < 0.5]
    assert [_seen(i) for i in _incidents(lines, again)] == [_seen(i) for i in _incidents(lines)]


@cache
def _stranger() -> tuple[list[bytes], list[Incident]]:
    """Give the log of another host, and what is found in it alone."""
    lines = b"".join(nxlog.render(play("mass_copy")).values()).splitlines()
    return lines, _incidents(lines)


@given(_LINES)
@_SETTINGS
def test_hosts_that_have_nothing_to_do_with_it_change_nothing(lines: list[bytes]) -> None:
    stranger, theirs = _stranger()
    alone, together = _incidents(lines), _incidents(lines, stranger)
    assert _without_event_ids(together) == _without_event_ids([*alone, *theirs])


_TIME = re.compile(rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")


def _later(line: bytes, by: timedelta) -> bytes:
    def moved(match: re.Match[bytes]) -> bytes:
        text = match.group().decode()
        return (datetime.fromisoformat(text) + by).isoformat(sep=text[10]).encode()

    return _TIME.sub(moved, line)


@given(_LINES, st.integers(-400, 400), st.integers(0, 86_399))
@_SETTINGS
def test_a_clock_that_is_off_moves_times_and_nothing_else(lines: list[bytes], days: int, seconds: int) -> None:
    by = timedelta(days=days, seconds=seconds)
    moved = [_later(line, by) for line in lines]
    assert _without_event_ids(_incidents(moved)) == _without_event_ids(_incidents(lines), by)


_FILTER = """
title: {name}
logsource: {{product: windows, category: {category}}}
filter:
  rules: any
  selection:
    {field}: '{value}'
  condition: not selection
"""


@cache
def _filtered(category: str, field: str, value: str) -> RuleSet:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "filter.yml"
        path.write_text(_FILTER.format(name="filter", category=category, field=field, value=value), encoding="utf-8")
        rules = load_rules([SHIPPED, folder], keep=False)
    assert not rules.errors
    return rules


_FILTERS = st.sampled_from(
    (
        ("process_creation", "Image|endswith", "\\cmd.exe"),
        ("process_creation", "CommandLine|contains", "robocopy"),
        ("process_creation", "CommandLine|contains", "rar a"),
        ("process_creation", "User|contains", "svc_backup"),
        ("file_event", "TargetFilename|contains", "\\PerfLogs\\"),
        ("file_event", "Image|endswith", "\\upd.exe"),
    )
)


def test_filters_here_do_filter() -> None:
    lines = b"".join(nxlog.render(play("archive_and_send")).values()).splitlines()

    def findings(engine: Engine, _: RuleSet) -> int:
        return len(engine.rows("SELECT f.rule_id FROM findings AS f"))

    assert _with_engine([lines], findings, _filtered("process_creation", "Image|endswith", ".exe")) < (
        _with_engine([lines], findings)
    )


@given(_LINES, _FILTERS)
@_SETTINGS
def test_a_filter_never_adds_an_incident(lines: list[bytes], chosen: tuple[str, str, str]) -> None:
    """What is left may be told apart where it was one; every part was told of before."""
    before = _incidents(lines)
    for after in _incidents(lines, rules=_filtered(*chosen)):
        assert any(set(after.hosts) & set(i.hosts) and _overlap(after, i) for i in before), after.title


def _overlap(left: Incident, right: Incident) -> bool:
    return left.first_seen <= right.last_seen and right.first_seen <= left.last_seen


def _rungs(case: Case) -> set[str]:
    found: set[str] = {rung for rung in RUNGS if case.acts(rung)}
    if case.staged:
        found.add("stage")
    if case.removals:
        found.add("clean_up")
    return found


def _nodes(case: Case) -> set[str]:
    return {p.event for p, _ in case.written} | {e for d in (*case.deeds, *case.after) for e in d.events}


@given(_LINES, st.randoms(use_true_random=False))
@_SETTINGS
def test_more_evidence_never_lowers_the_count_of_rungs(lines: list[bytes], random: Random) -> None:
    part = [line for line in lines if random.random() < 0.7]
    little = _with_engine([part], cases)
    much = _with_engine([lines], cases)
    for case in little:
        wider = [c for c in much if set(c.places) & set(case.places) or _nodes(c) & _nodes(case)]
        assert any(_rungs(case) <= _rungs(c) for c in wider), (_rungs(case), [_rungs(c) for c in wider])
