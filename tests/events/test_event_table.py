"""Event tables of our own, read back: whatever their columns look like, rows and counts are those of the log."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyarrow's functions take "anything array-like", which is untyped.

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept_rows import Rows

from stashlight.events import Needed, Tally, load, masks
from stashlight.events.schema import ARROW, Kind, fold


def events(number: int, **columns: Any) -> pa.Table:  # noqa: ANN401 - columns of any type
    """Make that many events, a second apart."""
    given: dict[str, Any] = {
        "event_key": [f"{i:032x}" for i in range(number)],
        "file": ["log.json"] * number,
        "record": list(range(1, number + 1)),
        "kind": [str(Kind.SCRIPT_BLOCK)] * number,
        "event_id": [800] * number,
        "ts_us": [1_000_000 * i for i in range(number)],
        "host": ["WS1"] * number,
        "host_key": ["ws1"] * number,
        "script_text": ["copy-item x"] * number,
        **columns,
    }
    texts: list[str | None] = given["script_text"]
    given["script_text_lc"] = [None if text is None else fold(text) for text in texts]
    nothing = [None] * number
    return pa.table({name: given.get(name, nothing) for name in ARROW.names}, schema=ARROW)


def read(path: Path, needed: Needed | None = None) -> tuple[Tally, pa.Table]:
    rows = Rows()
    return load([str(path)], rows, needed=needed or Needed()), rows.whole()


def _packed(table: pa.Table, path: Path) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    path.write_bytes(gzip.compress(sink.getvalue().to_pybytes()))


_WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {
    "as we do": lambda table, path: pq.write_table(table, path, compression="zstd"),
    "without dictionaries": lambda table, path: pq.write_table(table, path, use_dictionary=False),
    "in small groups": lambda table, path: pq.write_table(table, path, row_group_size=7),
    "with large texts": lambda table, path: pq.write_table(
        table.cast(pa.schema([(f.name, pa.large_string() if f.type == pa.string() else f.type) for f in ARROW])), path
    ),
    "with dictionaries in memory": lambda table, path: pq.write_table(
        table.set_column(ARROW.get_field_index("kind"), "kind", table["kind"].dictionary_encode()), path
    ),
    "with columns of their own": lambda table, path: pq.write_table(
        table.append_column("theirs", pa.array([[1]] * table.num_rows)).drop_columns(["channel", "weight"]), path
    ),
    "by another engine": lambda table, path: duckdb.from_arrow(table).write_parquet(str(path)),
    "compressed once more": _packed,
}


@pytest.mark.parametrize("writer", _WRITERS)
def test_rows_and_counts_are_the_same_whoever_wrote_the_file(writer: str, tmp_path: Path) -> None:
    texts = ["copy-item x", "dir", None, "Ünïcode\0"] * 25
    kinds = [str(kind) for kind in Kind] * 10
    table = events(100, script_text=texts, kind=kinds[:100], ts_us=[None, *range(99)])
    path = tmp_path / "events.parquet"
    _WRITERS[writer](table, path)
    tally, rows = read(path)
    assert rows.equals(table)
    assert not tally.problems
    assert (tally.files, tally.records, tally.rejected, tally.events, tally.duplicates) == (1, 100, 0, 100, 0)
    assert (tally.first, tally.last) == (0, 98)
    assert sum(tally.kinds.values()) == 100
    assert tally.formats == {"parquet": 1}
    assert tally.bytes > 0


@pytest.mark.parametrize("writer", _WRITERS)
def test_script_blocks_that_nobody_needs_are_counted_only(writer: str, tmp_path: Path) -> None:
    ids = [800, 800, 800, 4104, 4104, 4104, 4103, None]
    texts = ["copy-item x", "dir", None, "dir", "dir", "copy-item", "dir", "dir"]
    parts = [None, None, 1, 2, 0, 1, None, None]
    kinds = [str(Kind.SCRIPT_BLOCK)] * 7 + [str(Kind.LOGON)]
    path = tmp_path / "events.parquet"
    _WRITERS[writer](events(8, event_id=ids, script_text=texts, script_parts=parts, kind=kinds), path)
    tally, rows = read(path, Needed({800: ("copy",), 4104: ("copy",)}))
    assert rows["record"].to_pylist() == [1, 4, 6, 7, 8]
    assert tally.spared == {str(Kind.SCRIPT_BLOCK): 3}
    assert (tally.records, tally.events, tally.kinds[str(Kind.SCRIPT_BLOCK)]) == (8, 8, 7)
    assert (tally.first, tally.last) == (0, 7_000_000)


def test_rows_that_do_not_fit_are_told_and_the_others_read(tmp_path: Path) -> None:
    keys: list[str | None] = [f"{i:032x}" for i in range(9)]
    kinds: list[str | None] = [str(Kind.LOGON)] * 9
    keys[3], keys[5], kinds[6], kinds[8] = "0" * 31 + "A", None, "dance", None
    path = tmp_path / "events.parquet"
    pq.write_table(events(9, event_key=keys, kind=kinds), path)
    tally, rows = read(path)
    assert rows["record"].to_pylist() == [1, 2, 3, 5, 8]
    assert [(p.position, p.count) for p in tally.problems] == [("row 4", 4)]
    assert (tally.records, tally.rejected, tally.events) == (9, 4, 5)


@pytest.mark.parametrize("column", ["record", "host", "kind"])
def test_a_column_of_another_type_is_told(column: str, tmp_path: Path) -> None:
    table = events(9)
    forged = table.set_column(table.schema.get_field_index(column), column, pa.array([{"a": 1}] * 9))
    path = tmp_path / "events.parquet"
    pq.write_table(forged, path)
    tally, rows = read(path)
    assert not rows.num_rows
    assert [(p.position, p.count) for p in tally.problems] == [("row 1", 9)]
    assert tally.records == tally.rejected == 9


def test_keys_seen_before_are_duplicates(tmp_path: Path) -> None:
    keys = [f"{i % 30:032x}" for i in range(100)]
    path = tmp_path / "events.parquet"
    pq.write_table(events(100, event_key=keys), path, row_group_size=40)
    tally, rows = read(path)
    assert rows["record"].to_pylist() == list(range(1, 31))
    assert (tally.events, tally.duplicates) == (30, 70)


def test_a_small_dictionary_does_not_become_a_large_table(tmp_path: Path) -> None:
    long = "x" * 16_384
    path = tmp_path / "events.parquet"
    pq.write_table(events(9_000, script_text=[long] * 9_000), path)
    assert path.stat().st_size < 400_000
    rows = Rows()
    tally = load([str(path)], rows)
    assert max(table.nbytes for table in rows.tables) < 140 << 20
    assert tally.records == sum(table.num_rows for table in rows.tables) == 9_000


def test_a_file_that_is_cut_gives_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    pq.write_table(events(2_000, script_text=[f"t{i}" for i in range(2_000)]), path, row_group_size=1_000)
    whole = bytearray(path.read_bytes())
    at = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    whole[at : at + 400] = b"\xff" * 400
    path.write_bytes(whole)
    tally, rows = read(path)
    assert rows.num_rows in (0, 1_000)
    assert [p.reason.split(":")[0] for p in tally.problems] == ["damaged Parquet"]


_COLUMNS = st.lists(st.sampled_from(["a", "b", "", "aa", None]), max_size=9)


@given(_COLUMNS, st.booleans())
def test_masks_say_what_a_loop_would(values: list[str | None], is_coded: bool) -> None:
    column = pa.array(values, pa.string())
    column = column.dictionary_encode() if is_coded else column
    assert masks.among(column, ["a", "aa"]).to_pylist() == [v in ("a", "aa") for v in values]
    assert masks.among(column, ["b", None]).to_pylist() == [v in ("b", None) for v in values]
    assert masks.matching(column, "a").to_pylist() == [v is not None and "a" in v for v in values]
    some = masks.among(column, ["a", "b", None])
    said: list[object] = []

    def ask(texts: Iterator[memoryview | None]) -> list[bool]:
        given = [None if text is None else str(text, "utf-8") for text in texts]
        said.extend(given)
        return [text == "a" for text in given]

    answers = masks.asked(column, ask, some)
    assert sorted(map(str, said)) == sorted({v for v in values if v in ("a", "b")})
    if answers is not None:
        kept = masks.every([some, answers])
        assert kept.to_pylist() == [v == "a" for v in values]
        missed = [i for i, v in enumerate(values) if v != "a"]
        assert masks.misses(kept) == (missed[0] if missed else 0, len(missed))
