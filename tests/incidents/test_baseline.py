"""A baseline: merging in any order, what is learned and left out, what a habit lowers and a novelty raises."""

import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nights import FIRST, HOST, TODAY, night, written

from stashlight.cli import Exit, main
from stashlight.engines.duckdb import Engine
from stashlight.errors import SettingError
from stashlight.events.loading import load
from stashlight.findings.load import load as load_rules
from stashlight.findings.match import match
from stashlight.incidents.baseline import TABLES, Baseline, Days, aged, capped, merged, shape
from stashlight.incidents.baseline_files import HABITS, read_days, write_days
from stashlight.incidents.correlate import cases
from stashlight.incidents.document import Factor
from stashlight.incidents.scoring import score
from stashlight.simulation.acts import Act, Logon
from stashlight.verbs.learn import Learned, learn

NIGHTS = 8

_names = st.sampled_from(["a", "b", ""])
_hours = st.dictionaries(st.integers(0, 23), st.integers(1, 50), max_size=3).map(
    lambda seen: tuple(seen.get(hour, 0) for hour in range(24))
)
_days = st.fixed_dictionaries(
    {
        name: st.dictionaries(
            st.tuples(st.tuples(*[_names] * len(key)), st.integers(20_000, 20_010)), _hours, max_size=5
        )
        for name, (key, _) in TABLES.items()
    }
)


@settings(deadline=None)
@given(_days, _days, _days)
def test_order_of_learning_does_not_matter(first: Days, second: Days, third: Days) -> None:
    assert merged(first, second) == merged(second, first)
    assert merged(merged(first, second), third) == merged(first, merged(second, third))


@settings(deadline=None)
@given(_days, _days)
def test_learning_again_changes_nothing(first: Days, second: Days) -> None:
    whole = merged(first, second)
    assert merged(whole, second) == whole == merged(whole, first)


@settings(deadline=None)
@given(_days, _days, st.integers(1, 12))
def test_ageing_before_or_after_gives_the_same(first: Days, second: Days, keep: int) -> None:
    assert aged(merged(aged(first, keep), second), keep) == aged(merged(first, second), keep)


@settings(deadline=None)  # it writes files
@given(_days)
def test_what_is_written_is_read(days: Days) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_days(Path(folder), days)
        assert read_days(Path(folder)) == days


def test_a_burst_of_places_is_capped_and_counted() -> None:
    """One host on one day: the fullest keys stay, another host loses nothing."""
    hours = tuple([1] + [0] * 23)
    files = {(("flood", "a", "x", f"c:\\{n:04d}"), 20_000): hours for n in range(30)}
    files[("flood", "a", "x", "c:\\full"), 20_000] = tuple([99] + [0] * 23)
    files[("calm", "a", "x", "c:\\one"), 20_000] = hours
    kept, dropped = capped({"files": files}, most=10)
    assert dropped == 21
    assert {key[0][3] for key in kept["files"]} >= {"c:\\full", "c:\\one"}


@pytest.mark.parametrize(
    ("place", "same"),
    [
        (r"e:\backup\2026-03-02", r"e:\backup\#"),
        (r"e:\backup\20260302\x", r"e:\backup\#\x"),
        (r"c:\temp\{0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f}\x", r"c:\temp\#\x"),
        (r"c:\app\8c41b0a4e7f2", r"c:\app\#"),
        (r"c:\users\user1\documents", r"c:\users\user1\documents"),
        ("/srv/backup/03/daily", "/srv/backup/#/daily"),
    ],
)
def test_places_lose_what_changes_from_run_to_run(place: str, same: str) -> None:
    assert shape(place) == same


def _table(file: Path) -> pa.Table:
    return pq.read_table(file)  # pyright: ignore[reportUnknownMemberType]


def _put(table: pa.Table, file: Path) -> None:
    pq.write_table(table, file)  # pyright: ignore[reportUnknownMemberType]


