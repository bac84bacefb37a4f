"""What is left unparsed could not have mattered: looks at bytes against what parsing says."""

import json
import re
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stashlight.decoders import Bodies, Source, Wanted, event_ids, read
from stashlight.decoders.json_bodies import holds
from stashlight.decoders.json_spelling import UNSURE, reach, spelled
from stashlight.decoders.searching import hyperscan
from stashlight.engines.pattern import portable

_FAST = pytest.mark.skipif(hyperscan() is None, reason="there is no wheel of hyperscan for this processor")

_IDS = frozenset({1, 11, 15, 800, 4103, 4104, 4663})
_ASKED = frozenset({800, 4103})
_NAMES = st.sampled_from(["EventID", "EventId", "event_id", "eventcode", "EventCode", "Event", "EventIDs", "vent_id"])
_NUMBERS = st.one_of(
    st.sampled_from([*_IDS, 0, 4, 5, 8, 80, 8000, 410, 41030, 41, 4105]).map(str),
    st.sampled_from(["", "011", "x", "u0"]),
)
_BETWEEN = st.lists(st.sampled_from(['"', ":", " ", "\\", "=", "'", ">", "\t", "\\u0022", "u"]), max_size=14).map(
    "".join
)
_MENTIONS = st.one_of(
    st.builds('"{}":{},'.format, _NAMES, _NUMBERS),
    st.builds('"{}" : "{}",'.format, _NAMES, _NUMBERS),
    st.builds("{}{}{};".format, _NAMES, _BETWEEN, _NUMBERS),
)
_LINES = st.lists(st.one_of(_MENTIONS, st.sampled_from(["x", "{", "}", '"a"'])), max_size=5).map("".join)


def _judged(mentions: event_ids.Mentions, text: bytes) -> list[str]:
    """What `json_lines` makes of each line's mentions: parsed, skipped or asked."""
    buffer = bytearray(text)
    starts = [0, *(m.end() for m in re.finditer(b"\n", text))]
    found = [
        (next(i for i in range(len(starts) - 1) if hit >> 2 < starts[i + 1]), hit & 3)
        for hit in mentions(buffer, 0, len(buffer))
    ]
    kinds = {line: [kind for _, kind in hits] for line, hits in groupby(found, key=lambda f: f[0])}

    def verdict(hits: list[int]) -> str:
        if event_ids.OTHER in hits:
            return "parsed"
        if (asked := hits.count(event_ids.ASKED)) or event_ids.ASKED_KEY in hits:
            return "asked" if asked == hits.count(event_ids.ASKED_KEY) == 1 else "parsed"
        return "skipped" if event_ids.UNWANTED in hits else "parsed"

    return [verdict(kinds.get(line, [])) for line in range(len(starts) - 1)]


@_FAST
@example(['"EventID":5,', '"EventID":11,', '"EventID":800,', '\\"EventID\\":800', "EventID"])
@given(st.lists(_LINES, min_size=1, max_size=4))
def test_both_ways_of_finding_ids_judge_lines_alike(lines: list[str]) -> None:
    """But that the fast one may parse what spells its quotes as escapes, and numbers with a zero before them."""
    text = "".join(line + "\n" for line in lines).encode()
    fast = _judged(event_ids.mentions(_IDS, _ASKED, worth=0), text)
    slow = _judged(event_ids.by_re(event_ids.id_pattern(_IDS, _ASKED)), text)
    assert all(a in ("parsed", b) for a, b in zip(fast, slow, strict=True)), (fast, slow)
    plain = [i for i, line in enumerate(lines) if not re.search(r"\\u|0\d|u0", line)]
    assert [fast[i] for i in plain] == [slow[i] for i in plain]


@given(st.lists(_LINES, min_size=1, max_size=6), st.integers(0, 6))
def test_lines_are_judged_alike_before_and_after_it_pays_to_be_fast(lines: list[str], cut: int) -> None:
    parts = [[line + "\n" for line in some] for some in (lines[:cut], lines[cut:])]
    find = event_ids.mentions(_IDS, _ASKED, worth=1)
    event_ids.mentions.cache_clear()
    judged = [verdict for part in parts if part for verdict in _judged(find, "".join(part).encode())]
    whole = _judged(
        event_ids.by_re(event_ids.id_pattern(_IDS, _ASKED)), "".join(line + "\n" for line in lines).encode()
    )
    assert all(a in ("parsed", b) for a, b in zip(judged, whole, strict=True)), (judged, whole)


_PIECES = st.sampled_from(
    ["r", "m", "rm", r"\s", r"\S", ".", "[^a-c]", r"\\", '"', "/", r"\n", "é", "[\\x00-\\x1f]", "-", "\\W"]
)
_PATTERNS = st.lists(
    st.tuples(_PIECES, st.sampled_from(["", "", "?", "+", "{1,2}"])).map("".join), min_size=1, max_size=4
).map("".join)
_ANCHORED = st.tuples(st.sampled_from(["", "", r"\A"]), _PATTERNS, st.sampled_from(["", "", r"\Z"])).map("".join)
_TEXTS = st.text(alphabet='rma "\\/\n\r\t\x01é漢-', max_size=8)


