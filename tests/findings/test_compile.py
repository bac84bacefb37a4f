"""What each Sigma construct becomes, and what is refused where."""

import pytest

from stashlight.engines.profile import render
from stashlight.errors import RuleError
from stashlight.findings.compile import Detections, compile_condition


def _compiled(detections: dict[str, object], condition: str = "s", **placeholders: tuple[str, ...]) -> str:
    return render(
        compile_condition(Detections(detections, (condition,), "r.yml", lambda _: 7, placeholders=placeholders))
    )


# FF FE 66 00: a byte order mark of two bytes, not the three of UTF-8 that pySigma writes.
_UTF16 = "COALESCE(CONTAINS(command_line_lc, '//5maa=='), FALSE)"

LEAVES: dict[str, tuple[dict[str, object], str]] = {
    "folded equality": ({"Image": r"C:\A.EXE"}, r"COALESCE(process_path_lc = 'c:\a.exe', FALSE)"),
    "list": ({"User": ["A", "b"]}, "COALESCE(account_lc IN ('a', 'b'), FALSE)"),
    "contains": ({"Image|contains": "It's"}, "COALESCE(CONTAINS(process_path_lc, 'it''s'), FALSE)"),
    "startswith": ({"Image|startswith": "a"}, "COALESCE(STARTS_WITH(process_path_lc, 'a'), FALSE)"),
    "endswith": ({"Image|endswith": "a"}, "COALESCE(ENDS_WITH(process_path_lc, 'a'), FALSE)"),
    "wildcards as contains": ({"Image": "*a*"}, "COALESCE(CONTAINS(process_path_lc, 'a'), FALSE)"),
    "inner wildcard": (
        {"Image": "a*b"},
        r"COALESCE(REGEXP_MATCHES(process_path_lc, '\Aa[\x{0}-\x{10FFFF}]{0,}b\z'), FALSE)",
    ),
    "one letter": ({"Image": "a?"}, r"COALESCE(REGEXP_MATCHES(process_path_lc, '\Aa[\x{0}-\x{10FFFF}]\z'), FALSE)"),
    "escaped wildcard": ({"Image": r"a\*b\?"}, "COALESCE(process_path_lc = 'a*b?', FALSE)"),
    "escaped backslash": ({"Image": r"\\\\h\\*"}, r"COALESCE(STARTS_WITH(process_path_lc, '\\h\'), FALSE)"),
    "cased": ({"Image|cased": "A"}, "COALESCE(process_path = 'A', FALSE)"),
    "no twin": ({"UserSid": "S-1"}, r"COALESCE(REGEXP_MATCHES(account_sid, '\A[Ss]\x{2D}1\z'), FALSE)"),
    "null": ({"Image": None}, "process_path IS NULL"),
    "empty": ({"Image": ""}, "process_path IS NULL"),
    "any": ({"Image": "*"}, "NOT process_path IS NULL"),
    "exists": ({"Image|exists": True}, "NOT process_path IS NULL"),
    "number": ({"EventID": 1}, "COALESCE(event_id = 1, FALSE)"),
    "number as text": ({"EventID": "1"}, "COALESCE(event_id = 1, FALSE)"),
    "hexadecimal": ({"LogonId": "0x3e7"}, "COALESCE(logon_id = 999, FALSE)"),
    "no number, as some logs write it": ({"LogonId": "null"}, "logon_id IS NULL"),
    "number with wildcard": ({"EventID": "1*"}, "COALESCE(STARTS_WITH(TRY_CAST(event_id AS TEXT), '1'), FALSE)"),
    "number on text": ({"Image": 7}, "COALESCE(process_path_lc = '7', FALSE)"),
    "boolean": ({"Initiated": "true"}, "COALESCE(initiated = TRUE, FALSE)"),
    "compare": ({"DestinationPort|gte": 1024}, "COALESCE(destination_port >= 1024, FALSE)"),
    "neq": ({"Image|neq": "a"}, "NOT (COALESCE(process_path_lc = 'a', FALSE))"),
    "field": ({"Image|fieldref": "ParentImage"}, "COALESCE(process_path_lc = parent_path_lc, FALSE)"),
    "field start": (
        {"Image|fieldref|startswith": "ParentImage"},
        "COALESCE(STARTS_WITH(process_path_lc, parent_path_lc), FALSE)",
    ),
    "regex": (
        {"Image|re": "A.$"},
        r"COALESCE(REGEXP_MATCHES(process_path, 'A[\x{0}-\x{9}\x{B}-\x{10FFFF}](?:\x{A}){0,1}\z'), FALSE)",
    ),
    "base64": ({"CommandLine|base64|contains": "foo"}, "COALESCE(CONTAINS(command_line_lc, 'zm9v'), FALSE)"),
    "wide base64": ({"CommandLine|wide|base64|contains": "f"}, "COALESCE(CONTAINS(command_line_lc, 'zga='), FALSE)"),
    "utf16 base64": ({"CommandLine|utf16|base64|contains": "f"}, _UTF16),
    "address": (
        {"SourceIp|cidr": "10.1.2.3/32"},
        r"COALESCE(REGEXP_MATCHES(source_ip_lc, '\A10\x{2E}1\x{2E}2\x{2E}3\z'), FALSE)",
    ),
    "our column": ({"file_ext": "ZIP"}, "COALESCE(file_ext = 'zip', FALSE)"),
}  # fmt: skip


