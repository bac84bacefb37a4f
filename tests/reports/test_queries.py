"""Queries for pasting ask what they should, and no name from the logs can become a part of them."""

import json
import re
import subprocess
from pathlib import Path

import duckdb
import duckdb_kql
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stashlight.events.schema import ARROW, fold
from stashlight.incidents.document_json import from_json
from stashlight.reports import quoting
from stashlight.reports.queries import QUESTIONS, Dialect, ask, dialects
from stashlight.reports.subject import Subject, subject_of

RESULTS = Path(__file__).parents[1] / "outputs" / "results"
HOSTILE = [
    "O'Brien",
    "'; DROP TABLE events; --",
    '" or true | where "',
    "a`macro`b",
    "x\\",
    "\\\\srv\\c$\\",
    "/.*/ or true",
    "<script>alert(1)</script>",
    "](javascript:alert(1))",
    "=cmd|'/c calc'!A0",
    "\u202egnp.exe",
    "a\r\nb",
    "$(whoami)",
    "‘x’",
    "🗂 顧客",
    "{{7*7}} %s ${x}",
    "*",
]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(HOSTILE)


def _subject(value: str) -> Subject:
    return Subject(value, value, value + "\\", (), True, None, None, None)


@settings(max_examples=60, deadline=None)
@given(texts)
def test_sql_string_is_the_value(value: str) -> None:
    value = value.replace("\0", "")  # the engine's own limit
    with duckdb.connect() as engine:
        assert engine.execute(f"SELECT {quoting.sql(value)}").fetchone() == (value,)


@settings(max_examples=60, deadline=None)
@given(texts)
def test_shell_word_is_the_value(value: str) -> None:
    value = value.replace("\0", "")
    run = subprocess.run(["bash", "-c", f"printf %s {quoting.posix(value)}"], capture_output=True, check=True)
    assert run.stdout.decode() == value


@given(texts)
def test_json_string_is_the_value(value: str) -> None:
    assert json.loads(quoting.json_text(value)) == value
    assert quoting.json_text(value).isascii()


@given(texts)
def test_no_literal_holds_what_cannot_be_seen(value: str) -> None:
    for literal in (
        quoting.sql,
        quoting.kql,
        quoting.spl,
        quoting.regex,
        quoting.powershell,
        quoting.posix,
        quoting.odata,
    ):
        assert literal(value).isprintable(), literal


@pytest.mark.parametrize("value", HOSTILE)
def test_kusto_reads_the_string_as_the_value(value: str) -> None:
    """Plain strings are run by an independent implementation; codes of odd characters are not known to it."""
    literal = quoting.kql(value)
    if literal.startswith("strcat("):
        pytest.skip("the implementation at hand has no unicode_codepoints_to_string")
    with duckdb.connect() as engine:
        assert engine.execute(duckdb_kql.to_sql(f"print x = {literal}")).fetchall() == [(value,)]


@pytest.mark.parametrize("value", HOSTILE)
def test_splunk_string_has_no_open_end(value: str) -> None:
    """Between its quotes stand only escaped quotes and backslashes, and no backtick, which would be a macro."""
    literal = quoting.spl(value)
    assert "`" not in literal
    assert re.fullmatch(r'(?:(?:"(?:[^"\\]|\\["\\])*"|urldecode\("[%0-9A-Fa-z-]*"\))(?:\.|\Z))+', literal), literal


@pytest.mark.parametrize("value", HOSTILE)
def test_pattern_matches_the_value_alone(value: str) -> None:
    literal = quoting.regex(value)
    assert "/" not in literal
    python = re.sub(r"\\x\{([0-9A-F]+)\}", lambda code: re.escape(chr(int(code[1], 16))), literal)
    assert re.fullmatch(python, value)
    assert not re.fullmatch(python, value + "x")


@pytest.mark.parametrize("value", HOSTILE)
def test_stashlight_query_finds_the_event_and_nothing_else(value: str, tmp_path: Path) -> None:
    """Every SQL question runs on the real schema, whatever the names are."""
    subject = _subject(value)
    mine = {
        "host_key": fold(value),
        "account_key": fold(value),
        "file_path": value + "\\a",
        "file_path_lc": fold(value) + "\\a",
    }
    rows = [
        {"event_key": "1", "ts_us": 1, **mine},
        {"event_key": "2", "ts_us": 1, "host_key": "x", "account_key": "x", "file_path_lc": "x"},
    ]
    kinds = ["file_create", "process_start", "logon", "network_connect", "file_delete"]
    table = pa.Table.from_pylist([row | {"kind": kind} for row in rows for kind in kinds], schema=ARROW)
    with duckdb.connect() as engine:
        engine.register("events", table)
        for question in QUESTIONS:
            query = next(text for _, language, text in ask(question, subject) if language == "sql")
            found = engine.execute(query.replace("'events.parquet'", "events", 1)).fetchall()
            assert {row[-1] for row in found} == (set() if question.endswith("elsewhere") else {"1"}), question


@pytest.mark.parametrize("dialect", dialects(), ids=lambda each: each.LANGUAGE)
def test_dialect_asks_every_question_and_skips_what_it_cannot(dialect: Dialect) -> None:
    case = from_json((RESULTS / "case.json").read_bytes())
    subject = subject_of(case.incidents[0])
    nobody = Subject(None, None, None, (), True, None, None, None)
    for question in QUESTIONS:
        query = dialect.query(question, subject)
        assert query
        assert query.isascii() or "–" not in query
        assert dialect.query(question, nobody) is None


@pytest.mark.parametrize("question", QUESTIONS)
def test_kusto_query_parses(question: str) -> None:
    case = from_json((RESULTS / "case.json").read_bytes())
    query = next(text for _, language, text in ask(question, subject_of(case.incidents[0])) if language == "kusto")
    duckdb_kql.parse(query)
