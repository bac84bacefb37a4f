"""What every output owes: it renders any document, and nothing that a stranger wrote can act on the reader."""

import csv
import io
import os
import re
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stashlight.incidents.document import SEVERITIES, Document, Incident
from stashlight.incidents.document_json import from_json, to_json
from stashlight.outputs import Output, deliver, output, output_names, output_of
from stashlight.terminal import PIPE, Page, cells

HERE = Path(__file__).parent
RESULTS = sorted((HERE / "results").glob("*.json"))
REFRESH = "REFRESH=1 just test tests/outputs"

# What moves a cursor, starts an escape sequence or turns text round, on any terminal.
DECEIVING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

texts = st.text(st.characters(), max_size=40) | st.sampled_from(
    ["=1+1", "\x1b[2J", "a\u202eb", "\udcff", "C:\\x\r\n", "@x"]
)
levels = st.sampled_from(SEVERITIES)
incidents = st.builds(
    Incident,
    severity=levels,
    title=texts,
    hosts=st.lists(texts, max_size=9).map(tuple),
    places=st.lists(texts, max_size=9).map(tuple),
)
documents = st.builds(Document, schema=st.just("stashlight/1"), incidents=st.lists(incidents, max_size=3).map(tuple))


def _rendered(name: str, document: Document, page: Page = PIPE) -> str:
    return "".join(output(name).render(document, page))


@pytest.mark.parametrize("name", output_names())
@pytest.mark.parametrize("result", RESULTS, ids=lambda path: path.stem)
def test_output_stays_as_it_is(name: str, result: Path) -> None:
    """A changed output shows as a diff that a person reads."""
    golden = HERE / "golden" / f"{result.stem}{output(name).SUFFIX}"
    rendered = _rendered(name, from_json(result.read_bytes())).encode()
    if os.environ.get("REFRESH"):
        golden.write_bytes(rendered)
    assert rendered.decode() == golden.read_bytes().decode(), f"if that is meant: {REFRESH}"


@pytest.mark.parametrize("name", output_names())
def test_output_module_fits_the_protocol(name: str) -> None:
    module: Output = output(name)
    assert re.fullmatch(r"(\.[a-z]+){1,3}", module.SUFFIX)
    assert module.__doc__
    assert output_of(f"result{module.SUFFIX}") == name


@settings(max_examples=60, deadline=None)
@given(documents, st.sampled_from(output_names()))
def test_no_output_carries_what_deceives(document: Document, name: str) -> None:
    """Logs are written by strangers, also by those that we look for."""
    rendered = _rendered(name, document).replace("\r\n", "\n")
    assert not DECEIVING.search(rendered)


@settings(max_examples=60, deadline=None)
@given(documents, st.integers(60, 120))
def test_text_keeps_within_the_width(document: Document, width: int) -> None:
    for line in _rendered("text", document, Page(width)).splitlines():
        assert cells(line) <= width


@settings(max_examples=60, deadline=None)
@given(documents)
def test_no_cell_of_a_table_is_a_formula(document: Document) -> None:
    rows = list(csv.reader(io.StringIO(_rendered("csv", document), newline="")))
    assert len(rows) == 1 + len(document.incidents)
    assert {len(row) for row in rows} == {len(rows[0])}
    numbers = {"score", "files", "bytes"}
    for row in rows[1:]:
        cells_of_text = [cell for column, cell in zip(rows[0], row, strict=True) if column not in numbers]
        assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) for cell in cells_of_text)


def test_json_lines_hold_the_incidents_of_the_document() -> None:
    document = from_json((HERE / "results" / "case.json").read_bytes())
    lines = _rendered("jsonl", document).splitlines()
    assert [orjson.loads(line) for line in lines] == orjson.loads(to_json(document))["incidents"]


def test_colour_only_where_the_page_has_it() -> None:
    document = from_json((HERE / "results" / "case.json").read_bytes())
    coloured = _rendered("text", document, Page(80, colour=True))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == _rendered("text", document)


def test_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    """A half-written result would be taken for a whole one."""
    target = tmp_path / "result.txt"
    target.write_text("before")

    def broken():  # noqa: ANN202 - a generator that fails half way
        yield "half"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        deliver(broken(), str(target))
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]
    deliver(["after\n", "\udcff"], str(target))
    assert target.read_bytes() == b"after\n\\udcff"
