"""`stashlight rules` with what people bring: bad rules named by file and line, rules of others counted, new ones begun."""

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from stashlight.cli import Exit, main
from stashlight.engines.duckdb import Engine
from stashlight.findings.load import SHIPPED, load
from stashlight.findings.testing import add_cases

_GOOD = """title: Good
id: 11111111-2222-4333-8444-555555555555
name: good
logsource: {category: process_creation, product: windows}
detection:
  selection:
    CommandLine|contains: 'copy'
  condition: selection
"""
_CORRELATION = """title: {title}
name: {name}
correlation:
  type: event_count
  rules: [{rules}]
  group-by: [Computer]
  timespan: 5m
  condition: {{gte: 3}}
"""

_BAD: dict[str, tuple[str, str]] = {
    "unknown modifier": (_GOOD.replace("|contains", "|contians"), ":7: CommandLine|contians: Unknown modifier"),
    "unknown field": (_GOOD.replace("CommandLine", "CommandLane"), ":7: unknown field 'CommandLane'"),
    "unknown detection": (_GOOD.replace("condition: selection", "condition: selektion"), ":8: condition: no detection"),
    "selector of nothing": (
        _GOOD.replace("condition: selection", "condition: 1 of filter_*"),
        ":8: condition: 'filter_*'",
    ),
    "missing rule": (_CORRELATION.format(title="C", name="c", rules="nosuch"), ":5: no rule 'nosuch'"),
    "cycle": (
        "---\n".join(_CORRELATION.format(title=n, name=n, rules=o) for n, o in (("one", "two"), ("two", "one"))),
        ":5: 'two' is a correlation: only rules on events can be correlated",
    ),
    "itself": (_CORRELATION.format(title="me", name="me", rules="me"), ":5: 'me' is a correlation"),
    "filter on nothing": (
        "title: F\nlogsource: {category: process_creation}\nfilter: {rules: [nosuch], s: {CommandLine: a}, condition: not s}\n",
        ":3: no rule 'nosuch'",
    ),
    "duplicate id": (
        f"{_GOOD}---\n{_GOOD.replace('name: good', 'name: other')}",
        "is already the id or name of a rule in",
    ),
    "duplicate key": (_GOOD.replace("logsource:", "title: Again\nlogsource:"), ":4: key 'title' twice"),
    "tag": (_GOOD.replace("'copy'", "!!python/object/apply:os.system ['id']"), ":7: YAML tag"),
    "alias": (_GOOD.replace("'copy'", "&a copy").replace("condition: selection", "condition: *a"), ":7: YAML anchors"),
    "bomb": ("a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\ntitle: T\n", ":1: YAML anchors"),
    "nesting": ("title: T\nx: " + "[" * 400 + "]" * 400 + "\n", "nested too deeply"),
    "not YAML": ("title: [unclosed\n", ":2: not valid YAML"),
    "not a mapping": ("- a\n- b\n", ":1: a rule must be a mapping"),
    "look-around": (_GOOD.replace("|contains: 'copy'", "|re: '(?=a)b'"), ":7: CommandLine|re:"),
    "back-reference": (_GOOD.replace("|contains: 'copy'", r"|re: '(a)\1'"), ":7: CommandLine|re:"),
    "huge repeat": (_GOOD.replace("|contains: 'copy'", "|re: '(a{1000}){1000}'"), ":7: CommandLine|re:"),
    "not a regular expression": (_GOOD.replace("|contains: 'copy'", "|re: '(a'"), ":7: CommandLine|re:"),
    "unknown rung": (f"{_GOOD}stashlight: {{rung: escalate}}\n", ":9: rung must be one of"),
    "unknown category": (
        _GOOD.replace("process_creation", "dns_query"),
        ":4: unsupported logsource category 'dns_query'",
    ),
}


