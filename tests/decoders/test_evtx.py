"""EVTX: as many records as the parser alone gives, and every loss told."""

import struct
from pathlib import Path
from typing import Any, cast

import pytest
from evtx import PyEvtxParser

from stashlight.decoders import Batch, Record, Source, Wanted, read, sources

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
    together = Batch()
    skipped = rejected = 0
    for batch in read(Source(str(path), path, len(content)), wanted or Wanted()):
        together.records.extend(batch.records)
        together.problems.extend(batch.problems)
        skipped, rejected = skipped + batch.skipped, rejected + batch.rejected
    return Batch(together.records, together.problems, skipped, 0, "", rejected)


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
