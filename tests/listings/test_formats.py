"""Every form of listing: found by looking, read in full, what is damaged named with its line."""

import gzip
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stashlight.decoders.source import Source
from stashlight.listings import Fact, Page, Wanted, listing_formats, read
from stashlight.listings.formats import Format
from stashlight.listings.reading import MAX_PROBLEMS, sniff
from stashlight.plugins import plugins

HERE = Path(__file__).parent
CASES = cast("list[dict[str, Any]]", yaml.safe_load((HERE / "cases.yml").read_text("utf-8")))
ALL = Wanted()

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])


def _read(folder: Path, content: bytes, wanted: Wanted = ALL, name: str = "listing") -> Page:
    path = folder / name
    path.write_bytes(content)
    pages = list(read(Source(name, path), wanted))
    return Page(
        sum(page.rows for page in pages),
        [fact for page in pages for fact in page.facts],
        [problem for page in pages for problem in page.problems],
        next((page.format for page in pages if page.format), ""),
    )


def _bytes(case: dict[str, Any], line_end: str = "\r\n") -> bytes:
    return case["text"].replace("\n", line_end).encode(case.get("encoding", "utf-8"))


def _fact(row: list[Any]) -> Fact:
    return Fact(*row)


@each_case
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_listing_is_read_as_it_stands(case: dict[str, Any], line_end: str, tmp_path: Path) -> None:
    content = _bytes(case, line_end)
    # A form is found by the first lines: where a case has a damaged one among them, it is padded with good ones.
    if case.get("sniffed") is False:
        good = "\n".join(case["text"].splitlines()[:1] * 60).replace("\n", line_end) + line_end
        padded = _read(tmp_path, good.encode() + content)
        assert padded.format == case["format"]
        found = Page(
            padded.rows - 60,
            [fact for fact in padded.facts if fact.line > 60],
            padded.problems,
            padded.format,
        )
        facts = [Fact(f.line - 60, f.path, f.bytes, f.hashes, f.is_present, f.ts_us) for f in found.facts]
        problems = [(f"line {int(p.position.split()[-1]) - 60}", p.reason) for p in found.problems]
    else:
        found = _read(tmp_path, content)
        facts, problems = found.facts, [(p.position, p.reason) for p in found.problems]
    assert found.format == case["format"]
    assert facts == [_fact(row) for row in case["facts"]]
    assert found.rows == case["rows"]
    told = case.get("problems", [])
    assert [position for position, _ in problems] == [position for position, _ in told]
    for (_, reason), (_, part) in zip(problems, told, strict=True):
        assert part in reason


@each_case
def test_compressed_listing_is_the_same(case: dict[str, Any], tmp_path: Path) -> None:
    plain, packed = _bytes(case), gzip.compress(_bytes(case))
    assert _read(tmp_path, packed, name="listing.gz").facts == _read(tmp_path, plain).facts


def test_every_form_has_a_case() -> None:
    assert {case["format"] for case in CASES} | {"raw_mft"} == set(listing_formats())
    for form in plugins("stashlight.listings.formats", Format).values():
        assert form.COVERS in {"folder", "volume", ""}
        assert form.UNIT in {"line", "record", "object"}


def test_only_wanted_names_of_a_volume_are_kept(tmp_path: Path) -> None:
    """A disk has millions of files; a pile has a thousand."""
    page = _read(tmp_path, _bytes(CASES[0]), Wanted(frozenset({"report-1.docx"})))
    assert [fact.path for fact in page.facts] == ["\\temp\\handover\\Report-1.docx"]
    assert page.rows == CASES[0]["rows"]


def test_raw_mft_is_read(tmp_path: Path) -> None:
    """Of a small NTFS volume that was formatted, filled and partly emptied for it (mkntfs, ntfs-3g)."""
    content = (HERE / "files" / "small.mft.gz").read_bytes()
    page = _read(tmp_path, content, Wanted(frozenset({"report-1.docx", "team-vault.kdbx", "notes.txt", "handover"})))
    assert page.format == "raw_mft"
    assert page.facts == [
        Fact(68, "\\temp\\handover\\report-1.docx", 1000, is_present=True),
        Fact(76, "\\temp\\handover\\team-vault.kdbx", 6, is_present=True),
        Fact(77, "\\temp\\handover\\notes.txt", 5, is_present=False),
        Fact(80, "\\Users\\mwirth\\report-1.docx", 6, is_present=True),
    ]
    assert page.problems == []


def test_damaged_mft_costs_its_records_only(tmp_path: Path) -> None:
    content = bytearray(gzip.decompress((HERE / "files" / "small.mft.gz").read_bytes()))
    content[70 * 1024 : 71 * 1024] = b"\xff" * 1024
    page = _read(tmp_path, bytes(content))
    assert {fact.line for fact in page.facts} >= {68, 69, 71, 76}
    assert 70 not in {fact.line for fact in page.facts}
    assert page.problems


def test_raw_journal_is_named_with_what_to_do(tmp_path: Path) -> None:
    record = b"\x58\0\0\0\2\0\0\0" + b"\0" * 80
    for content in (record, b"\0" * 4096 + record):
        (problem,) = _read(tmp_path, content).problems
        assert "MFTECmd -f $J -m $MFT" in problem.reason


@pytest.mark.parametrize("content", [b"", b"hello\n", b"%PDF-1.7\n", b"a,b\n1,2\n", b'{"a": 1}\n'])
def test_what_is_no_listing_is_said(content: bytes, tmp_path: Path) -> None:
    page = _read(tmp_path, content)
    assert not page.facts
    assert len(page.problems) == 1


def test_problems_are_named_up_to_a_bound_and_then_counted(tmp_path: Path) -> None:
    lines = CASES[0]["text"].splitlines()
    content = "\n".join([lines[0], *["1,2"] * 5_000]).encode()
    page = _read(tmp_path, content)
    assert sum(problem.count for problem in page.problems) == 5_000
    assert len(page.problems) == MAX_PROBLEMS + 1


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CASES), st.binary(max_size=40), st.integers(0, 2_000), st.booleans())
def test_no_content_is_too_odd(case: dict[str, Any], junk: bytes, at: int, cuts: bool) -> None:
    """Whatever stands in a listing, it is read to its end, and no fact is outside of what a file can be."""
    import tempfile

    content = _bytes(case)
    at %= len(content)
    content = content[:at] + junk + (b"" if cuts else content[at:])
    with tempfile.TemporaryDirectory() as folder:
        page = _read(Path(folder), content)
    for fact in page.facts:
        assert fact.bytes is None or fact.bytes >= 0
        assert all(len(value) == {"md5": 32, "sha1": 40, "sha256": 64}[name] for name, value in fact.hashes.items())


@given(st.binary(max_size=200))
def test_any_head_has_a_form_or_none(head: bytes) -> None:
    assert sniff(head) in {"", *listing_formats()}
