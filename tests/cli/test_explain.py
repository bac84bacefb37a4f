"""What `explain` shows of what stands behind an incident."""

from pathlib import Path

import orjson

from stashlight.cli.explain import render
from stashlight.incidents.document_json import from_json, to_json
from stashlight.incidents.explanation import ExplainedEvent, ExplainedRule, Explanation
from stashlight.terminal import PIPE, cells

CASE = Path(__file__).parents[1] / "outputs" / "results" / "case.json"
RULE = ExplainedRule(
    id="rule-1",
    title="Mass copy",
    level="high",
    file="rules/mass_copy.yml",
    line=3,
    text="title: Mass copy\ndetection:\n    selection:\n        Image|endswith: '\\cmd.exe'\n",
    sql="SELECT * FROM events\nWHERE " + "ends_with(process_path_lc, 'cmd.exe') AND " * 9 + "TRUE",
    count=639,
)
EVENT = ExplainedEvent(
    event="00ff",
    file="lab.ndjson",
    record=17,
    time="2026-03-02T19:02:11Z",
    fields={"host": "LAB-WS-23", "command_line": "cmd \x1b[2J /c copy", "process_id": 4788, "initiated": False},
    rules=("rule-1",),
    raw='{"EventID": 11, "TargetFilename": "C:\\\\temp\\\\\u202egnp.exe"}',
)
LOST = ExplainedEvent("00fe", "gone.evtx", None, None, {}, (), None)
WHOLE = Explanation(
    "i-3f9c2a71b04d", "Mass copy of 639 files", from_json(CASE.read_bytes()).incidents[0], (RULE,), (EVENT, LOST), 639
)


def _shown(explanation: Explanation) -> str:
    return "".join(render(explanation, PIPE))


def test_everything_behind_an_incident_is_shown() -> None:
    shown = _shown(WHOLE)
    for part in (
        "+30 volume",
        "rules/mass_copy.yml:3",
        "        Image|endswith",
        "SELECT * FROM events",
        "record 17",
        "4788",
    ):
        assert part in shown
    assert "Events: 2 of 639; --events N shows more" in shown
    assert "(it could not be read again)" in shown


def test_raw_records_cannot_act_on_the_reader() -> None:
    shown = _shown(WHOLE)
    assert "<U+001B>[2J" in shown
    assert "<U+202E>gnp.exe" in shown
    assert not {"\x1b", "\u202e"} & set(shown)
    assert all(cells(line) <= 80 for line in shown.splitlines())


def test_explanation_is_json_too() -> None:
    assert orjson.loads(to_json(WHOLE))["events"][0]["fields"]["initiated"] is False
