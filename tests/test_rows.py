"""Tables of rows come out whole in every form."""

import csv
import io
from datetime import UTC, datetime

import orjson
import pyarrow as pa
import pytest

from stashlight.rows import FORMS, rows
from stashlight.terminal import PIPE

SCHEMA = pa.schema(
    [
        pa.field("_messageTime", pa.timestamp("us", tz="UTC")),
        pa.field("User", pa.string()),
        pa.field("command_line", pa.string()),
        pa.field("staging_score", pa.int64()),
    ]
)
TABLE = pa.Table.from_pylist(
    [
        {
            "_messageTime": datetime(2026, 3, 2, 19, 2, 11, 250_000, UTC),
            "User": "LINDEN\\mwirth",
            "command_line": "=1+1\x1b[2J",
            "staging_score": 3,
        },
        {"_messageTime": None, "User": None, "command_line": "plain", "staging_score": 1},
    ],
    schema=SCHEMA,
)
EMPTY = TABLE.slice(0, 0)


def _rendered(form: str, table: pa.Table = TABLE) -> str:
    return "".join(rows(table, form, PIPE))


def test_json_and_json_lines_hold_the_values() -> None:
    values = orjson.loads(_rendered("json"))
    assert values == [orjson.loads(line) for line in _rendered("jsonl").splitlines()]
    assert values[0]["_messageTime"] == "2026-03-02T19:02:11.250000Z"
    assert values[1]["User"] is None


def test_csv_is_safe_in_a_spreadsheet() -> None:
    parsed = list(csv.reader(io.StringIO(_rendered("csv"), newline="")))
    assert parsed[0] == TABLE.column_names
    assert parsed[1][2] == "'=1+1<U+001B>[2J"
    assert parsed[2][:2] == ["", ""]


def test_text_leaves_out_what_is_unknown() -> None:
    assert "<U+001B>[2J" in _rendered("text")
    assert _rendered("text").count("User") == 1


@pytest.mark.parametrize("form", FORMS)
def test_empty_table_is_no_error(form: str) -> None:
    assert len(_rendered(form, EMPTY)) < 60
