"""What a report tells, of any incident: all of its parts, nothing invented, nothing that acts on the reader."""

import re
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from stashlight.cli import Exit, main
from stashlight.incidents.document import SEVERITIES, Command, Document, Files, Incident, Scanned
from stashlight.incidents.document_json import from_json, to_json
from stashlight.reports.blocks import Blank, Block, Box, Facts, Inline, Items, Section, Table, Text
from stashlight.reports.html.page import IN_FULL, page
from stashlight.reports.markdown import markdown
from stashlight.reports.report import report
from stashlight.reports.sections.alert import alert_id

RESULTS = Path(__file__).parents[1] / "outputs" / "results"
CASE = from_json((RESULTS / "case.json").read_bytes())
EMPTY = Incident(
    id="", title="", severity="info", score=0, confidence="", techniques=(), hosts=(), accounts=(), places=(),
    first_seen="", last_seen="", files=Files(0, None, {}), factors=(), findings=(), evidence=(),
    commands=(Command("", "", None, None, None, None, None, "stage", ""),),
)  # fmt: skip
SEED_SECTIONS = (
    "Initial context", "Technical analysis", "Investigation findings", "Containment actions", "Root cause analysis",
    "Business impact", "Remediation and prevention", "Conclusion",
)  # fmt: skip
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "](javascript:alert(1))",
    "[x](javascript:alert(1))",
    "![x](http://203.0.113.9/x.png)",
    "http://203.0.113.9/ www.example.org <http://203.0.113.9>",
    "a|b`c``d|`",
    "|---|---|",
    "# heading\n\n- item",
    "```\n</code></pre><b>",
    "=cmd|'/c calc'!A0",
    "x\u202egnp.exe\x1b[2J",
    "</style><script>",
    "&lt;b&gt; &amp;",
    "\\|",
    "\udcff",
]
texts = st.text(max_size=30) | st.sampled_from(HOSTILE)
incidents = st.builds(
    Incident,
    id=texts,
    severity=st.sampled_from(SEVERITIES),
    title=texts,
    hosts=st.lists(texts, max_size=3).map(tuple),
    accounts=st.lists(texts, max_size=3).map(tuple),
    places=st.lists(texts, max_size=3).map(tuple),
)


def _document(*found: Incident) -> Document:
    return Document("stashlight/1", "0", Scanned(1, 1, 1, 1, 0, None, None), tuple(found), (), ())


def _hostile(value: str) -> Document:
    """Put a value wherever the logs have a say."""
    return from_json(
        re.sub(
            r'"(title|path|host|account|process|command|parent|reason|summary|file|message)": ?"(?:[^"\\]|\\.)*"',
            lambda found: f'"{found[1]}":{to_json(value)}',
            to_json(CASE),
        )
    )


