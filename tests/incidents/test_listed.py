"""What listings add to incidents: unknowns are filled, nothing is invented, nothing counts twice."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stashlight import enrich, scan
from stashlight.decoders.source import Source
from stashlight.errors import InputError, SettingError
from stashlight.incidents.document import Archive, Document, Files, Folder, Incident, Rung
from stashlight.incidents.document_json import from_json, to_json
from stashlight.incidents.listed import listed
from stashlight.incidents.staged_files import NAMED
from stashlight.incidents.told_files import Owner
from stashlight.reports.checks import check
from stashlight.reports.claims import claims_of
from stashlight.verbs.enrich import given as found_in

ROOT = Path(__file__).parents[2]
HOST = "LAB-WS-23.linden.example"
PLACE = "c:\\temp\\handover"
BARE = Incident(
    id="SL-1", title="", severity="high", score=70, confidence="high", techniques=(), hosts=(HOST,), accounts=(),
    places=(PLACE,), first_seen="2026-03-02T19:00:00.5Z", last_seen="2026-03-02T20:00:00Z", files=Files(0, None, {}),
    factors=(), findings=(), evidence=(), notes=("Sizes are unknown: no source here records them.", "Another note."),
)  # fmt: skip


def _incident(*names: str, host: str = HOST, folder: str = PLACE, sizes: Sequence[int | None] = ()) -> Incident:
    known = [size for size in sizes if size is not None]
    files = Files(
        len(names), sum(known) if known else None, {}, len(known), folders=(Folder(folder, host, names, tuple(sizes)),)
    )
    return replace(BARE, files=files, hosts=(host,))


def _listed(tmp_path: Path, incident: Incident | Sequence[Incident], *texts: str, owner: Owner = Owner()):  # noqa: ANN202, B008 - pyright knows
    several = [incident] if isinstance(incident, Incident) else list(incident)
    sources: list[tuple[Source, Owner]] = []
    for number, text in enumerate(texts):
        path = tmp_path / f"list{number}.txt"
        path.write_text(text, "utf-8")
        sources.append((Source(path.name, path), owner))
    found, problems = listed(several, sources)
    return (found[0] if isinstance(incident, Incident) else found), [problem.reason for problem in problems]


def _table(*rows: tuple[str, int]) -> str:
    return "\n".join(['"FullName","Length"', *(f'"{path}","{size}"' for path, size in rows), ""])


def _journal(*rows: tuple[str, str, str]) -> str:
    head = "Name,ParentPath,UpdateSequenceNumber,UpdateTimestamp,UpdateReasons,FileAttributes"
    return "\n".join([head, *(f"{name},.\\temp\\handover,1,{time},{why},Archive" for name, time, why in rows), ""])


def _sums(*names: str) -> str:
    return "".join(f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n" for name in names)


MFT = "EntryNumber,InUse,ParentPath,FileName,FileSize,IsDirectory,IsAds\n"


def test_sizes_are_filled_and_told_from_where(tmp_path: Path) -> None:
    before = _incident("a.docx", "b.docx", "c.docx")
    after, problems = _listed(
        tmp_path, before, _table(("C:\\Temp\\Handover\\A.docx", 10), ("C:\\temp\\handover\\b.docx", 5))
    )
    assert isinstance(after, Incident)
    assert (after.files.bytes, after.files.sized, after.files.count) == (15, 2, 3)
    assert after.notes == (
        "Sizes are known for 2 of 3 files (2 from list0.txt); the total is of those.",
        "Another note.",
    )
    (listing,) = after.listings
    assert (listing.file, listing.host, listing.rows, listing.matched, listing.sized) == ("list0.txt", HOST, 2, 2, 2)
    assert {each.path: (each.bytes, each.basis) for each in after.listed} == {
        f"{PLACE}\\a.docx": (10, ("list0.txt line 2",)),
        f"{PLACE}\\b.docx": (5, ("list0.txt line 3",)),
    }
    assert problems == []


def test_score_and_factors_stay(tmp_path: Path) -> None:
    """A listing says how large and where; what was done it does not say."""
    before = _incident("a.docx")
    after, _ = _listed(tmp_path, before, _table((f"{PLACE}\\a.docx", 10**12)))
    assert isinstance(after, Incident)
    assert (after.score, after.severity, after.factors, after.id) == (
        before.score, before.severity, before.factors, before.id,
    )  # fmt: skip


def test_size_of_an_event_stays_and_a_different_one_is_a_contradiction(tmp_path: Path) -> None:
    before = _incident("a.docx", "b.docx", sizes=(100, None))
    after, _ = _listed(tmp_path, before, _table((f"{PLACE}\\a.docx", 90), (f"{PLACE}\\b.docx", 7)))
    assert isinstance(after, Incident)
    assert (after.files.bytes, after.files.sized) == (107, 2)
    (conflict,) = after.conflicts
    assert (conflict.what, conflict.told) == ("size", ("100 bytes (the result)", "90 bytes (list0.txt line 2)"))
    (defect,) = [each for each in check(claims_of(after)) if each.check == "listings"]
    assert defect.kind == "contradiction"
    assert "sources disagree on the size of 1 file" in defect.said


def test_hashes_of_a_list_without_folders_count_where_the_name_is_unique(tmp_path: Path) -> None:
    two_folders = replace(
        _incident("a.docx"),
        files=Files(3, None, {}, folders=(
            Folder(PLACE, HOST, ("a.docx", "b.docx")), Folder(f"{PLACE}\\sub", HOST, ("b.docx",)),
        )),
    )  # fmt: skip
    after, _ = _listed(tmp_path, two_folders, _sums("a.docx", "b.docx", "elsewhere.docx"))
    assert isinstance(after, Incident)
    assert after.files.hashed == 1
    assert after.listings[0].ambiguous == 1
    after, _ = _listed(tmp_path, two_folders, _sums("handover/b.docx", "sub/b.docx"))
    assert isinstance(after, Incident)
    assert after.files.hashed == 2


def test_two_hashes_of_one_file_are_a_contradiction(tmp_path: Path) -> None:
    text = f"{'a' * 64}  a.docx\n"
    after, _ = _listed(tmp_path, _incident("a.docx"), text, text.replace("a" * 64, "b" * 64))
    assert isinstance(after, Incident)
    assert [(each.what, len(each.told)) for each in after.conflicts] == [("sha256", 2)]
    assert after.listed[0].sha256 == "a" * 64


def test_journal_tells_the_last_state_since_the_incident_began(tmp_path: Path) -> None:
    journal = _journal(
        ("a.docx", "2026-02-01 10:00:00", "FileDelete|Close"),  # another file of that name, a month before
        ("a.docx", "2026-03-02 19:00:00", "FileCreate|Close"),
        ("b.docx", "2026-03-02 19:00:01", "FileCreate|Close"),
        ("b.docx", "2026-03-03 08:00:00.25", "FileDelete|Close"),
        ("c.docx", "2026-03-02 19:30:00", "FileDelete|Close"),
        ("c.docx", "2026-03-02 19:40:00", "FileCreate"),
    )
    after, _ = _listed(tmp_path, _incident("a.docx", "b.docx", "c.docx"), journal)
    assert isinstance(after, Incident)
    assert (after.files.present, after.files.deleted) == (2, 1)
    assert {each.path[-6:]: (each.state, each.deleted) for each in after.listed} == {
        "a.docx": ("present", None),
        "b.docx": ("deleted", "2026-03-03T08:00:00.250000Z"),
        "c.docx": ("present", None),
    }


def test_deletion_that_no_event_tells_of_does_not_add_up(tmp_path: Path) -> None:
    after, _ = _listed(tmp_path, _incident("a.docx"), _journal(("a.docx", "2026-03-03 08:00:00", "FileDelete")))
    assert isinstance(after, Incident)
    assert ["no event tells of a deletion" in each.said for each in check(claims_of(after))] == [True]
    told = replace(after, rungs=(Rung("clean_up", after.last_seen, after.last_seen, ""),))
    assert not [each for each in check(claims_of(told)) if each.check == "listings"]


def test_there_and_deleted_is_a_contradiction_and_no_state(tmp_path: Path) -> None:
    journal, table = _journal(("a.docx", "2026-03-03 08:00:00", "FileDelete")), _table((f"{PLACE}\\a.docx", 1))
    after, _ = _listed(tmp_path, _incident("a.docx"), journal, table)
    assert isinstance(after, Incident)
    assert (after.files.present, after.files.deleted, after.listed[0].state) == (0, 0, None)
    assert after.conflicts[0].told == (
        "deleted at 2026-03-03T08:00:00Z (list0.txt line 2)",
        "there (list1.txt line 2)",
    )


def test_files_that_a_full_listing_lacks_are_counted_missing(tmp_path: Path) -> None:
    text = " Directory of C:\\temp\\handover\n\n03/02/2026  07:02 PM   10 a.docx\n"
    after, _ = _listed(tmp_path, _incident("a.docx", "b.docx"), text)
    assert isinstance(after, Incident)
    assert (after.listings[0].matched, after.listings[0].missing, after.files.deleted) == (1, 1, 0)
    after, _ = _listed(
        tmp_path, _incident("a.docx", "b.docx"), MFT + "1,True,.\\temp\\handover,a.docx,10,False,False\n"
    )
    assert isinstance(after, Incident)
    assert (after.listings[0].matched, after.listings[0].missing) == (1, 1)
    assert any("not in list0.txt" in each.said for each in check(claims_of(after)))


def test_deleted_record_of_an_older_file_gives_way_to_the_present_one(tmp_path: Path) -> None:
    rows = ("1,False,.\\temp\\handover,a.docx,10,False,False", "2,True,.\\temp\\handover,a.docx,20,False,False")
    for order in (rows, rows[::-1]):
        after, _ = _listed(tmp_path, _incident("a.docx"), MFT + "\n".join(order) + "\n")
        assert isinstance(after, Incident)
        assert (after.files.bytes, after.files.present, after.files.deleted) == (20, 1, 0)


def test_volume_whose_drive_is_not_told_is_no_guess(tmp_path: Path) -> None:
    """The same path on two drives: the person says which volume it is."""
    files = Files(2, None, {}, folders=(Folder("c:\\out", HOST, ("a.zip",)), Folder("d:\\out", HOST, ("a.zip",))))
    text = MFT + "1,True,.\\out,a.zip,10,False,False\n"
    after, problems = _listed(tmp_path, replace(BARE, files=files), text)
    assert isinstance(after, Incident)
    assert after.files.sized == 0
    assert "fits files of c:, d:" in problems[0]
    after, problems = _listed(tmp_path, replace(BARE, files=files), text, owner=Owner(drive="d:"))
    assert isinstance(after, Incident)
    assert [each.path for each in after.listed] == ["d:\\out\\a.zip"]
    assert problems == []


def test_listing_of_one_host_says_nothing_of_another(tmp_path: Path) -> None:
    one, other = _incident("a.docx"), replace(_incident("a.docx", host="FS-02"), id="SL-2")
    text = _table((f"{PLACE}\\a.docx", 10))
    found, problems = _listed(tmp_path, [one, other], text)
    assert isinstance(found, list)
    assert [each.files.sized for each in found] == [0, 0]
    assert "say whose it is, as in --enrich HOST=list0.txt" in problems[0]
    found, problems = _listed(tmp_path, [one, other], text, owner=Owner("fs-02"))
    assert isinstance(found, list)
    assert [each.files.sized for each in found] == [0, 1]
    assert problems == []


def test_archive_that_only_a_command_names_gets_its_size(tmp_path: Path) -> None:
    archive = Archive("C:\\Windows\\Temp\\x.7z", "7-zip", None, None, None)
    after, _ = _listed(tmp_path, replace(_incident("a.docx"), archives=(archive,)), _table((archive.path, 77)))
    assert isinstance(after, Incident)
    assert after.archives[0].bytes == 77
    assert (after.files.bytes, after.files.sized, after.listings[0].matched) == (None, 0, 0)


def test_linux_paths_are_told_apart_by_case(tmp_path: Path) -> None:
    incident = _incident("dump.sql", folder="/var/tmp/.Stage")
    after, problems = _listed(tmp_path, incident, "7 /var/tmp/.stage/dump.sql\n")
    assert isinstance(after, Incident)
    assert after.files.sized == 0
    assert problems == ["none of the staged files is in it"]
    after, _ = _listed(tmp_path, incident, "7 /var/tmp/.Stage/dump.sql\n")
    assert isinstance(after, Incident)
    assert after.files.sized == 1


names = st.lists(st.sampled_from([f"f{n}.docx" for n in range(8)]), min_size=1, max_size=8, unique=True)


@settings(max_examples=80, deadline=None)
@given(names, st.lists(st.tuples(names, st.integers(0, 3)), max_size=4), st.integers(0, 4))
def test_read_together_or_one_after_the_other_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, staged: list[str], lists: list[tuple[list[str], int]], cut: int
) -> None:
    """And a listing that is read twice counts once."""
    folder = tmp_path_factory.mktemp("lists")
    texts = [_text(names, kind) for names, kind in lists]
    document = _document(_incident(*staged))
    paths: list[str] = []
    for number, text in enumerate(texts):
        (folder / f"{number}.txt").write_text(text)
        paths.append(str(folder / f"{number}.txt"))
    together = enrich(document, paths).incidents[0].files
    apart = document
    for part in (paths[:cut], paths[cut:], paths[:1]):
        apart = enrich(from_json(to_json(apart)), part)
    files = apart.incidents[0].files
    assert (files.bytes, files.sized, files.hashed) == (together.bytes, together.sized, together.hashed)
    assert files.sized <= files.count
    assert (files.hashed or 0) <= files.count
    assert (files.present or 0) + (files.deleted or 0) <= files.count
    if not apart.incidents[0].conflicts:
        assert (files.present, files.deleted) == (together.present, together.deleted)


def _text(names: list[str], kind: int) -> str:
    if kind == 0:
        return _sums(*names)
    if kind == 1:
        return _table(*((f"{PLACE}\\{name}", len(name)) for name in names))
    if kind == 2:
        return _journal(*((name, "2026-03-03 08:00:00", "FileDelete") for name in names))
    return MFT + "".join(f"1,False,.\\temp\\handover,{name},{len(name)},False,False\n" for name in names)


def _document(*incidents: Incident) -> Document:
    whole = from_json((ROOT / "tests/outputs/results/quiet.json").read_bytes())
    return replace(whole, incidents=incidents, problems=())


def test_scan_and_kept_result_say_the_same(tmp_path: Path) -> None:
    """From the logs every file is looked up, from the result those it names: of the sample, all."""
    kept = scan([str(ROOT / "samples")], workers=1)
    pile = max(kept.incidents, key=lambda each: each.files.count)
    (folder,) = pile.files.folders
    assert len(folder.names) == pile.files.count <= NAMED
    table = tmp_path / "gci.csv"
    table.write_text(_table(*((f"{folder.path}\\{name}", 1000 + len(name)) for name in folder.names[5:])))
    sums = tmp_path / "sums.txt"
    sums.write_text(_sums(*folder.names[:50]))
    given = [f"{pile.hosts[0]}={table}", str(sums)]
    later = enrich(kept, given)
    at_once = scan([str(ROOT / "samples")], enrich=given, workers=1)
    assert later.incidents == at_once.incidents
    mine = next(each for each in at_once.incidents if each.id == pile.id)
    assert (mine.files.sized, mine.files.hashed, mine.files.present) == (634, 50, 634)
    assert mine.score == pile.score


def test_result_of_before_listings_still_loads(tmp_path: Path) -> None:
    old = from_json((ROOT / "tests/outputs/results/case.json").read_bytes())
    (tmp_path / "x.csv").write_text(_table((f"{PLACE}\\a.docx", 1)))
    after = enrich(old, [str(tmp_path / "x.csv")])
    assert after.incidents[0].files.sized == old.incidents[0].files.sized
    assert [each.reason for each in after.problems][len(old.problems) :] == [
        "the result names no files to look up: scan the logs again"
    ]


def test_whose_a_listing_is_stands_before_it(tmp_path: Path) -> None:
    file = tmp_path / "a=b.txt"
    file.write_text("x")
    for text, owner in (
        (str(file), Owner()),
        (f"FS-02.linden.example={file}", Owner("fs-02")),
        (f"D:={file}", Owner("", "d:")),
        (f"FS-02\\D:={file}", Owner("fs-02", "d:")),
    ):
        assert [found for _, found in found_in([text])] == [owner]
    with pytest.raises(InputError):
        found_in(["FS-02=nothing.txt"])
    with pytest.raises(SettingError, match="HOST=FILE"):
        found_in([f"={file}"])
