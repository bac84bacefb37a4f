"""Loading: everything is counted, in order, however many processes share the work."""

import json
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept_rows import Rows

from stashlight.decoders import ALL, Source, Wanted, sources
from stashlight.engines.duckdb import Engine
from stashlight.errors import InputError, Problem
from stashlight.events import MAPPED, Needed, Tally, load, read_source, workers
from stashlight.events.ranges import Shift, ranges
from stashlight.events.reading import pieces, small


def texts(table: pa.Table, name: str) -> list[str]:
    return [str(value) for value in table[name].to_pylist()]


def line(number: int, event_id: int = 11, **more: object) -> str:
    return json.dumps(
        {
            "@timestamp": "2024-02-28T18:15:55.177Z",
            "EventTime": "2024-02-28 14:15:53",
            "Hostname": "WS1",
            "Channel": "Microsoft-Windows-Sysmon/Operational",
            "SourceName": "Microsoft-Windows-Sysmon",
            "EventID": event_id,
            "UtcTime": f"2024-02-28 18:{number // 60 % 60:02d}:{number % 60:02d}.000",
            "ProcessGuid": "{32aa62e8-7859-65df-b42b-000000000600}",
            "Image": "C:\\a.exe",
            "TargetFilename": f"C:\\Temp\\{number}.txt",
            **more,
        }
    )


def test_everything_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(
        "\n".join([line(1), line(2), line(1), line(3, 7), '{"EventID":11,"Half', '{"x": 1}'])
    )
    (tmp_path / "b.json").write_text(line(2) + "\n" + line(4) + "\n")
    (tmp_path / "empty.json").write_text("")
    rows = Rows()
    tally = load([str(tmp_path)], rows)
    assert tally.files == 3
    assert tally.records == 8
    assert tally.rejected == 1
    assert tally.events == rows.whole().num_rows == 3
    assert tally.duplicates == 2
    assert dict(tally.kinds) == {"file_create": 3}
    assert dict(tally.formats) == {"json": 2, "unknown": 1}
    assert (tally.first, tally.last) == (1709143201000000, 1709143204000000)
    reasons = sorted((Path(p.file).name, p.reason.split(";")[0]) for p in tally.problems)
    assert [name for name, _ in reasons] == ["a.json", "a.json", "empty.json"]
    assert ("a.json", "no known event vocabulary") in reasons


