"""What every container must keep: the promises of `Format`, whatever the bytes."""

# pyright: reportUnknownMemberType=false
# pyarrow's functions take "anything array-like", which is untyped.

import gzip
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stashlight.decoders import Batch, Source, Wanted, formats, read, read_events, sources
from stashlight.decoders.formats import Format
from stashlight.decoders.reading import sniff
from stashlight.decoders.stream import Stream
from stashlight.plugins import plugin

EVENT = b"<Event><System><EventID>%d</EventID></System><EventData><Data Name='a'>b</Data></EventData></Event>"


def parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"EventID": [1, 11], "a": ["x", None]}), buffer)
    return buffer.getvalue()


# A sound sample of each text format: two or more records.
SAMPLES: dict[str, bytes] = {
    "json": b'{"EventID":1,"a":"x"}\n{"EventID":11,"a":"y"}\n',
    "xml": EVENT % 1 + EVENT % 11,
    "csv": b'EventID,a\n1,"x\ny"\n11,z\n',
    "syslog": b"Aug 12 23:33:16 h sysmon: " + EVENT % 1 + b"\nAug 12 23:33:16 h sysmon: " + EVENT % 11 + b"\n",
    "auditd": b"type=CWD msg=audit(1.1:1): cwd=2F\ntype=CWD msg=audit(1.1:2): cwd=2F\n",
    "parquet": parquet(),
}
TEXTS = sorted(set(SAMPLES) - {"parquet"})


class Trickle(io.RawIOBase):
    """Bytes that come in pieces of the given sizes, over and over."""

    def __init__(self, content: bytes, sizes: list[int]) -> None:
        super().__init__()
        self.content, self.sizes, self.at, self.turn = content, sizes, 0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        size = min(self.sizes[self.turn % len(self.sizes)], len(buffer), len(self.content) - self.at)
        buffer[:size] = self.content[self.at : self.at + size]
        self.at, self.turn = self.at + size, self.turn + 1
        return size


def decoded(
    name: str, content: bytes, *, ids: frozenset[int] | None = None, sizes: list[int] | None = None
) -> list[Batch]:
    stream = Stream("log", Trickle(content, sizes or [1 << 20]))
    return list(plugin("stashlight.decoders.formats", name, Format).decode(stream, Wanted(ids), strict=False))


def summary(batches: list[Batch]) -> tuple[list[object], list[object], int, int]:
    return (
        [(r.fields, r.position, r.raw) for b in batches for r in b.records],
        [p for b in batches for p in b.problems],
        sum(b.skipped for b in batches),
        sum(b.rejected for b in batches),
    )


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_format_recognises_its_own_sample_above_all_others(name: str) -> None:
    assert sniff(SAMPLES[name]) == name


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_format_gives_its_records_and_counts_what_is_not_wanted(name: str) -> None:
    records, problems, skipped, rejected = summary(decoded(name, SAMPLES[name]))
    assert (len(records), problems, skipped, rejected) == (2, [], 0, 0)
    if name != "auditd":  # has no event ids
        records, problems, skipped, rejected = summary(decoded(name, SAMPLES[name], ids=frozenset({11})))
        assert (len(records), problems, skipped, rejected) == (1, [], 1, 0)


@pytest.mark.parametrize("name", formats())
def test_a_format_says_its_name_in_each_batch(name: str) -> None:
    assert {b.format for b in decoded(name, SAMPLES.get(name, b"ElfFile\0"))} == {name}


@pytest.mark.parametrize("name", formats())
def test_a_format_survives_nothing_and_nonsense(name: str) -> None:
    for content in (
        b"",
        b"\0" * 5000,
        b"\n" * 5000,
        b'"' * 5000,
        b"{" * 5000,
        b"<Event " * 5000,
        bytes(range(256)) * 50,
    ):
        decoded(name, content)


PIECES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [piece for sample in SAMPLES.values() for piece in (sample, sample[:20], sample[7:40], sample[-9:])]
    ),
    st.sampled_from(
        [b"\n", b"\r\n", b'"', b"{", b"}", b"[", b"]", b",", b"<", b"</Event>", b"\0", b"\xff", b"\\", b"\xef\xbb\xbf"]
    ),
)


@pytest.mark.parametrize("name", formats())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.lists(PIECES, max_size=12).map(b"".join))
def test_any_bytes_are_decoded_without_an_exception(name: str, content: bytes) -> None:
    for ids in (None, frozenset({11})):
        records, problems, skipped, rejected = summary(decoded(name, content, ids=ids))
        assert skipped >= 0
        assert rejected <= sum(p.count for p in problems)  # type: ignore[attr-defined]
        assert all(len(r) == 3 and isinstance(r[0], dict) for r in records)  # type: ignore[arg-type, index]


