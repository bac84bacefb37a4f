"""The docs are true: what is generated is fresh, what is shown runs, what can be said is said."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from stashlight.cli import Exit, command_line, main
from stashlight.outputs import output_names
from stashlight.plugins import plugin_names

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
GENERATED = [page for page in PAGES if "[[[cog" in page.read_text("utf-8")]

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def _id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _commands(language: str) -> list[tuple[str, str]]:
    """Give (page, command line) of every line in a block of that language that calls stashlight."""
    found: list[tuple[str, str]] = []
    for page in PAGES:
        for match in BLOCK.finditer(page.read_text("utf-8")):
            lines = str(match[2]).splitlines() if match[1] == language else []
            prompts = [line.removeprefix("$ ") for line in lines if language == "sh" or line.startswith("$ ")]
            found += [
                (_id(page), line) for line in prompts if line.startswith(("stashlight ", ".venv/bin/stashlight "))
            ]
    return found


@pytest.mark.parametrize("page", GENERATED, ids=_id)
def test_generated_parts_are_fresh(page: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", "-I", "docs", str(page)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"{_id(page)} is stale: just docs\n{run.stdout}{run.stderr}"


def test_generated_pages_are_those_that_just_refreshes() -> None:
    refreshed = re.findall(r'generated := "([^"]*)"', (ROOT / "justfile").read_text())[0].split()
    assert sorted(refreshed) == sorted(_id(page) for page in GENERATED)


def test_published_schema_is_fresh() -> None:
    run = subprocess.run([sys.executable, "docs/generated.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == (ROOT / "docs/reference/result.schema.json").read_text("utf-8"), "stale: just docs"


@pytest.mark.parametrize("page", dict.fromkeys(page for page, _ in _commands("console")))
def test_shown_commands_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Blocks of `console` are run; `# exits N` behind a command says what it must exit with.

    A page's commands share a folder: a later one may read what an earlier one wrote.
    """
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    monkeypatch.chdir(tmp_path)
    for line in (line for shown_on, line in _commands("console") if shown_on == page):
        command, _, remark = line.partition("  # exits ")
        assert main(shlex.split(command)[1:]) == int(remark or 0), f"{page}: {line}: {capsys.readouterr().err}"


@pytest.mark.parametrize(("page", "line"), _commands("sh"))
def test_told_command_parses(page: str, line: str) -> None:
    """A block of `sh` needs files of the reader's, so its commands are only parsed."""
    command = re.split(r"\s[|>#]\s?", line)[0]
    assert command_line().parse_args(shlex.split(command)[1:]), page


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_links_lead_somewhere(page: Path) -> None:
    targets = [link for link in LINK.findall(page.read_text("utf-8")) if "://" not in link]
    assert [link for link in targets if not (page.parent / link).exists()] == []


def test_every_exit_code_is_documented() -> None:
    page = (ROOT / "docs/guides/use-in-scripts.md").read_text("utf-8")
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == sorted(Exit)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("docs/reference/formats.md", [*output_names(), *plugin_names("stashlight.decoders.formats")]),
        ("docs/guides/hand-over.md", plugin_names("stashlight.tickets.targets")),
        ("docs/reference/cli.md", [f"stashlight {name}" for name in plugin_names("stashlight.cli")]),
    ],
)
def test_every_plug_in_is_documented(page: str, names: list[str]) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert [name for name in names if f"`{name}`" not in text and f"## {name}\n" not in text] == []


def test_dependencies_are_those_of_the_decision() -> None:
    decided = (ROOT / "docs/decisions/0002-dependencies.md").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = [each for extra in project["project"]["optional-dependencies"].values() for each in extra]
    declared = [*project["project"]["dependencies"], *extras, *project["dependency-groups"]["dev"]]
    assert [name for each in declared if f"`{(name := re.split(r'[^a-z0-9-]', each)[0])}`" not in decided] == []


def test_layers_are_told_as_they_are_checked() -> None:
    """ARCHITECTURE.md shows the contract that import-linter holds."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]
    layers = [layer.replace("|", "·").replace("(", "").replace(")", "") for layer in contract["layers"]]
    assert "```text\n" + "\n".join(layers) + "\n```" in (ROOT / "ARCHITECTURE.md").read_text("utf-8")