class Page(HTMLParser):
    """What a browser would make of the page, as far as markup goes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def _blocks(section: Section) -> Iterator[Block]:
    yield from section.blocks
    for part in section.parts:
        yield from _blocks(part)


def _said(block: Block) -> Iterator[Inline]:
    match block:
        case Text():
            yield block.said
        case Facts():
            yield from (said for _, said in block.rows)
        case Items():
            yield from block.items
        case Table():
            yield from (cell for row in block.rows for cell in row)
        case Box():
            for each in block.blocks:
                yield from _said(each)
        case _:
            return


def test_report_has_the_alert_and_the_eight_sections() -> None:
    told = report(CASE.incidents[0], CASE)
    titles = [section.title for section in told.sections]
    assert titles[:2] == ["Alert", "At a glance"]
    analysis = next(section for section in told.sections if section.title == "Incident analysis")
    assert tuple(part.title.partition(" ")[2] for part in analysis.parts) == SEED_SECTIONS
    guide = next(section for section in told.sections if section.title == "Investigation guide")
    assert len(guide.parts) == 7
    playbook = [
        part.title for section in told.sections if section.title == "Response playbook" for part in section.parts
    ]
    order = ["list", "preserve", "isolate", "disable", "quarantine", "delete"]
    assert [word for title in playbook for word in title.lower().split() if word in order] == order


def test_alert_id_leads_back_to_the_incident() -> None:
    incident = replace(CASE.incidents[0], id="SL-117AD6321F")
    assert alert_id(incident) == "SL-DATA-STAGED-1074-117AD6321F"
    assert alert_id(replace(incident, title="other", score=1)) == alert_id(incident)


def test_what_only_people_know_is_a_blank() -> None:
    told = report(CASE.incidents[0], CASE)
    inlines = [said for section in told.sections for block in _blocks(section) for said in _said(block)]
    spans = [span for said in inlines for span in (said if isinstance(said, tuple) else (said,))]
    asked = " ".join(span.ask for span in spans if isinstance(span, Blank))
    for topic in (
        "who was asked",
        "could not work",
        "what let the actor",
        "true positive",
        "can be closed",
        "compromised",
    ):
        assert topic in asked, topic


def test_cited_events_can_be_looked_up() -> None:
    """Every link to an event on the page has its row."""
    html = "".join(page(CASE))
    tags = Page(html).tags
    ids = {attrs["id"] for _, attrs in tags if attrs.get("id")}
    links = {str(attrs["href"])[1:] for tag, attrs in tags if tag == "a"}
    assert links
    assert links <= ids
    assert len([attrs["id"] for _, attrs in tags if attrs.get("id")]) == len(ids), "an id is used twice"


@pytest.mark.parametrize("incident", [EMPTY, replace(CASE.incidents[0], first_seen="", last_seen="no time")])
def test_incident_that_knows_little_is_told_all_the_same(incident: Incident) -> None:
    document = _document(incident)
    assert "To be filled in by the analyst" in "".join(page(document))
    assert "To be filled in by the analyst" in "".join(markdown(document))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(incidents)
def test_any_incident_can_be_told(incident: Incident) -> None:
    document = _document(incident)
    html = "".join(page(document))
    assert {tag for tag, _ in Page(html).tags} <= set(_TAGS)
    assert "".join(markdown(document)).startswith("# Data staging report")


# All that the page is made of; anything else came out of a log.
_TAGS = """a article body button caption code dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 head header
html input label li line link main meta nav ol p pre rect script section span strong style summary svg table tbody td
th thead title tr ul""".split()


@pytest.mark.parametrize("value", HOSTILE)
def test_page_shows_hostile_values_and_obeys_none(value: str) -> None:
    html = "".join(page(_hostile(value)))
    harmless = "".join(page(_hostile("x")))
    tags = Page(html).tags
    assert {tag for tag, _ in tags} <= set(_TAGS)
    assert len([tag for tag, _ in tags if tag == "script"]) == 1
    assert len([tag for tag, _ in tags if tag == "style"]) == 1
    for tag, attrs in tags:
        assert not [name for name in attrs if name.startswith("on") or name == "style"], tag
        for name in ("href", "src", "action"):
            link = attrs.get(name)
            assert link is None or link.startswith("#") or link == "data:,", link
    assert {tag for tag, _ in Page(harmless).tags} == {tag for tag, _ in tags}


@pytest.mark.parametrize("value", HOSTILE)
def test_markdown_shows_hostile_values_and_obeys_none(value: str) -> None:
    """Read by an independent parser, in which HTML is HTML and bare addresses are links."""
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = parser.parse("".join(markdown(_hostile(value))))
    expected = parser.parse("".join(markdown(_hostile("x"))))
    kinds = {child.type for token in tokens for child in token.children or []} | {token.type for token in tokens}
    assert kinds & {"html_block", "html_inline", "link_open", "image", "hr", "blockquote_open", "code_block"} == set()
    assert [token.type for token in tokens if token.type in _SHAPE] == [
        token.type for token in expected if token.type in _SHAPE
    ]


_SHAPE = {"heading_open", "table_open", "tr_open", "td_open", "th_open", "fence", "bullet_list_open"}


def test_page_loads_nothing_and_allows_only_its_own_style_and_script() -> None:
    html = "".join(page(CASE))
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)[0]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r'<[^>]*(?:src|href)="(?!#|data:,)', html)
    assert not re.search(r"@import|url\(", html)


def _many() -> Document:
    one = CASE.incidents[0]
    return _document(*(replace(one, id=f"SL-{n:010X}", title=f"pile number {n}") for n in range(10_000)))


def test_every_one_of_many_incidents_is_there_and_the_worst_in_full() -> None:
    html = "".join(page(_many()))
    assert html.count('data-row="index"') == 10_000
    assert html.count('class="full"') == IN_FULL
    assert html.count('class="brief"') == 10_000 - IN_FULL
    assert len(html) < 20_000_000


@pytest.mark.parametrize("module", ["stashlight.reports.html.page", "stashlight.reports.markdown"])
def test_many_incidents_are_told_piece_by_piece(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory does not grow with their number. Two in full are enough to see it; tracing them costs the time."""
    monkeypatch.setattr(f"{module}.IN_FULL", 2)
    render = {"page": page, "markdown": markdown}[module.rpartition(".")[2]]
    many = _many()
    tracemalloc.start()
    largest = max(len(piece) for piece in render(many))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000
    assert largest < 400_000


def test_million_files_and_endless_command_stay_small() -> None:
    minutes = {f"2026-{m:02}-{d:02}T{h:02}:00:00Z": 72 for m in range(1, 13) for d in range(1, 29) for h in range(24)}
    long = replace(CASE.incidents[0].commands[0], command="A" * 5_000_000)
    big = replace(
        CASE.incidents[0],
        files=Files(1_247_000, 2_800_000_000_000, {f"x{n}": 1 for n in range(5_000)}, 1_247_000, minutes=minutes),
        commands=(long,) * 500,
    )
    html = "".join(page(_document(big)))
    assert "1,247,000 files" in html
    assert "2.8 TB" in html
    assert len(html) < 1_500_000


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ('"stashlight/0"', "its schema is 'stashlight/0', this version reads 'stashlight/1'"),
        ("null", "has no `schema`"),
    ],
)
def test_older_result_is_refused_with_its_schema(
    schema: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old.json"
    old.write_text((RESULTS / "case.json").read_text().replace('"stashlight/1"', schema, 1))
    assert main(["report", "--from", str(old), "--as", "html"]) == Exit.REFUSED
    assert said in capsys.readouterr().err


def test_one_incident_can_be_chosen(tmp_path: Path) -> None:
    target = tmp_path / "one.html"
    wanted = CASE.incidents[1].id
    assert (
        main(["report", "--from", str(RESULTS / "case.json"), "--incident", wanted, "--to", str(target)]) == Exit.DONE
    )
    html = target.read_text("utf-8")
    assert html.count('class="full"') == 1
    assert wanted in html