def test_unwanted_events_are_named_if_all_are_wanted(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(line(1, 7) + "\n" + line(2, 11) + "\n")
    assert load([str(tmp_path)], Rows(), ALL).unmapped == {("Microsoft-Windows-Sysmon", "7"): 1}
    assert not load([str(tmp_path)], Rows()).unmapped


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of some ranges, with a bad line and a bad time far inside."""
    lines = [line(i, filler="x" * 400) for i in range(2000)]
    lines[1500] = '{"EventID":11,"Half'
    lines[1700] = lines[1700].replace('"UtcTime": "2024', '"UtcTime": "1024')
    path = tmp_path / "large.json"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_ranges_keep_line_numbers(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Split or whole: the same rows, the same lines, the same problems at the same places."""
    whole, split = Rows(), Rows()
    one = load([str(large)], whole, workers=1)
    monkeypatch.setattr("stashlight.events.loading.RANGE_BYTES", 100_000)
    tasks = ranges(next(sources([str(large)])), 100_000)
    assert len(tasks) > 5
    two = load([str(large)], split, workers=1)
    assert split.whole().equals(whole.whole())
    assert (one.records, one.bytes, one.files, one.rejected) == (two.records, two.bytes, two.files, two.rejected)
    assert [(p.reason, p.position) for p in one.problems if "line" in p.position] == [
        (p.reason, p.position) for p in two.problems if "line" in p.position
    ]
    assert {p.position for p in two.problems} == {p.position for p in one.problems}


def test_event_logs_in_parts_give_the_same(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks are read on their own, and nobody counts lines of them."""
    (archive,) = (shared / "telemetry" / "evtx").glob("*.tar.zst")
    for number, source in enumerate(sources([str(archive)])):
        with source.open() as file:
            content = file.read()
        if content.count(b"ElfChnk\0") > 4:
            (tmp_path / f"{number}.evtx").write_bytes(content + b"damaged")
    whole, split = Rows(), Rows()
    one = load([str(tmp_path)], whole, workers=1)
    monkeypatch.setattr("stashlight.events.loading.RANGE_BYTES", 1 << 17)
    two = load([str(tmp_path)], split, workers=2)
    assert two == one
    assert sorted(texts(split.whole(), "event_key")) == sorted(texts(whole.whole(), "event_key"))
    assert {p.position.split()[0] for p in two.problems} == {"chunk"}
    assert two.files == len(list(tmp_path.iterdir())) > 1


def test_workers_change_nothing(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stashlight.events.loading.RANGE_BYTES", 100_000)
    (large.parent / "z.json").write_text(line(1) + "\n" + line(99_999) + "\n")
    alone, shared = Rows(), Rows()
    told: list[tuple[int, int]] = []
    one = load([str(large.parent)], alone, workers=1)
    two = load([str(large.parent)], shared, workers=2, progress=lambda sofar: told.append((sofar.done, sofar.total)))
    assert shared.whole().equals(alone.whole())
    assert two == one
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def _die_on_bad(source: Source, *_: object, **__: object) -> object:
    """Stand in for a reader that takes its process down: a crash in native code."""
    if "bad" in source.name:
        os.kill(os.getpid(), signal.SIGKILL)
    return iter(())


def test_a_dead_worker_costs_its_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are forked here, so that they die as they are told to."""
    for name in ("a", "bad", "c"):
        (tmp_path / f"{name}.json").write_text(line(1, filler=name) + "\n")
    monkeypatch.setattr("stashlight.events.ranges._SMALL", -1)
    monkeypatch.setattr("stashlight.events.workers.pieces", _die_on_bad)
    monkeypatch.setattr("stashlight.events.workers.START", "fork")
    tally = load([str(tmp_path)], Rows(), workers=2)
    assert [(Path(p.file).name, p.reason) for p in tally.problems] == [
        ("bad.json", "the process that read this file died (SIGKILL); the rest of it was not read")
    ]


def test_a_bug_costs_its_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_text(line(1) + "\n")

    def broken(*_: object, **__: object) -> object:
        message = "oh"
        raise ZeroDivisionError(message)

    monkeypatch.setattr("stashlight.events.workers.pieces", broken)
    tally = load([str(tmp_path)], Rows())
    assert [p.reason for p in tally.problems] == ["reading stopped: ZeroDivisionError: oh"]


def test_an_event_table_is_read_back(large: Path, tmp_path: Path) -> None:
    rows, again = Rows(), Rows()
    first = load([str(large)], rows, workers=1)
    path = tmp_path / "events.parquet"
    pq.write_table(rows.whole(), path)  # pyright: ignore[reportUnknownMemberType]
    second = load([str(path)], again)
    assert again.whole().equals(rows.whole())
    assert (second.events, second.kinds, second.first, second.last) == (
        first.events,
        first.kinds,
        first.first,
        first.last,
    )
    assert not second.problems


def test_a_forged_event_table_is_a_problem(tmp_path: Path, large: Path) -> None:
    rows = Rows()
    load([str(large)], rows, workers=1)
    table = rows.whole()
    at = table.schema.get_field_index("event_key")
    keys = pa.repeat("'; DROP", table.num_rows)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    forged = table.set_column(at, "event_key", keys)  # pyright: ignore[reportUnknownArgumentType]
    pq.write_table(forged, tmp_path / "forged.parquet")  # pyright: ignore[reportUnknownMemberType]
    tally = load([str(tmp_path / "forged.parquet")], Rows())
    assert not tally.events
    assert tally.problems
    assert tally.records == tally.rejected == table.num_rows


def test_errors_of_the_user_are_raised(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load([str(tmp_path / "nowhere")], Rows())
    with pytest.raises(InputError):
        load([str(tmp_path)], Rows(), format="word")


def test_one_source(large: Path) -> None:
    tally = Tally()
    tables = list(read_source(next(sources([str(large)])), tally, MAPPED))
    assert sum(t.num_rows for t in tables) == tally.records - tally.rejected == 1999


@given(st.integers(0, 10**6), st.integers(0, 10**9), st.integers(1, 10**6))
def test_problems_move_with_their_range(lines: int, offset: int, number: int) -> None:
    moved = Shift(lines or 1, offset).problem(Problem("f", f"line {number}, byte {number}", "r"))
    assert moved.position == f"line {number + (lines or 1)}, byte {number + offset}"


def test_workers_are_forked_only_where_nothing_else_runs() -> None:
    """A fork of a process that holds engine threads, or a caller's, may hang."""
    with Engine() as engine:
        engine.rows("SELECT 1")
        stop = threading.Event()
        thread = threading.Thread(target=stop.wait)
        thread.start()
        try:
            assert workers.start() == "spawn"
        finally:
            stop.set()
            thread.join()


def _tree(folder: Path, bad: str = "") -> None:
    for name in ("a", "b", "c", "d", "e"):
        text = line(ord(name), filler=str(folder)) + "\n" + line(7, When=name + str(folder)) + "\nbroken " + name + "\n"
        (folder / f"{name}{bad if name == 'c' else ''}.json").write_text(text)


def test_small_files_together_are_read_as_each_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tree(tmp_path)
    together, alone = Rows(), Rows()
    first = load([str(tmp_path)], together)
    monkeypatch.setattr("stashlight.events.ranges._SMALL", -1)
    second = load([str(tmp_path)], alone)
    assert first == second
    assert len(together.tables) == len(alone.tables)
    for column in ("event_key", "file", "record"):
        assert sorted(texts(together.whole(), column)) == sorted(texts(alone.whole(), column))
    assert len(first.problems) == 5


def test_a_worker_that_dies_of_one_of_several_files_costs_that_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten files and so two tasks; the one with the bad file is read again, file by file."""
    for folder, bad in (("x", "bad"), ("y", "")):
        (tmp_path / folder).mkdir()
        _tree(tmp_path / folder, bad)
    whole = Rows()
    expected = load([str(tmp_path)], whole)

    def die(
        sources: Sequence[Source], tally: Tally, wanted: Wanted, form: str, *, strict: bool, needed: Needed
    ) -> pa.Table | None:
        if any("bad" in each.name for each in sources):
            os.kill(os.getpid(), signal.SIGKILL)
        return small(sources, tally, wanted, form, strict=strict, needed=needed)

    def die_alone(
        source: Source, tally: Tally, wanted: Wanted, form: str, *, strict: bool, needed: Needed
    ) -> Iterator[pa.Table | None]:
        _die_on_bad(source)
        return pieces(source, tally, wanted, form, strict=strict, needed=needed)

    monkeypatch.setattr("stashlight.events.ranges._MOST_TOGETHER", 4)
    monkeypatch.setattr("stashlight.events.workers.small", die)
    monkeypatch.setattr("stashlight.events.workers.pieces", die_alone)
    monkeypatch.setattr("stashlight.events.workers.START", "fork")
    rows = Rows()
    tally = load([str(tmp_path)], rows, workers=2)
    assert tally.files == expected.files
    died = [p for p in tally.problems if "died" in p.reason]
    assert [Path(p.file).name for p in died] == ["cbad.json"]
    assert tally.records == expected.records - 3
    left = [name for name in texts(whole.whole(), "file") if "bad" not in name]
    assert sorted(texts(rows.whole(), "file")) == sorted(left)
