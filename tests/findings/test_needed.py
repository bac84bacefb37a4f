"""What rules let reading leave aside: never an event that one of them matches."""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stashlight.decoders import Record
from stashlight.engines import pattern
from stashlight.engines.duckdb import Engine
from stashlight.events import MAPPED, Needed, Normaliser, Tally
from stashlight.events.arrow import found
from stashlight.events.loading import load as read
from stashlight.events.schema import Kind, fold
from stashlight.findings.load import SHIPPED, load
from stashlight.findings.match import match
from stashlight.findings.needed import needed
from stashlight.findings.partial import UnknownError, texts_of
from stashlight.findings.rule import RuleSet
from stashlight.verbs.convert import convert

RULES = load([SHIPPED])
SCRIPT_RULES = RuleSet(tuple(r for r in RULES.rules if Kind.SCRIPT_BLOCK in r.kinds))
KNOWN = {"kind": "script_block", "provider": "powershell", "event_id": 800}


@pytest.mark.parametrize(
    ("condition", "texts"),
    [
        ("COALESCE(REGEXP_MATCHES(script_text, 'x[ab]'), FALSE)", ["x[ab]"]),
        ("COALESCE(CONTAINS(script_text_lc, 'rm'), FALSE)", ["[Rr][Mm]"]),
        ("COALESCE(event_id IN (4104), FALSE) AND COALESCE(CONTAINS(script_text_lc, 'a1'), FALSE)", []),
        ("COALESCE(kind = 'process_start', FALSE)", []),
        ("NOT COALESCE(provider IN ('auditd'), FALSE) AND COALESCE(CONTAINS(script_text, '1'), FALSE)", ["1"]),
        ("COALESCE(CONTAINS(script_text, '1'), FALSE) AND COALESCE(host_lc = 'x', FALSE)", ["1"]),
        ("COALESCE(CONTAINS(script_text, '1'), FALSE) AND NOT COALESCE(CONTAINS(script_text, '2'), FALSE)", ["1", "2"]),
        ("COALESCE(script_text_lc IN ('1', '2'), FALSE)", ["1", "2"]),
    ],
)
def test_texts_that_a_match_must_have(condition: str, texts: list[str]) -> None:
    assert texts_of(condition, KNOWN) == texts


@pytest.mark.parametrize(
    "condition",
    [
        "NOT COALESCE(CONTAINS(script_text, '1'), FALSE)",
        "COALESCE(host_lc = 'x', FALSE)",
        "COALESCE(CONTAINS(script_text, '1'), FALSE) OR COALESCE(host_lc = 'x', FALSE)",
        "COALESCE(REGEXP_MATCHES(script_text_lc, 'x'), FALSE)",
        "NOT script_text IS NULL",
        "COALESCE(CONTAINS(script_text_lc, host_lc), FALSE)",
        "COALESCE(event_id > 7, FALSE)",
        "TRUE",
    ],
)
def test_conditions_that_need_every_event(condition: str) -> None:
    with pytest.raises(UnknownError):
        texts_of(condition, KNOWN)


def test_a_folded_letter_is_found_in_every_letter_that_folds_to_it() -> None:
    """The pre-image of folding, over all of Unicode; surrogates are no text."""
    for point in (*range(0xD800), *range(0xE000, 0x110000)):
        letter = chr(point)
        for folded in fold(letter):
            if folded.isascii():
                if point > 127 or not letter.isalnum():
                    assert re.search(_python(pattern.portable(re.escape(folded), re.IGNORECASE)), letter), hex(point)
            else:
                assert point > 127


def test_user_rules_that_ask_for_more_switch_it_off(tmp_path: Path) -> None:
    (tmp_path / "r.yml").write_text(
        "title: Any script of a host\nid: 11111111-1111-4111-8111-111111111111\nstatus: test\n"
        "logsource: {category: ps_classic_script, product: windows}\n"
        "detection:\n  selection: {Computer: ws1}\n  condition: selection\nlevel: low\n"
    )
    assert 800 in needed(RULES).patterns
    assert 800 not in needed(load([SHIPPED, tmp_path])).patterns
    assert 4103 in needed(load([SHIPPED, tmp_path])).patterns