@pytest.mark.parametrize("damage", ["cut", "text", "version", "column", "hours", "missing"])
def test_a_damaged_baseline_is_refused_by_name(tmp_path: Path, damage: str) -> None:
    write_days(tmp_path, {"hosts": {(("h",), 20_000): tuple([1] * 24)}})
    file = tmp_path / "hosts.parquet"
    good = _table(file)
    match damage:
        case "cut":
            file.write_bytes(file.read_bytes()[:-20])
        case "text":
            file.write_text("not Parquet")
        case "version":
            _put(good.replace_schema_metadata({"stashlight.baseline": "0"}), file)
        case "column":
            _put(good.rename_columns(["name", "day", "hours"]), file)
        case "hours":
            short = pa.table({"host": ["h"], "day": [date(2026, 1, 1)], "hours": [[1, 2]]})
            _put(short.replace_schema_metadata(good.schema.metadata), file)
        case _:
            file.unlink()
    with pytest.raises(SettingError, match=r"hosts\.parquet.*(damaged|version)"):
        read_days(tmp_path)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Learned]:
    """A baseline of eight nights of one job, learned log by log, latest first."""
    folder = tmp_path_factory.mktemp("nights")
    logs = [written(folder / "logs", f"night{n}", night(n)) for n in range(NIGHTS)]
    last = None
    for log in reversed(logs):
        last = learn([log], folder / "baseline", today=TODAY)
    assert last is not None
    return folder / "baseline", last


def _factors(folder: Path, acts: Sequence[Act], baseline: Path | None) -> tuple[int, dict[str, Factor]]:
    """Give score and factors of the one case that these acts make."""
    with Engine(threads=1) as engine:
        load([written(folder, "judged", acts)], engine, workers=1)
        rules = load_rules()
        match(engine, rules)
        (case,) = cases(engine, rules, Baseline(read_days(baseline)) if baseline else None)
        points, factors = score(case)
    return points, {f.name: f for f in factors}


def test_learning_in_pieces_gives_what_learning_at_once_gives(tmp_path: Path, learned: tuple[Path, Learned]) -> None:
    logs = [written(tmp_path / "logs", f"night{n}", night(n)) for n in range(NIGHTS)]
    learn(logs, tmp_path / "whole", today=TODAY)
    again = learn(logs[:3], tmp_path / "whole", today=TODAY)
    assert again.new == dict.fromkeys(TABLES, 0)
    assert read_days(tmp_path / "whole") == read_days(learned[0])


def test_habits_can_be_read_with_anything(learned: tuple[Path, Learned]) -> None:
    (row,) = _table(learned[0] / f"{HABITS}.parquet").to_pylist()
    assert (row["account"], row["image"], row["place"]) == (
        "tbrandt",
        r"c:\windows\system32\robocopy.exe",
        r"e:\mirror\projects",
    )
    assert (row["days"], row["files_median"], row["files_mad"], row["files_most"], row["hours"]) == (8, 30, 0, 30, [1])


def test_without_a_baseline_the_factor_is_silent(tmp_path: Path) -> None:
    assert "baseline" not in _factors(tmp_path, night(NIGHTS), None)[1]


def test_a_host_that_is_not_known_says_nothing(tmp_path: Path, learned: tuple[Path, Learned]) -> None:
    """On the fourth night only three days lie before: too few for a habit, and too few for a novelty."""
    assert "baseline" not in _factors(tmp_path, night(3), learned[0])[1]
    assert "baseline" not in _factors(tmp_path, night(3, place=r"C:\PerfLogs\x"), learned[0])[1]


def test_the_same_as_every_night_is_lowered(tmp_path: Path, learned: tuple[Path, Learned]) -> None:
    habit = _factors(tmp_path, night(NIGHTS), learned[0])[1]["baseline"]
    assert habit.points < 0
    assert "the same on 8 days before" in habit.reason


@pytest.mark.parametrize(
    ("acts", "reason"),
    [
        (night(NIGHTS, place=r"C:\PerfLogs\x"), r"nobody filled c:\perflogs\x on the 8 days known of app-04"),
        (night(NIGHTS, files=300), "300 files in a day against a median of 30 (MAD 0, most 30 on 8 days)"),
        (night(NIGHTS, hour=14), "at an hour at which robocopy of tbrandt"),
        (
            night(
                NIGHTS,
                image=r"C:\Windows\System32\xcopy.exe",
                name="XCOPY.EXE",
                command=r"xcopy.exe D:\Projects\*.docx E:\Mirror\Projects /E",
            ),
            "tbrandt never used xcopy on the 8 days known of the account",
        ),
    ],
    ids=["place", "rate", "hour", "tool"],
)
def test_what_is_new_raises_with_its_counts(
    tmp_path: Path, learned: tuple[Path, Learned], acts: list[Act], reason: str
) -> None:
    before, _ = _factors(tmp_path, acts, None)
    after, factors = _factors(tmp_path, acts, learned[0])
    assert reason in factors["baseline"].reason
    assert 0 < factors["baseline"].points <= 10
    assert factors["baseline"].evidence
    assert after > before