def _slashed(record: object) -> bytes:
    return json.dumps(record, ensure_ascii=False).replace("/", "\\/").encode()


_WRITERS: list[Callable[[object], bytes]] = [orjson.dumps, lambda r: json.dumps(r).encode(), _slashed]


@_FAST
@example("rm(?:\\n)?\\Z", "rm\n", orjson.dumps, False)
@example(r"m\nr", "a m\nr", _slashed, True)
@given(_ANCHORED, _TEXTS, st.sampled_from(_WRITERS), st.booleans())
def test_what_a_text_holds_is_found_in_its_json(
    pattern: str, text: str, write: Callable[[object], bytes], joined: bool
) -> None:
    """The text may be one value, or lines of a list that the reader joins."""
    values = [value for value in text.split("\n") if value]
    text = "\n".join(values) if joined else text
    record = write({"a": 1, "Data": values if joined else text, "z": "PowerShell"})
    meant = portable(pattern)
    if re.search(pattern, text, re.ASCII):
        found = holds(Bodies(_ASKED, (meant,)))
        assert found is None or found(record), spelled(meant)


@_FAST
def test_a_record_without_the_words_is_not_held() -> None:
    found = holds(Bodies(_ASKED, (portable(r"(?:\A|\s)rm\s", re.IGNORECASE),)))
    assert found is not None
    told = {b'{"P":"rm x"}': True, b'{"P":"a\\r\\nRM x"}': True, b'{"P":"form x"}': False, b'{"P":"a.rm"}': False}
    assert {record: found(record) for record in told} == told


@pytest.mark.parametrize("text", [b'{"a":"\\u0072m"}', b'{"a":"{\\"b\\":1}"}', b'{"a":"<Event xmlns=1>"}'])
def test_what_may_be_spelled_otherwise_is_parsed(text: bytes) -> None:
    assert re.search(UNSURE.encode(), text)


def test_a_pattern_of_another_dialect_is_refused() -> None:
    with pytest.raises(ValueError, match="portable"):
        spelled(r"\bx")


@_FAST
def test_records_that_hold_nothing_are_counted_and_the_first_and_last_given(tmp_path: Path) -> None:
    bodies = Bodies(_ASKED, (portable("copy-item"),), b"PowerShell")
    lines = [orjson.dumps({"EventID": 800, "Source": "PowerShell", "n": n}) for n in range(9)]
    lines[4] = orjson.dumps({"EventID": 800, "Source": "PowerShell", "n": 4, "P": "copy-item x"})
    lines[5] = orjson.dumps({"EventID": 800, "Source": "Other", "n": 5})
    lines[6] = orjson.dumps({"EventID": 4104, "Source": "PowerShell", "n": 6})
    path = tmp_path / "x.json"
    path.write_bytes(b"\n".join(lines))
    source = Source(str(path), path, path.stat().st_size)
    batches = list(read(source, Wanted(_IDS, bodies)))
    assert [r.fields["n"] for b in batches for r in b.records] == [0, 4, 5, 6, 8]
    assert sum(b.spared for b in batches) == 4
    strict = list(read(source, Wanted(_IDS, bodies), strict=True))
    assert [r.fields["n"] for b in strict for r in b.records] == list(range(9))


@_FAST
def test_what_was_compiled_is_read_back(tmp_path: Path) -> None:
    bodies = Bodies(_ASKED, (portable("copy-item"),), kept=str(tmp_path))
    first = holds(bodies)
    assert first is not None
    assert not list(tmp_path.iterdir()), "nothing is compiled before a record is there"
    assert first(b"copy-item")
    (kept,) = tmp_path.iterdir()
    holds.cache_clear()
    again = holds(bodies)
    assert again is not None
    assert (again(b"copy-item"), again(b"copy")) == (True, False)
    kept.write_bytes(b"damaged")
    holds.cache_clear()
    anew = holds(bodies)
    assert anew is not None
    assert anew(b"copy-item")


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [
        ("copy", 4),
        ("a copy b", 6),
        ("(?:copy|compress-archive)(?:x|yz){2}", 19),
        ("[a-z]{3,50}", 50),
        (r"\s*copy[^\w+/]*", 4),
        (r"copy\w*x", None),
        ("copy.*x", None),
        ("(?:copy)+", None),
    ],
)
def test_how_many_letters_side_by_side_a_pattern_takes(pattern: str, letters: int | None) -> None:
    few = reach((portable("x"),))
    assert few is not None
    assert reach((portable("x"), portable(pattern))) == (letters if letters is None else max(letters, few))
    assert letters is None or reach((portable(pattern) * 10,)) == max(letters * 10, few)