_WORDS = st.sampled_from(
    (
        "copy-item Copy-Item CP compress-archive gzipstream K\u212aey RM del > >> 2> 'a' \" \\ / . ; | -Out: C:\\x.zip "
        "a -hp \u0130 \u017f \u03a3 (rm) $null remove-item get-childitem *.docx secret invoke-webrequest -infile "
        "send-mailmessage -attachments mkdir new-item -type dir write-host done function { } \n \t"
    ).split(" ")
)


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.lists(_WORDS, max_size=6).map(" ".join) | st.text(max_size=20), min_size=1, max_size=40),
    st.sampled_from([800, 4103, 4104]),
)
def test_what_is_left_aside_matches_no_rule(texts: list[str], event_id: int) -> None:
    """Rules find the same events with and without it, and all events are counted."""
    field = {800: "Message", 4103: "Payload", 4104: "ScriptBlockText"}[event_id]
    said = {"SourceName": "PowerShell" if event_id == 800 else "Microsoft-Windows-PowerShell", "EventID": event_id}
    records = [
        Record({**said, "Hostname": "h", "@timestamp": f"2024-01-01T00:00:{i:02d}Z", field: text}, i, b"%d" % i)
        for i, text in enumerate(texts)
    ]
    results: list[object] = []
    for wish in (Needed(), needed(RULES)):
        tally = Tally()
        normaliser = Normaliser("x", wish, tally)
        for record in records:
            normaliser.add(record)
        with Engine() as engine:
            table = normaliser.table()
            engine.add(table)
            tally.count(table)
            match(engine, SCRIPT_RULES)
            results.append(
                (
                    sorted(engine.rows("SELECT rule_id, event_key FROM findings")),
                    tally.events,
                    tally.kinds,
                    tally.first,
                    tally.last,
                )
            )
    assert results[0] == results[1]


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.lists(_WORDS, max_size=6).map(" ".join) | st.text(max_size=20), min_size=1, max_size=40),
    st.sampled_from([800, 4103, 4104]),
    st.booleans(),
)
def test_nor_what_is_left_aside_unparsed(texts: list[str], event_id: int, ascii_only: bool) -> None:
    """As bytes of a log, and as an event table of that log: findings, counts and times are those of reading all."""
    field = {800: "Message", 4103: "Payload", 4104: "ScriptBlockText"}[event_id]
    said = {"SourceName": "PowerShell" if event_id == 800 else "Microsoft-Windows-PowerShell", "EventID": event_id}
    with TemporaryDirectory() as folder:
        log, whole = Path(folder) / "log.json", Path(folder) / "log.parquet"
        with log.open("w", encoding="utf-8") as file:
            for i, text in enumerate(texts):
                record = {**said, "Hostname": "h", "@timestamp": f"2024-01-01T00:00:{i:02d}Z", field: text}
                file.write(json.dumps(record, ensure_ascii=ascii_only) + "\n")
        convert([str(log)], str(whole))
        results: list[object] = []
        for source, wish in ((log, Needed()), (log, needed(RULES)), (whole, needed(RULES))):
            with Engine() as engine:
                tally = read([str(source)], engine, needed=wish)
                match(engine, SCRIPT_RULES)
                found = sorted(engine.rows("SELECT rule_id, event_key FROM findings"))
                results.append((found, tally.records, tally.kinds, tally.first, tally.last))
    assert results[0] == results[1] == results[2]


def test_events_of_other_ids_are_all_needed() -> None:
    assert not set(needed(RULES).patterns) - {800, 4103, 4104}
    assert MAPPED.ids is not None
    assert needed(RULES).among(11, ["x"]) is None


def test_a_pattern_that_the_engine_refuses_leaves_everything_needed() -> None:
    assert found(["a"], ["(("]) is None
    assert Needed({800: ("((",)}).among(800, ["a"]) is None


def _python(portable: str) -> str:
    return re.sub(r"\\x\{([0-9A-F]+)\}", lambda m: f"\\U{int(m[1], 16):08x}", portable)