@pytest.mark.parametrize("case", LEAVES)
def test_leaf(case: str) -> None:
    detection, expected = LEAVES[case]
    assert _compiled({"s": detection}) == expected


REFUSED: dict[str, tuple[dict[str, object], str, str]] = {
    "unknown field": ({"s": {"Nobody": 1}}, "s", "unknown field 'Nobody'"),
    "unknown modifier": ({"s": {"Image|sounds": "a"}}, "s", "sounds"),
    "unknown detection": ({"s": {"Image": "a"}}, "t", "no detection 't'"),
    "selector of nothing": ({"s": {"Image": "a"}}, "s and not 1 of filter_*", "names no detection"),
    "no condition text": ({"s": {"Image": "a"}}, "", "condition"),
    "pipe": ({"s": {"Image": "a"}}, "s | count() > 1", "condition"),
    "syntax": ({"s": {"Image": "a"}}, "s and", "condition"),
    "empty detection": ({"s": {}}, "s", "empty"),
    "empty list": ({"s": {"Image": []}}, "s", "no value"),
    "mapping as value": ({"s": {"Image": {"a": 1}}}, "s", "a value must be"),
    "look-around": ({"s": {"Image|re": "(?=a)"}}, "s", "look-around"),
    "boundary": ({"s": {"Image|re": r"\ba"}}, "s", "word boundaries"),
    "text for a number": ({"s": {"EventID": "one"}}, "s", "is a number"),
    "text for a boolean": ({"s": {"Initiated": "maybe"}}, "s", "true or false"),
    "order of text": ({"s": {"Image|gt": 1}}, "s", "no order"),
    "regex of a number": ({"s": {"EventID|re": "1"}}, "s", "no text"),
    "wildcard on hexadecimal": ({"s": {"AccessMask|contains": "0x1"}}, "s", "wildcards"),
    "fields of two types": ({"s": {"Image|fieldref": "EventID"}}, "s", "different types"),
    "unknown other field": ({"s": {"Image|fieldref": "Nobody"}}, "s", "unknown field 'Nobody'"),
    "placeholder": ({"s": {"Image|expand": "%admins%"}}, "s", "%admins%"),
    "timestamp part": ({"s": {"EventID|hour": 1}}, "s", "timestamp"),
    "wide alone": ({"s": {"Image|utf16|contains": "a"}}, "s", "base64"),
    "bad range": ({"s": {"SourceIp|cidr": "10.0.0.0/99"}}, "s", "CIDR"),
    "cidr of a number": ({"s": {"EventID|cidr": "10.0.0.0/8"}}, "s", "not supported"),
    "many comparisons": ({"s": {"Image": ["a*b"] * 100}}, "s or " * 300 + "s", "comparisons"),
    "long condition": ({"s": {"Image": "a"}}, "s or " * 5000 + "s", "longer"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_run_is_an_error_with_file_and_line(case: str) -> None:
    detections, condition, why = REFUSED[case]
    with pytest.raises(RuleError, match=why) as caught:
        _compiled(detections, condition)
    assert (caught.value.file, caught.value.line) == ("r.yml", 7)


def test_placeholders_stand_for_each_of_their_values() -> None:
    assert _compiled({"s": {"User|expand": "x%who%"}}, who=("A", "B")) == (
        "COALESCE(account_lc = 'xa', FALSE) OR COALESCE(account_lc = 'xb', FALSE)"
    )


def test_keywords_look_in_every_column_that_holds_a_message() -> None:
    sql = _compiled({"s": ["Mimikatz", "a*b"]})
    assert "CONTAINS(script_text_lc, 'mimikatz')" in sql
    assert "CONTAINS(command_line_lc, 'mimikatz')" in sql


def test_selectors_leave_out_names_with_an_underscore() -> None:
    """As in Sigma: `_x` is asked for by name only."""
    assert "'b'" not in _compiled({"s": {"User": "a"}, "_hidden": {"User": "b"}}, "1 of them")


def test_seven_hundred_values_stay_balanced() -> None:
    sql = _compiled({"s": {"Image|endswith": [f"\\{i}.exe" for i in range(700)]}})
    assert sql.count("ENDS_WITH") == 700
