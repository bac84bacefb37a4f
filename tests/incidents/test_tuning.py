"""Settings of a site: ATT&CK's names, defaults that change nothing, what each does, errors that name file and key."""

import re
from collections.abc import Sequence
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest
from nights import night, written

from stashlight.cli import Exit, main
from stashlight.engines.duckdb import Engine
from stashlight.errors import SettingError
from stashlight.events.loading import load
from stashlight.findings.load import load as load_rules
from stashlight.findings.match import match
from stashlight.incidents.correlate import cases, correlate
from stashlight.incidents.scoring import score
from stashlight.incidents.tuning import DEFAULT, Tuning, name_of, read_tuning
from stashlight.simulation.acts import Act
from stashlight.simulation.procedure import play

ELEMENTS = {
    "StagingDirList",
    "ArchivingToolPatterns",
    "CopyToolPatterns",
    "RemotePathPatterns",
    "TimeWindow",
    "TransferVolumeThreshold",
    "UserThreshold",
}


def _read(folder: Path, text: str) -> Tuning:
    file = folder / "site.toml"
    file.write_text(text, "utf-8")
    return read_tuning(file)


def test_attack_s_names_are_used() -> None:
    assert {name_of(f.name) for f in fields(Tuning)} >= ELEMENTS


def test_an_empty_file_is_the_default(tmp_path: Path) -> None:
    assert _read(tmp_path, "") == DEFAULT == Tuning()


def test_every_setting_can_be_written(tmp_path: Path) -> None:
    tuning = _read(
        tmp_path,
        r"""
        StagingDirList = ['D:\Exchange\Out', '/srv/drop*']
        ArchivingToolPatterns = ["packit*.exe"]
        CopyToolPatterns = ["FastCopy.exe"]
        RemotePathPatterns = ['\\fs-09\drop']
        TimeWindow = "2h"
        TransferVolumeThreshold = 50
        UserThreshold = 4
        SessionGap = "1d"
        Horizon = "7d"
        SeverityCuts = {low = 25, medium = 45}
        """,
    )
    assert (tuning.time_window, tuning.session_gap, tuning.horizon) == (
        timedelta(hours=2),
        timedelta(days=1),
        timedelta(days=7),
    )
    assert (tuning.transfer_volume_threshold, tuning.user_threshold) == (50, 4)
    assert dict(tuning.severity_cuts) == {"critical": 90, "high": 60, "medium": 45, "low": 25, "info": 10}
    assert tuning.role("packit64") == "pack"
    assert tuning.role("fastcopy") == "stage"
    assert tuning.role("robocopy") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("StagingDirs = []", "no setting 'StagingDirs'"),
        ("stagingdirlist = []", "no setting 'stagingdirlist'"),
        ("TimeWindow = 6", "TimeWindow: write a length of time"),
        ("TimeWindow = 'soon'", "TimeWindow: 'soon' is not a length of time"),
        ("UserThreshold = 0", "UserThreshold: write a whole number"),
        ("UserThreshold = true", "UserThreshold: write a whole number"),
        ("StagingDirList = 'x'", "StagingDirList: write a list"),
        ("StagingDirList = ['*']", "StagingDirList: write a list of texts, each with more than wildcards"),
        ("StagingDirList = [1]", "StagingDirList: write a list"),
        ("SeverityCuts = {loud = 3}", "SeverityCuts: no severity 'loud'"),
        ("SeverityCuts = {low = 50}", "SeverityCuts: cuts must fall"),
        ("SeverityCuts = {low = 101}", "SeverityCuts: write whole numbers"),
        ("SeverityCuts = {}", "SeverityCuts: write a table"),
        ("= 3", "site.toml"),
    ],
)
def test_a_setting_that_makes_no_sense_names_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingError, match=re.escape(said)) as refused:
        _read(tmp_path, text)
    assert "site.toml" in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = written(tmp_path, "n", night(0))
    assert main(["scan", log, "--settings", str(tmp_path / "none.toml"), "--quiet"]) == Exit.REFUSED
    assert "none.toml" in capsys.readouterr().err


def test_patterns_of_hostile_length_stay_fast() -> None:
    tuning = Tuning(staging_dir_list=("*a*a*a*a*a*a*b",))
    assert not tuning.is_staging_dir("c:\\" + "a" * 30_000)


@pytest.mark.parametrize(
    ("pattern", "place", "held"),
    [
        (r"D:\Exchange\Out", r"d:\exchange\out", True),
        (r"D:\Exchange\Out\ ".strip(), r"d:\exchange\out\deeper", True),
        (r"D:\Exchange\Out", r"d:\exchange\outer", False),
        (r"*\Handover", r"e:\a\handover", True),
        (r"D:\[x]\Out", r"d:\[x]\out", True),
        ("/srv/drop*", "/srv/drop7/x", True),
        ("/srv/drop", "/srv/dropped", False),
    ],
)
def test_a_staging_directory_is_named_with_all_below(pattern: str, place: str, held: bool) -> None:
    assert Tuning(staging_dir_list=(pattern,)).is_staging_dir(place) is held