@settings(max_examples=100, deadline=None)
@given(content=st.lists(PIECES, max_size=12).map(b"".join))
@example(content=b"\xff\xfe{\0}\0")
@example(content=b"\x1f\x8b\x08\0")
@example(content=b"PK\x03\x04")
def test_any_file_is_read_without_an_exception(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    batches = [batch for source in sources([str(path)]) for batch in read(source)]
    assert any(b.records or b.problems or b.skipped or b.bytes for b in batches)


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.lists(PIECES, max_size=12).map(b"".join), sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_it_does_not_matter_how_the_bytes_come(name: str, content: bytes, sizes: list[int]) -> None:
    """Positions included: a record is where it is, not where a buffer ended."""
    assert summary(decoded(name, content, sizes=sizes)) == summary(decoded(name, content))


@settings(max_examples=100, deadline=None)
@given(
    lines=st.lists(
        st.sampled_from(
            [b'{"EventID":11}', b'{"EventID":5}', b'{"a":1}', b'{"EventID":', b"", b'{"event_id":"5"}', b"7"]
        ),
        max_size=40,
    )
)
def test_records_skipped_and_rejected_add_up_to_the_lines(lines: list[bytes]) -> None:
    content = b'{"a":0}\n' + b"\n".join(lines)
    records, _, skipped, rejected = summary(decoded("json", content, ids=frozenset({11})))
    assert len(records) + skipped + rejected == 1 + sum(1 for line in lines if line)


def test_parquet_rows_are_records_and_a_cut_file_is_told(tmp_path: Path) -> None:
    assert [r[0] for r in summary(decoded("parquet", SAMPLES["parquet"]))[0]] == [  # type: ignore[index]
        {"EventID": 1, "a": "x"},
        {"EventID": 11, "a": None},
    ]
    _, (problem,), _, _ = summary(decoded("parquet", SAMPLES["parquet"][:-20]))
    assert "damaged Parquet" in problem.reason  # type: ignore[attr-defined]


def test_event_tables_of_our_own_pass_as_they_are(tmp_path: Path) -> None:
    names = ["event_key", "file", "record", "kind", "ts_us", "host_key"]
    table = pa.table({name: pa.array(["1", "2"] if name in {"event_key", "kind"} else [1, 2]) for name in names})
    pq.write_table(table, tmp_path / "events")
    (tmp_path / "packed").write_bytes(gzip.compress((tmp_path / "events").read_bytes()))
    for file in ("events", "packed"):
        found = read_events(Source(file, tmp_path / file, 1), names[:5])
        assert found is not None
        assert found.rows == 2
        assert found.size > 0
        whole = pa.Table.from_batches([b for b in found.batches if isinstance(b, pa.RecordBatch)])
        assert [whole.schema.field(name).type for name in ("event_key", "kind")] == [
            pa.string(),
            pa.dictionary(pa.int32(), pa.string()),
        ]
        assert whole.to_pydict() == table.select(names[:5]).to_pydict()
    (tmp_path / "other").write_bytes(SAMPLES["parquet"])
    assert read_events(Source("other", tmp_path / "other", 1), names) is None


def test_real_recordings_are_read_whole(shared: Path) -> None:
    """As many records as lines, and nothing that cannot be explained."""
    lines = records = 0
    for source in sources([str(path) for path in sorted((shared / "telemetry" / "otrf").glob("*.zip"))[:12]]):
        with source.open() as file:
            lines += sum(1 for line in file if line.strip())
        for batch in read(source, Wanted(frozenset({1, 11}))):
            assert not batch.problems
            records += len(batch.records) + batch.skipped
    assert records == lines > 1000


def test_the_look_at_ids_agrees_with_parsing_on_real_recordings(shared: Path) -> None:
    """What is skipped has an id that nobody wants; nothing else is skipped."""
    wanted = frozenset({1, 11, 4688, 5145})
    for source in sources([str(path) for path in sorted((shared / "telemetry" / "otrf").glob("*.zip"))[:12]]):
        kept = {r.position for batch in read(source, Wanted(wanted)) for r in batch.records}
        for record in (r for batch in read(source) for r in batch.records):
            event_id = record.fields.get("EventID", record.fields.get("event_id"))
            if event_id is None or int(str(event_id)) in wanted:
                assert record.position in kept
