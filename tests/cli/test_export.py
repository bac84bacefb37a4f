"""`stashlight rules export` as a person uses it."""

import json
from pathlib import Path

import pytest

from stashlight.cli import Exit, main
from stashlight.exports.target import target, target_names

RULE = """
title: Evil
id: 3d5f0cf1-0000-4000-8000-000000000001
name: {name}
logsource: {{category: process_creation, product: windows}}
detection:
  selection:
    {detection}
  condition: selection
level: high
"""


def _rule(folder: Path, name: str = "evil", detection: str = "CommandLine|contains: x", more: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "process_creation_evil.yml").write_text(RULE.format(name=name, detection=detection) + more)
    return folder


@pytest.mark.parametrize("name", target_names())
def test_every_target_writes_files_and_a_report(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "export", "--to", name, "--out", str(tmp_path / "out")]) == Exit.DONE
    report = json.loads((tmp_path / "out" / "export.json").read_text())
    written = {file for line in report for file in line["files"]}
    assert written == {p.name for p in (tmp_path / "out").iterdir()} - {"export.json"}
    assert {line["status"] for line in report} <= {"exported", "partly", "cannot"}
    assert all(line["reason"] for line in report if line["status"] == "cannot")
    lost = [line for line in report if line["status"] == "cannot"]
    told = capsys.readouterr().err
    assert all(line["reason"] in told for line in lost)
    assert f"{len(report) - len(lost)} written" in told


def test_the_output_is_the_same_every_time(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        assert (
            main(["rules", "export", "--to", "sentinel", "--form", "arm", "--out", str(tmp_path / folder)]) == Exit.DONE
        )
    files = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert files == sorted(p.name for p in (tmp_path / "b").iterdir())
    assert all((tmp_path / "a" / f).read_bytes() == (tmp_path / "b" / f).read_bytes() for f in files)


@pytest.mark.parametrize(
    "named", ["mass_copy", "36d91938-87bd-4804-b36e-b1e8b4989dcc", "Mass File Copy to One Directory"]
)
def test_one_rule_is_asked_for_by_id_name_or_title(named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "export", "--to", "splunk", "--rule", named]) == Exit.DONE
    printed = capsys.readouterr().out
    assert "streamstats time_window=15m" in printed
    assert printed.count("index=*") == 1


def test_the_table_says_what_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "export", "--to", "defender", "--rule", "score", "--as", "json"]) == Exit.DONE
    (line,) = json.loads(capsys.readouterr().out)
    assert line["status"] == "partly"
    assert any(note.startswith("left out, no table for windows/ps_script") for note in line["notes"])


def test_strict_tells_what_a_product_cannot_have_by_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["rules", "export", "--to", "elastic-eql", "--rule", "score"]
    assert main(asked) == Exit.DONE
    assert "EQL cannot add" in capsys.readouterr().err
    assert main([*asked, "--strict"]) == Exit.INCOMPLETE
    assert main(["rules", "export", "--to", "elastic-eql", "--rule", "mass_copy", "--strict"]) == Exit.DONE


def test_a_site_s_settings_move_the_windows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "site.toml").write_text('TimeWindow = "2h"\nUserThreshold = 5\n')
    asked = ["rules", "export", "--to", "splunk", "--rule", "share_fan_in", "--settings", str(tmp_path / "site.toml")]
    assert main(asked) == Exit.DONE
    printed = capsys.readouterr().out
    assert "time_window=2h dc(" in printed
    assert "distinct>=5" in printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "nope"], "no target 'nope'; there are: crowdstrike, datadog"),
        (["--to", "../splunk"], "no target '../splunk'"),
        (["--to", "splunk", "--form", "nope"], "no form 'nope' for splunk; there are: spl, escu, conf, terraform"),
        (["--to", "splunk", "--rule", "nope"], "no rule with id, name or title 'nope'"),
        (["--to", "splunk", "--rules", "/nowhere"], "no rules at /nowhere"),
        (["--to", "splunk", "--settings", "/nowhere.toml"], "cannot be read"),
        (["--to", "splunk", "--rule", "mass_copy", "--out", "/dev/null/x"], "cannot write"),
    ],
)
def test_wrong_use_is_refused_with_its_reason(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rules", "export", *arguments]) == Exit.REFUSED
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""


def test_one_s_own_rules_come_along(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["rules", "export", "--to", "sigma", "--rules", str(_rule(tmp_path / "own")), "--rule", "evil"]
    assert main(asked) == Exit.DONE
    assert "name: evil" in capsys.readouterr().out


_COUNTS = """---
title: C
name: c
id: 3d5f0cf1-0000-4000-8000-000000000002
correlation: {type: event_count, rules: [RULE], timespan: 1m, condition: {gte: 2}}
"""
_TWIN = RULE.format(name="twin", detection="CommandLine: y")


@pytest.mark.parametrize(
    ("detection", "more", "said"),
    [
        ("CommandLine|nonsense: x", "", "nonsense"),
        ("Nothing: x", "", "unknown field 'Nothing'"),
        ("CommandLine|re: '(a+)+\\1'", "", "back-references"),
        ("CommandLine: !!python/object/apply:os.system [id]", "", "YAML tag"),
        ("CommandLine: [&a x, *a]", "", "alias"),
        ("CommandLine: x", _COUNTS.replace("RULE", "gone"), "no rule 'gone'"),
        ("CommandLine: x", _COUNTS.replace("RULE", "c"), "'c'"),
        ("CommandLine: x", "---" + _TWIN, "is already the id"),
    ],
)
def test_a_bad_rule_is_named_with_file_and_line_and_the_rest_is_exported(
    detection: str, more: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _rule(tmp_path / "own", detection=detection, more=more)
    asked = ["rules", "export", "--to", "splunk", "--rules", str(folder), "--out", str(tmp_path / "out")]
    assert main(asked) == Exit.DONE
    told = capsys.readouterr().err
    assert said in told, told
    assert f"{folder}/process_creation_evil.yml:" in told
    assert (tmp_path / "out" / "mass_copy.spl").exists()
    assert main([*asked, "--strict"]) == Exit.INCOMPLETE


def test_a_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    folder = _rule(tmp_path / "own", name="../../../evil")
    out = tmp_path / "deep" / "out"
    assert main(["rules", "export", "--to", "panther", "--rules", str(folder), "--out", str(out)]) == Exit.DONE
    assert (out / "evil.py").exists()
    assert not list(tmp_path.glob("evil*"))


def test_names_that_occur_twice_do_not_overwrite_each_other(tmp_path: Path) -> None:
    own = _rule(tmp_path / "own", name="a b")
    (own / "process_creation_other.yml").write_text(
        RULE.format(name="a-b", detection="CommandLine: y").replace("000000000001", "000000000009")
    )
    assert main(["rules", "export", "--to", "splunk", "--rules", str(own), "--out", str(tmp_path / "out")]) == Exit.DONE
    assert len(list((tmp_path / "out").glob("a_b*.spl"))) == 2


def test_keywords_are_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "process_creation_words.yml").write_text(
        RULE.replace("  selection:\n    {detection}", "  selection: [evil, words]").format(name="words")
    )
    asked = ["rules", "export", "--to", "splunk", "--rules", str(folder), "--rule", "words"]
    assert main(asked) == Exit.DONE
    assert "keywords without a field" in capsys.readouterr().err


def test_help_lists_targets_and_forms(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "export", "--to", "help"]) == Exit.DONE
    printed = capsys.readouterr().out
    assert all(name in printed and all(form in printed for form in target(name).FORMS) for name in target_names())
