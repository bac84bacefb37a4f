"""Rule files of every kind of wrong: each gives an error with file and line, the others still run."""

import subprocess
import sys
from pathlib import Path

import pytest

from stashlight.errors import InputError
from stashlight.findings.load import load
from stashlight.findings.rule import RuleSet

GOOD = """title: Good
id: 11111111-1111-4111-8111-111111111111
name: good
logsource: {category: file_event, product: windows}
detection:
  sel: {TargetFilename|contains: x}
  condition: sel
tags: [attack.t1074.001]
stashlight: {rung: stage, weight: 3, analytics: [AN0724], misses: much}
tests: {match: [{TargetFilename: x}], ignore: [{TargetFilename: y}]}
"""
CORRELATION = """title: Many
id: 11111111-1111-4111-8111-111111111112
correlation: {type: event_count, rules: [good], group-by: [Computer], timespan: 5m, condition: {gte: 3}}
"""
FILTER = """title: Not these
id: 11111111-1111-4111-8111-111111111113
logsource: {category: file_event, product: windows}
filter: {rules: [good], sel: {Image|endswith: '\\ok.exe'}, condition: not sel}
"""


def _load(folder: Path, *documents: str) -> RuleSet:
    (folder / "r.yml").write_text("---\n".join(documents), encoding="utf-8")
    return load([folder], keep=False)


def test_a_rule_keeps_what_its_file_says(tmp_path: Path) -> None:
    rules = _load(tmp_path, GOOD)
    (rule,) = rules.rules
    assert rules.errors == ()
    assert (rule.name, rule.techniques, rule.kinds) == ("good", ("T1074.001",), ("file_create",))
    assert (rule.note.rung, rule.note.weight, rule.note.analytics, rule.note.misses) == (
        "stage",
        3,
        ("AN0724",),
        "much",
    )
    assert rule.match == ({"TargetFilename": "x"},)
    assert rule.text == GOOD
    assert rules.kinds == {"file_create"}


def test_a_rule_used_by_a_correlation_only_is_a_building_block(tmp_path: Path) -> None:
    rules = _load(tmp_path, CORRELATION, GOOD)
    assert [(r.title, r.reports) for r in rules.rules] == [("Good", False), ("Many", True)]
    loud = CORRELATION.replace("timespan", "generate: true, timespan")
    assert all(r.reports for r in _load(tmp_path, loud, GOOD).rules)


def test_a_filter_narrows_the_rules_it_names(tmp_path: Path) -> None:
    rules = _load(tmp_path, FILTER, GOOD)
    assert rules["11111111-1111-4111-8111-111111111111"].filters == ("11111111-1111-4111-8111-111111111113",)
    assert r"NOT (COALESCE(ENDS_WITH(process_path_lc, '\ok.exe'), FALSE))" in rules.rules[0].condition
    assert "ok.exe" in _load(tmp_path, FILTER.replace("[good]", "any"), GOOD).rules[0].condition
    other = FILTER.replace("[good]", "any").replace("file_event", "process_creation")
    assert "ok.exe" not in _load(tmp_path, other, GOOD).rules[0].condition


