"""EVTX: as many records as the parser alone gives, and every loss told."""

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from evtx import PyEvtxParser
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stashlight.decoders import Batch, Record, Source, Wanted, log_parts, read, sources

CHUNK = 65536


@pytest.fixture(scope="session")
def recordings(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Real recordings with several chunks, by name."""
    (archive,) = (shared / "telemetry" / "evtx").glob("*.tar.zst")
    content: dict[str, bytes] = {}
    for source in sources([str(archive)]):
        with source.open() as file:
            content[source.name] = file.read()
    assert len(content) > 200
    return content


@pytest.fixture
def several_chunks(recordings: dict[str, bytes]) -> bytes:
    return max(recordings.values(), key=len)


def bare(content: bytes, folder: Path) -> list[int]:
    path = folder / "bare.evtx"
    path.write_bytes(content)
    return [row["event_record_id"] for row in PyEvtxParser(str(path)).records_json()]  # type: ignore[misc]


def whole(content: bytes, folder: Path, wanted: Wanted | None = None) -> Batch:
    path = folder / "log.evtx"
    path.write_bytes(content)
    return together([Source(str(path), path, len(content))], wanted)


def together(parts: Iterable[Source], wanted: Wanted | None = None) -> Batch:
    sum_of = Batch()
    skipped = rejected = size = 0
    for source in parts:
        for batch in read(source, wanted or Wanted()):
            sum_of.records.extend(batch.records)
            sum_of.problems.extend(batch.problems)
            skipped, rejected, size = skipped + batch.skipped, rejected + batch.rejected, size + batch.bytes
    return Batch(sum_of.records, sum_of.problems, skipped, size, "", rejected)


def event_id(record: Record) -> int:
    found = cast("dict[str, dict[str, Any]]", record.fields["Event"])["System"]["EventID"]
    return cast("int", found["#text"] if isinstance(found, dict) else found)


def live_chunks(content: bytes) -> list[int]:
    return [at for at in range(4096, len(content), CHUNK) if content[at : at + 8] == b"ElfChnk\0"]


def test_real_recordings_give_the_records_of_a_bare_iteration(recordings: dict[str, bytes], tmp_path: Path) -> None:
    for name, content in recordings.items():
        got = whole(content, tmp_path)
        assert [record.position for record in got.records] == bare(content, tmp_path), name
        assert not got.problems, name


def test_ids_are_looked_at_before_parsing(recordings: dict[str, bytes], tmp_path: Path) -> None:
    """Also `{"EventID": {"#attributes": …, "#text": 325}}`, as ESENT writes it."""
    wanted = frozenset({1, 11, 325})
    for name, content in recordings.items():
        everything = whole(content, tmp_path)
        numbers = [event_id(record) for record in everything.records]
        got = whole(content, tmp_path, Wanted(wanted))
        assert len(got.records) == sum(number in wanted for number in numbers), name
        assert len(got.records) + got.skipped == len(everything.records), name


def test_a_zeroed_chunk_is_told_with_the_records_it_lost(several_chunks: bytes, tmp_path: Path) -> None:
    """The parser alone passes over it without a word."""
    for at in live_chunks(several_chunks)[1:]:
        content = several_chunks[:at] + bytes(CHUNK) + several_chunks[at + CHUNK :]
        got = whole(content, tmp_path)
        lost = len(bare(several_chunks, tmp_path)) - len(got.records)
        assert (sum(p.count for p in got.problems), got.rejected) == (lost, lost)
        assert f"byte {at}" in got.problems[0].position


@pytest.mark.parametrize("keep", [CHUNK, CHUNK + 30_000, 3 * CHUNK + 100, 4 * CHUNK])
def test_a_file_that_is_cut_off_tells_what_is_missing(keep: int, several_chunks: bytes, tmp_path: Path) -> None:
    got = whole(several_chunks[: 4096 + keep], tmp_path)
    lost = len(bare(several_chunks, tmp_path)) - len(got.records)
    assert got.records
    assert got.rejected == lost
    assert sum(p.count for p in got.problems) >= lost


def test_a_damaged_chunk_header_costs_one_chunk(several_chunks: bytes, tmp_path: Path) -> None:
    at = live_chunks(several_chunks)[1]
    content = bytearray(several_chunks)
    content[at] ^= 0xFF
    got = whole(bytes(content), tmp_path)
    first, last = struct.unpack_from("<QQ", several_chunks, at + 8)
    assert len(bare(several_chunks, tmp_path)) - len(got.records) == last - first + 1
    assert got.problems[0].position == f"chunk at byte {at}"


def test_a_damaged_file_header_costs_nothing(several_chunks: bytes, tmp_path: Path) -> None:
    got = whole(b"XXXXXXXX" + several_chunks[8:], tmp_path)
    assert len(got.records) == len(bare(several_chunks, tmp_path))
    assert got.problems[0].reason == "damaged EVTX file header; the chunks are read all the same"


def test_flipped_bits_never_pass_in_silence_or_raise(several_chunks: bytes, tmp_path: Path) -> None:
    """What still parses is given; a record that is not given is counted as lost."""
    total = len(bare(several_chunks, tmp_path))
    for seed in range(40):
        content = bytearray(several_chunks)
        for step in range(30):
            content[4096 + 128 + (seed * 7919 + step * 104_729) % (len(content) - 4224)] ^= 1 << (step % 8)
        got = whole(bytes(content), tmp_path)
        assert len(got.records) + got.rejected >= total


ROUND, ROOM, GARBAGE, ODD = "round", "room", "garbage", "odd"


class Log(NamedTuple):
    """
    A log whose chunks promise numbers and hold none, or are no chunks at all.

    A number stands for a chunk before which so many records are missing.
    """

    chunks: list[int | str]
    following: int
    said: int
    dirty: int
    cut: int

    def written(self) -> bytes:
        number = 5
        body = b""
        for kind in self.chunks:
            chunk = {ROOM: b"", GARBAGE: b"x", ODD: b"ElfChnk\0" + struct.pack("<QQ", 9, 3)}.get(str(kind))
            if chunk is None:
                number = 2 if isinstance(kind, str) else number + kind
                chunk = b"ElfChnk\0" + struct.pack("<QQ", number, number + len(body) // CHUNK % 4)
                number += len(body) // CHUNK % 4 + 1
            body += chunk.ljust(CHUNK, b"\0")
        header = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, 0, self.following, 128, 1, 3, 4096, self.said)
        header = header.ljust(120, b"\0") + struct.pack("<I", self.dirty)
        return (header.ljust(4096, b"\0") + body)[: len(body) + 4096 - self.cut]


LOGS = st.builds(
    Log,
    st.lists(st.sampled_from([0, 0, 0, 1, 6, ROUND, ROOM, GARBAGE, ODD]), min_size=2, max_size=9),
    st.integers(0, 40),
    st.integers(0, 12),
    st.integers(0, 1),
    st.sampled_from([0, 1, 100, CHUNK - 4]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(LOGS, st.integers(1, 4))
@example(Log([0, ROOM], following=7, said=2, dirty=0, cut=1), 1)
def test_a_log_in_parts_is_told_of_as_the_whole(tmp_path: Path, log: Log, chunks: int) -> None:
    path = tmp_path / "log.evtx"
    path.write_bytes(log.written())
    source = Source(str(path), path, path.stat().st_size)
    parts = log_parts(source, chunks * CHUNK + 77) or [source]
    assert sum(part.size for part in parts) == source.size
    assert together(parts) == together([source])


def test_recordings_in_parts_give_the_same_records(recordings: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "log.evtx"
    for content in recordings.values():
        if len(live_chunks(content)) < 3:
            continue
        path.write_bytes(content)
        source = Source(str(path), path, len(content))
        parts = log_parts(source, CHUNK)
        assert len(parts) > 2
        assert together(parts) == together([source])


def test_what_is_no_log_has_no_parts(tmp_path: Path) -> None:
    path = tmp_path / "log.evtx"
    path.write_bytes(b"{}\n" * CHUNK)
    assert not log_parts(Source(str(path), path, 3 * CHUNK), CHUNK)
    assert not log_parts(Source("-", None), CHUNK)