def _scored(folder: Path, acts: Sequence[Act], tuning: Tuning) -> dict[str, str]:
    """Give the factors' reasons of the heaviest case that these acts make, and its score under `score`."""
    with Engine(threads=1) as engine:
        load([written(folder, "log", acts)], engine, workers=1)
        rules = load_rules()
        match(engine, rules)
        found = [score(case) for case in cases(engine, rules, tuning=tuning)]
    points, factors = max(found, key=lambda each: each[0], default=(0, ()))
    return {f.name: f.reason for f in factors} | {"score": str(points)}


def test_staging_dir_list_makes_a_place(tmp_path: Path) -> None:
    site = Tuning(staging_dir_list=(r"E:\Mirror",))
    assert "the settings name it" in _scored(tmp_path, night(0), site)["place"]
    assert "place" not in _scored(tmp_path, night(0), DEFAULT)


def test_transfer_volume_threshold_is_where_volume_starts(tmp_path: Path) -> None:
    assert "volume" in _scored(tmp_path, night(0, files=30), Tuning(transfer_volume_threshold=30))
    assert "volume" not in _scored(tmp_path, night(0, files=30), Tuning(transfer_volume_threshold=31))


def test_user_threshold_is_where_fan_in_starts(tmp_path: Path) -> None:
    acts = play("share_fan_in")
    assert "3 hosts into one place" in _scored(tmp_path, acts, Tuning(user_threshold=3))["fan-in"]
    assert "hosts into one place" not in _scored(tmp_path, acts, Tuning(user_threshold=4)).get("fan-in", "")


@pytest.mark.parametrize(
    ("setting", "command", "factor"),
    [
        ({"archiving_tool_patterns": ("packit*",)}, r"packit64.exe -x E:\Mirror\q.pk D:\Projects D:\Plans", "archive"),
        ({"copy_tool_patterns": ("packit64.exe",)}, r"packit64.exe \\fs-01\all\Projects E:\Mirror", "source spread"),
    ],
)
def test_named_programs_are_read_as_tools(
    tmp_path: Path, setting: dict[str, tuple[str, ...]], command: str, factor: str
) -> None:
    acts = night(0, image=r"C:\Program Files\PackIt\packit64.exe", name="packit64.exe", command=command)
    assert factor in _scored(tmp_path, acts, Tuning(**setting))  # pyright: ignore[reportArgumentType]
    assert factor not in _scored(tmp_path, acts, DEFAULT)


def test_remote_path_patterns_weigh_like_an_administrative_share(tmp_path: Path) -> None:
    acts = night(0, command=r"robocopy.exe D:\Projects \\fs-09\drop\x *.docx /E")
    site = Tuning(remote_path_patterns=(r"\\fs-09\drop",))
    assert "that the settings name" in _scored(tmp_path, acts, site)["remote place"]
    assert "that the settings name" not in _scored(tmp_path, acts, DEFAULT)["remote place"]


def test_session_gap_and_horizon_part_what_lies_apart(tmp_path: Path) -> None:
    log = written(tmp_path, "two", [*night(0), *night(2)])
    rules = load_rules()
    with Engine(threads=1) as engine:
        load([log], engine, workers=1)
        match(engine, rules)
        assert len(cases(engine, rules)) == 1
        assert len(cases(engine, rules, tuning=Tuning(horizon=timedelta(hours=20)))) == 2


def test_time_window_parts_what_one_tree_does_in_two_places(tmp_path: Path) -> None:
    first = night(0)
    later = night(0, place=r"E:\Other\Plans", hour=5)
    log = written(tmp_path, "two", [*first, *later])
    rules = load_rules()
    with Engine(threads=1) as engine:
        load([log], engine, workers=1)
        match(engine, rules)
        wide = cases(engine, rules, tuning=Tuning(time_window=timedelta(hours=6)))
        narrow = cases(engine, rules, tuning=Tuning(time_window=timedelta(hours=1)))
    assert len(wide) <= len(narrow)


def test_severity_cuts_grade(tmp_path: Path) -> None:
    log = written(tmp_path, "mass", play("mass_copy"))
    rules = load_rules()
    with Engine(threads=1) as engine:
        load([log], engine, workers=1)
        match(engine, rules)
        (usual,) = correlate(engine, rules)
        strict = Tuning(
            severity_cuts=(("critical", 100), ("high", 99), ("medium", usual.score + 1), ("low", 20), ("info", 10))
        )
        (graded,) = correlate(engine, rules, tuning=strict)
    assert usual.severity != "low"
    assert (graded.severity, graded.score) == ("low", usual.score)