WRONG = {
    "no yaml": ("title: [", 1, "not valid YAML"),
    "tag": ("title: !!python/object:os.system x\n", 1, "tag"),
    "alias": ("title: x\na: &a [1]\nb: *a\n", 2, "aliases"),
    "bomb": ("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\ntitle: [*c,*c]\n", 1, "aliases"),
    "twice": ("title: x\ntitle: y\n", 2, "twice"),
    "list": ("- a\n", 1, "mapping"),
    "deep": ("title: " + "[" * 60 + "]" * 60, 1, "deep"),
    "very deep": ("title: " + "[" * 20000, 1, "YAML"),
    "large": ("title: " + "x" * 1_100_000, 1, "larger"),
    "no title": (GOOD.replace("title: Good", "titel: Good"), 1, "no title"),
    "field": (GOOD.replace("TargetFilename|contains", "Target"), 6, "unknown field 'Target'"),
    "category": (GOOD.replace("file_event", "image_load"), 4, "unsupported logsource category 'image_load'"),
    "product": (GOOD.replace("windows", "aws"), 4, "unsupported logsource product 'aws'"),
    "no logsource": (GOOD.replace("logsource", "source"), 1, "logsource"),
    "no detection": (GOOD.replace("detection:", "detections:"), 1, "detection"),
    "rung": (GOOD.replace("stage,", "fly,"), 9, "rung"),
    "weight": (GOOD.replace("weight: 3", "weight: much"), 9, "weight"),
    "key": (GOOD.replace("misses:", "mises:"), 9, "unknown key 'mises'"),
    "cases": (GOOD.replace("[{TargetFilename: x}]", "x"), 10, "tests.match"),
    "action": ("action: global\ntitle: x\n", 1, "action"),
    "twin ids": (GOOD + "---\n" + GOOD.replace("name: good", "name: other"), 13, "already"),
    "timeframe": (GOOD.replace("  condition", "  timeframe: 5m\n  condition"), 7, "correlation"),
    "reference": (CORRELATION, 3, "no rule 'good'"),
    "chain": (GOOD + "---\n" + CORRELATION.replace("title: Many", "title: Many\nname: many") + "---\n"
              + CORRELATION.replace("[good]", "[many]").replace("112", "119"), 19, "only rules on events"),
    "itself": (CORRELATION.replace("[good]", "[11111111-1111-4111-8111-111111111112]"), 3, "only rules on events"),
    "type": (GOOD + "---\n" + CORRELATION.replace("event_count", "value_percentile"), 14, "value_percentile"),
    "timespan": (GOOD + "---\n" + CORRELATION.replace("5m", "5 minutes"), 14, "timespan"),
    "condition": (GOOD + "---\n" + CORRELATION.replace("gte: 3", "gte: 3, lt: 9"), 14, "exactly one"),
    "group": (GOOD + "---\n" + CORRELATION.replace("Computer", "Nobody"), 14, "unknown field 'Nobody'"),
    "field of a count": (GOOD + "---\n" + CORRELATION.replace("gte: 3", "gte: 3, field: User"), 14, "takes no"),
    "filter of nobody": (FILTER, 4, "no rule 'good'"),
    "filter elsewhere": (GOOD + "---\n" + FILTER.replace("file_event", "process_creation"), 14, "differs"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_rule_is_named_and_the_rest_goes_on(case: str, tmp_path: Path) -> None:
    text, line, why = WRONG[case]
    (tmp_path / "a_wrong.yml").write_text(text, encoding="utf-8")
    (tmp_path / "b_good.yml").write_text(
        GOOD.replace("4111", "4222").replace("name: good", "name: other"), encoding="utf-8"
    )
    rules = load([tmp_path], keep=False)
    assert [e for e in rules.errors if why in e.reason and e.line == line and e.file.endswith("a_wrong.yml")], (
        rules.errors
    )
    assert any(r.file.endswith("b_good.yml") for r in rules.rules)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "r.yml").write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in load([tmp_path], keep=False).errors[0].reason


def test_a_missing_path_stops(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        load([tmp_path / "nowhere"])


def test_unchanged_rules_are_kept_and_read_back_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STASHLIGHT_CACHE", str(tmp_path / "cache"))
    first = load()
    again = load()
    assert (first.cached, again.cached) == (False, True)
    assert (again.rules, again.filters) == (first.rules, first.filters)


def test_a_damaged_or_missing_copy_only_costs_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("STASHLIGHT_CACHE", str(cache))
    wanted = load().rules
    for damage in (b"", b"{}", b"[]", b'{"rules": [{"id": 1}], "filters": [], "errors": []}', b"\xff"):
        for file in cache.iterdir():
            file.write_bytes(damage)
        assert load().rules == wanted
    monkeypatch.setenv("STASHLIGHT_CACHE", str(tmp_path / "cache" / next(cache.iterdir()).name))
    assert load().rules == wanted
    monkeypatch.setenv("STASHLIGHT_CACHE", "off")
    assert not load().cached


def test_a_changed_rule_is_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STASHLIGHT_CACHE", str(tmp_path / "cache"))
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "r.yml").write_text(GOOD, encoding="utf-8")
    load([rules])
    (rules / "r.yml").write_text(GOOD.replace("contains: x", "contains: z"), encoding="utf-8")
    assert "'z'" in load([rules]).rules[0].condition


def test_a_start_with_kept_rules_imports_neither_pysigma_nor_sqlglot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a second that every start would pay."""
    monkeypatch.setenv("STASHLIGHT_CACHE", str(tmp_path))
    load()
    code = (
        "import sys; from stashlight.findings.load import load; assert load().cached;"
        "print(*{'sigma', 'sqlglot', 'yaml'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