def test_the_same_by_somebody_in_a_remote_session_is_no_habit(tmp_path: Path, learned: tuple[Path, Learned]) -> None:
    acts = night(NIGHTS)
    logon = Logon(acts[0].time - timedelta(minutes=5), HOST, r"LINDEN\tbrandt", 10, "198.51.100.23")
    _, factors = _factors(tmp_path, [logon, *acts], learned[0])
    assert "baseline" not in factors or factors["baseline"].points > 0


PACK = {
    "image": r"C:\Windows\System32\svc.exe", "name": "Rar.exe", "place": r"E:\Mirror\Out", "files": 6,
    "command": r"C:\Windows\System32\svc.exe a -r -hpKobalt77 E:\Mirror\Out\q.dat D:\Projects",
}  # fmt: skip


def test_a_habit_does_not_excuse_disguise(tmp_path: Path) -> None:
    """A renamed archiver with a password keeps what it gives, however often it ran; a person even let it in."""
    logs = [written(tmp_path / "logs", f"n{n}", night(n, **PACK)) for n in range(NIGHTS)]  # pyright: ignore[reportArgumentType]
    left = learn(logs, tmp_path / "b", today=TODAY).left_out
    assert left, "it scores, so it is left out"
    assert read_days(tmp_path / "b")["files"] == {}
    learn(logs, tmp_path / "b", today=TODAY, benign=[each.id for each in left])
    tonight = night(NIGHTS, **PACK)  # pyright: ignore[reportArgumentType]
    points, factors = _factors(tmp_path, tonight, tmp_path / "b")
    assert factors["baseline"].points < 0
    assert points >= factors["archive"].points


def test_events_of_the_future_are_left_out_and_said(tmp_path: Path) -> None:
    """A clock that is wrong by years must not age the whole baseline out."""
    first = (FIRST.date() - date(1970, 1, 1)).days
    log = written(tmp_path, "n", [*night(0), *night(400)])
    done = learn([log], tmp_path / "b", today=first + 1)
    assert done.later > 0
    assert {day for _, day in read_days(tmp_path / "b")["hosts"]} == {first}


def test_old_days_go(tmp_path: Path) -> None:
    log = written(tmp_path, "n", [*night(0), *night(5)])
    learn([log], tmp_path / "b", today=TODAY, keep=timedelta(days=5))
    assert len(read_days(tmp_path / "b")["hosts"]) == 1


def test_the_command_says_what_it_learned_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ordinary = written(tmp_path, "ordinary", night(0))
    assert main(["learn", ordinary, "--into", str(tmp_path / "b"), "--quiet"]) == Exit.DONE
    assert "left out" not in capsys.readouterr().out
    bad = written(tmp_path, "bad", night(1, **PACK))  # pyright: ignore[reportArgumentType]
    assert main(["learn", bad, "--into", str(tmp_path / "b"), "--quiet"]) == Exit.DONE
    said = capsys.readouterr().out
    assert "left out 1 cases that score" in said
    assert r"e:\mirror\out" in said
    assert main(["scan", ordinary, "--baseline", str(tmp_path / "b"), "--quiet"]) == Exit.DONE


def test_the_command_refuses_a_damaged_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = written(tmp_path, "n", night(0))
    write_days(tmp_path / "b", {})
    (tmp_path / "b" / "tools.parquet").write_text("nothing")
    for command in (["learn", log, "--into"], ["scan", log, "--baseline"]):
        assert main([*command, str(tmp_path / "b"), "--quiet"]) == Exit.REFUSED
        assert "tools.parquet" in capsys.readouterr().err
