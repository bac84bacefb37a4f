"""The columns that this stage says it asks of are those that its statements name, no more and no fewer."""

import ast
import re
from pathlib import Path

from stashlight import incidents
from stashlight.engines.duckdb import Engine
from stashlight.events.loading import load
from stashlight.events.schema import KEYS, names
from stashlight.findings.load import SHIPPED
from stashlight.findings.load import load as load_rules
from stashlight.findings.match import match
from stashlight.findings.needed import needed
from stashlight.incidents.columns import ASKED
from stashlight.incidents.correlate import correlate
from stashlight.incidents.readiness import SOURCES, readiness

_FOLDER = Path(incidents.__file__).parent
_SQL = re.compile(r"\b(?:SELECT|FROM|WHERE|AND|JOIN|NULL)\b")
_SAMPLES = Path(__file__).parents[2] / "samples"

# Names that statements give to columns of their own, or to tables, and that events have as well.
_OF_OTHERS = {"share_name", "share_path"}


def _statements() -> str:
    texts = [file.read_text(encoding="utf-8") for file in sorted((_FOLDER / "sql").glob("*.sql"))]
    for file in sorted(_FOLDER.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        found = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        texts += [text for text in found if _SQL.search(text)]
    return "\n".join(texts)


def test_every_column_that_a_statement_names_is_asked_of() -> None:
    named = set(re.findall(r"\b[a-z_0-9]+\b", _statements())).intersection(names())
    named |= {field for source in SOURCES for field in source.fields} | KEYS
    assert named - ASKED - _OF_OTHERS == set()


def test_no_column_is_asked_of_that_no_statement_names() -> None:
    # Names of hosts and accounts are looked up by a statement that is put together (`describe`).
    named = set(re.findall(r"\b[a-z_0-9]+\b", _statements())) | {"host", "account"}
    assert ASKED - KEYS - named - {field for source in SOURCES for field in source.fields} == set()


def test_incidents_are_the_same_without_the_other_columns() -> None:
    rules = load_rules([SHIPPED])
    found: list[tuple[object, object]] = []
    for wish in (needed(rules), needed(rules, ASKED)):
        with Engine(columns=wish.columns) as engine:
            load([str(_SAMPLES)], engine, needed=wish)
            match(engine, rules)
            found.append((correlate(engine, rules), readiness(engine, {})))
    assert found[0] == found[1]
    assert found[0][0]