@pytest.mark.parametrize("verb", ["lint", "list"])
@pytest.mark.parametrize("case", _BAD)
def test_a_bad_rule_is_named_with_file_and_line(
    case: str, verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of it is used, and the whole rule beside it is."""
    text, said = _BAD[case]
    bad = tmp_path / "bad.yml"
    bad.write_text(text, "utf-8")
    (tmp_path / "whole.yml").write_text(
        _GOOD.replace("Good", "Whole").replace("11111111", "99999999").replace("good", "whole")
    )
    assert main(["rules", verb, str(tmp_path)]) == Exit.FOUND
    told = capsys.readouterr()
    assert f"{bad}" in told.err
    assert said in told.err
    titles = {rule.title for rule in load([tmp_path], keep=False).rules}
    assert titles == ({"Whole", "Good"} if case == "duplicate id" else {"Whole"})


def test_what_refers_to_a_shipped_rule_is_looked_at_beside_it(tmp_path: Path) -> None:
    text = (SHIPPED / "filters/file_event_print_spooler.yml").read_text("utf-8")
    own = re.sub(r"(?m)^id: .*$", "id: 7d1f6a55-5c0f-4f52-9a0e-9d2f8c7b1e31", text)
    (tmp_path / "filters").mkdir()
    path = tmp_path / "filters/file_event_print_spooler.yml"
    path.write_text(own, "utf-8")
    for verb in ("test", "list"):
        assert main(["rules", verb, str(path)]) == Exit.DONE
        assert main(["rules", verb, str(SHIPPED / "filters")]) == Exit.DONE


def test_a_rule_too_large_to_be_one_is_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "large.yml").write_bytes(b"title: x\n" + b"# padding\n" * 200_000)
    assert main(["rules", "lint", str(tmp_path)]) == Exit.FOUND
    assert "large.yml:1: larger than" in capsys.readouterr().err


def test_a_regular_expression_that_would_run_forever_elsewhere_does_not_here(tmp_path: Path) -> None:
    """Expressions run on RE2, in time linear in the text: this one takes others longer than anybody waits."""
    text = _GOOD.replace("|contains: 'copy'", "|re: '^(a+)+$'")
    (tmp_path / "slow.yml").write_text(text, "utf-8")
    rules = load([tmp_path], keep=False)
    assert rules.errors == ()
    with Engine(threads=1) as engine:
        add_cases(engine, rules.rules[0], [{"Image": "C:\\a.exe", "CommandLine": "a" * 30_000 + "!"}])
        began = time.monotonic()
        assert engine.rows(f"SELECT event_key FROM events WHERE {rules.rules[0].condition}") == []
        assert time.monotonic() - began < 5


def test_summary_counts_what_runs_and_why_the_rest_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder, name, text in (
        ("process", "a.yml", _GOOD),
        (
            "process",
            "b.yml",
            _GOOD.replace("CommandLine", "CommandLane").replace("11111111", "22222222").replace("good", "b"),
        ),
        ("dns", "c.yml", _GOOD.replace("process_creation", "dns_query")),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text(text, "utf-8")
    assert main(["rules", "lint", "--summary", str(tmp_path)]) == Exit.FOUND
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["0", "of", "1", "0.0%", str(tmp_path / "dns")],
        ["1", "of", "2", "50.0%", str(tmp_path / "process")],
        ["1", "of", "3", "33.3%", "all"],
    ]
    assert lines[3:] == [
        "refused      1  unknown field 'CommandLane'",
        "refused      1  unsupported logsource category 'dns_query'",
    ]


def test_a_new_rule_has_only_words_left_to_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "windows/process_creation_odd_archiver"
    arguments = ["rules", "new", name, "--to", str(tmp_path), "--technique", "T1560.001", "--rung", "pack"]
    assert main(arguments) == Exit.DONE
    path = tmp_path / f"{name}.yml"
    assert capsys.readouterr().out == f"{path}\n"
    assert main(["rules", "lint", str(tmp_path)]) == Exit.FOUND
    complaints = capsys.readouterr().out.splitlines()
    assert [": filled: " in line for line in complaints] == [True]
    path.write_text(path.read_text("utf-8").replace("FILL IN", "oddpack"), "utf-8")
    assert main(["rules", "lint", str(tmp_path)]) == Exit.DONE
    assert main(["rules", "test", str(tmp_path)]) == Exit.DONE
    assert main(arguments) == Exit.REFUSED
    assert "left as it is" in capsys.readouterr().err


@pytest.mark.parametrize("category", ["process_creation", "file_event", "network_connection", "ps_script", "ps_module"])
@pytest.mark.parametrize("product", ["windows", "linux", "macos"])
def test_every_new_rule_runs_from_the_start(product: str, category: str, tmp_path: Path) -> None:
    """Of Macs, and of PowerShell on others than Windows, the cases would need words that no scaffold knows."""
    assert main(["rules", "new", f"{product}/{category}_odd_thing", "--to", str(tmp_path)]) == Exit.DONE
    assert load([tmp_path], keep=False).errors == ()
    if product == "windows" or (product == "linux" and not category.startswith("ps_")):
        assert main(["rules", "test", str(tmp_path)]) == Exit.DONE


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["odd"], "name it PRODUCT/CATEGORY_what"),
        (["windows/dns_query_odd"], "name it PRODUCT/CATEGORY_what"),
        (["windows/file_event_odd", "--rung", "climb"], "rung must be one of"),
        ([], "say NAME of one rule, or --repository DIR"),
    ],
)
def test_a_new_rule_of_no_form_is_refused(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rules", "new", *arguments, "--to", str(tmp_path)]) == Exit.REFUSED
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("detections")
    assert main(["rules", "new", "--repository", str(folder)]) == Exit.DONE
    return folder


def _commands(repository: Path) -> list[str]:
    workflow: Any = yaml.safe_load((repository / ".github/workflows/detections.yml").read_text("utf-8"))
    steps = cast("list[dict[str, str]]", workflow["jobs"]["validate"]["steps"])
    hooks: Any = yaml.safe_load((repository / ".pre-commit-config.yaml").read_text("utf-8"))
    entries = [hook["entry"] for repo in hooks["repos"] for hook in repo["hooks"]]
    return [*(step["run"] for step in steps if step.get("run", "").startswith("stashlight ")), *entries]


def test_repository_is_green_and_its_own_commands_say_so(repository: Path) -> None:
    """What its workflow and its hooks would run is run here, in its folder, as its users would."""
    commands = _commands(repository)
    assert [command.split()[1] for command in commands] == ["rules", "rules", "validate", "validate", "rules", "rules"]
    for command in dict.fromkeys(commands):
        done = subprocess.run(
            [sys.executable, "-m", *command.split()], cwd=repository, check=False, capture_output=True
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert "tape_export" in (repository / "validation.xml").read_text("utf-8")
    assert "untold" not in (repository / "validation.md").read_text("utf-8").lower()


def test_repository_turns_red_when_its_rule_is_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "new", "--repository", str(tmp_path)]) == Exit.DONE
    rule = tmp_path / "rules/windows/process_creation_tape_export.yml"
    rule.write_text(
        rule.read_text("utf-8").replace("OriginalFileName: 'tapectl.exe'", "OriginalFileName: 'tapctl.exe'", 1)
    )
    assert main(["rules", "test", str(tmp_path / "rules")]) == Exit.FOUND
    own = ["--rules", str(tmp_path / "rules"), "--procedures", str(tmp_path / "procedures")]
    assert main(["validate", "tape_export", *own, "--shape", "defender"]) == Exit.FOUND
    assert "windows/process_creation_tape_export: is silent" in capsys.readouterr().out
    assert main(["rules", "new", "--repository", str(tmp_path)]) == Exit.REFUSED
    assert "nothing was written" in capsys.readouterr().err
