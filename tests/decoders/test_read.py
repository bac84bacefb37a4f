"""Reading one source: what each format gives, and what bad input gives instead of a traceback."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import zstandard

from stashlight.decoders import ALL, Batch, Source, Wanted, formats, read, sources
from stashlight.errors import InputError, Problem

EVENT = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='P'/>"
    "<EventID Qualifiers='0'>{id}</EventID><EventRecordID>7</EventRecordID><Correlation/><Execution ProcessID='4' "
    "ThreadID='5'/><Channel>C</Channel></System><EventData><Data Name='Image'>C:\\a &amp; b</Data></EventData></Event>"
)
NDJSON = b'{"EventID":11,"n":1}\n{"EventID":5,"n":2}\n{"n":3}\n'


def whole(source: Source, wanted: Wanted = ALL, *, strict: bool = False, format: str = "") -> Batch:  # noqa: A002
    """Put the batches of a source together."""
    together = Batch()
    skipped = rejected = size = 0
    for batch in read(source, wanted, strict=strict, format=format):
        together.records.extend(batch.records)
        together.problems.extend(batch.problems)
        skipped, rejected, size = skipped + batch.skipped, rejected + batch.rejected, size + batch.bytes
    return Batch(together.records, together.problems, skipped, size, "", rejected)


def file(folder: Path, content: bytes, name: str = "log") -> Source:
    path = folder / name
    path.write_bytes(content)
    (source,) = sources([str(path)])
    return source


# Content, the values of "n" in the records, and the places and words of the problems, all in order.
JSON_CASES: dict[str, tuple[bytes, list[int], list[tuple[str, str]]]] = {
    "lines": (b'{"n":1}\n{"n":2}\n', [1, 2], []),
    "no newline at the end": (b'{"n":1}\n{"n":2}', [1, 2], []),
    "carriage returns and empty lines": (b'{"n":1}\r\n\r\n{"n":2}\r\n', [1, 2], []),
    "half a line at the end": (b'{"n":1}\n{"n":2', [1], [("line 2, byte 8", "malformed JSON")]),
    "a broken first line, as rotated logs have it": (b'abc"}\n{"n":1}\n', [1], [("line 1, byte 0", "malformed JSON")]),
    "a scalar": (b'{"n":1}\n17\n', [1], [("line 2, byte 8", "a JSON int where an object")]),
    "an array": (b'[{"n":1},{"n":2}]', [1, 2], []),
    "an empty array": (b"[]", [], []),
    "an array over lines": (b'[\n  {"n": 1},\n  {"n": 2}\n]\n', [1, 2], []),
    "a scalar in an array": (b'[{"n":1}, "x", {"n":3}]', [1, 3], [("record 2, byte 10", "where an object")]),
    "an array that is cut": (b'[{"n":1},{"n":', [1], [("record 2, byte 9", "without an end")]),
    "brackets in strings": (b'[{"n":1,"a":"}]\\"{"},{"n":2}]', [1, 2], []),
    "pretty-printed": (b'{\n  "n": 1\n}\n{\n  "n": 2\n}\n', [1, 2], []),
    "pretty-printed, one broken": (
        b'{\n  "n": 1\n}\n{\n  "n": "x\n}\n{\n  "n": 3\n}\n',
        [1, 3],
        [("record 2, byte 13", "without an end")],
    ),
    "side by side": (b'{"n":1}{"n":2} {"n":3}', [1, 2, 3], []),
    "a bracket too many": (b'{"n":1}}{"n":2}', [1, 2], [("byte 7", "'}' without a beginning")]),
    "search hits": (b'{"took":1,"hits":{"total":2,"hits":[{"_source":{"n":1}},{"_source":{"n":2}}]}}', [1, 2], []),
    "records of a stream": (b'{"records":[{"n":1},{"n":2}]}\n{"records":[{"n":3}]}\n', [1, 2, 3], []),
    "invalid UTF-8": (b'{"n":1,"a":"\xff"}\n', [1], [("", "not clean JSON (invalid UTF-8)")]),
    "NUL in a string": (b'{"n":1,"a":"\0"}\n', [1], [("", "not clean JSON (control characters")]),
    "NULs after a crash": (b'{"n":1}\n\0\0\0\0\n{"n":2}\n\0\0', [1, 2], []),
    "NaN": (b'{"n":1,"a":NaN}\n', [1], [("", "not clean JSON")]),
    "half a surrogate pair": (b'{"n":1,"a":"\\ud800 \\ud83d\\ude00"}\n', [1], [("", "not clean JSON")]),
    "very deep": (b'{"n":1}\n' + b"[" * 100_000 + b'\n{"n":2}\n', [1, 2], [("line 2, byte 8", "nested too deeply")]),
    "BOM": (b'\xef\xbb\xbf{"n":1}\n', [1], []),
    "UTF-16, little end first": (b"\xff\xfe" + '{"n":1}\r\n{"n":2}\r\n'.encode("utf-16-le"), [1, 2], []),
    "UTF-16, big end first": (b"\xfe\xff" + '{"n":1}\n'.encode("utf-16-be"), [1], []),
    "UTF-16 without a mark": ('{"n":1}\n'.encode("utf-16-le"), [1], []),
}


@pytest.mark.parametrize("case", JSON_CASES)
def test_json_gives_what_can_be_read_and_tells_the_rest(case: str, tmp_path: Path) -> None:
    content, values, problems = JSON_CASES[case]
    got = whole(file(tmp_path, content))
    assert [record.fields["n"] for record in got.records] == values
    assert [(p.position, words in p.reason) for p, (_, words) in zip(got.problems, problems, strict=True)] == [
        (position, True) for position, _ in problems
    ]
    assert got.rejected == sum(1 for position, _ in problems if position)


def test_a_repaired_record_can_be_written_as_utf8(tmp_path: Path) -> None:
    """A lone surrogate would only fail later, where no one knows the file any more."""
    got = whole(file(tmp_path, b'{"a":"\\ud800 \\ud83d\\ude00 \\\\ud800"}\n'))
    assert got.records[0].fields == {"a": "\ufffd \U0001f600 \\ud800"}
    assert orjson.dumps(got.records[0].fields)


def test_positions_are_line_numbers_and_raw_is_the_line(tmp_path: Path) -> None:
    got = whole(file(tmp_path, b'\n{"n":1}\r\n\n{"n":2}'))
    assert [(r.position, r.raw) for r in got.records] == [(2, b'{"n":1}'), (4, b'{"n":2}')]


def test_records_of_one_line_have_bytes_of_their_own(tmp_path: Path) -> None:
    """Their hash is the event key: with the line's bytes they would count as one event."""
    got = whole(file(tmp_path, b'{"records":[{"n":1},{"n":2}]}\n'))
    assert [r.raw for r in got.records] == [b'{"n":1}', b'{"n":2}']


# Is a line parsed if events 11 and 4663 are wanted?
SPELLINGS: dict[str, bool] = {
    '{"EventID":11}': True,
    '{"EventID": "11"}': True,
    '{"EventID":111}': False,
    '{"EventID":1}': False,
    '{"EventID":"4663"}': True,
    '{"EventID":4662}': False,
    '{"EventCode":"11"}': True,
    '{"EventCode":5}': False,
    '{"event_id":11}': True,
    '{"winlog":{"event_id":"12"}}': False,
    '{"event":{"code":"11"}}': True,
    '{"event":{"code":"12"}}': True,  # no key that is known to be an id: parsed
    '{"ActionType":"FileCreated"}': True,
    '{"ActionType":"FileCreated","ProcessCommandLine":"x \\"EventID\\":5"}': True,
    '{"ActionType":"FileCreated","ProcessCommandLine":"<EventID>5</EventID> EventID=5"}': True,
    '{"EventID":{"#text":11}}': True,
    '{"EventID":{"#attributes":{"Qualifiers":4},"#text":11}}': True,
    '{"_raw":"<EventID Qualifiers=\'0\'>11</EventID>"}': True,
    '{"event":"{\\"EventID\\":11}"}': True,
    '{"a":"\\u003cEventID\\u003e11\\u003c"}': True,
    '{"EventID":5,"inner":{"EventID":11}}': True,
    '{"event_id":77001,"_raw":"<EventID>11</EventID>"}': True,
    '{"EventID":5,"event_id":5}': False,
    '{"Message":"Sysmon/Operational"}': True,
}


@pytest.mark.parametrize("line", SPELLINGS)
def test_the_look_at_ids_never_loses_a_wanted_record(line: str, tmp_path: Path) -> None:
    got = whole(file(tmp_path, line.encode() + b"\n"), Wanted(frozenset({11, 4663})))
    assert (len(got.records), got.skipped) == ((1, 0) if SPELLINGS[line] else (0, 1))


def test_spellings_may_change_in_the_middle_of_a_file(tmp_path: Path) -> None:
    lines = [line for line in SPELLINGS for _ in range(500)]
    got = whole(file(tmp_path, "\n".join(lines).encode()), Wanted(frozenset({11, 4663})))
    assert len(got.records) == 500 * sum(SPELLINGS.values())
    assert len(got.records) + got.skipped == len(lines)


def test_strict_parses_what_is_not_wanted(tmp_path: Path) -> None:
    source = file(tmp_path, b'{"EventID":5,}\n{"EventID":5}\n')
    assert not whole(source, Wanted(frozenset({11}))).problems
    strict = whole(source, Wanted(frozenset({11})), strict=True)
    assert ([p.position for p in strict.problems], strict.skipped) == (["line 1, byte 0"], 1)


def test_half_a_line_is_told_even_if_its_id_is_not_wanted(tmp_path: Path) -> None:
    got = whole(file(tmp_path, b'{"EventID":5,"a":1}\n{"EventID":5,"a"'), Wanted(frozenset({11})))
    assert ([p.position for p in got.problems], got.skipped) == (["line 2, byte 20"], 1)


@pytest.mark.parametrize("wrapped", [b'{"n":0}\n%s\n{"n":2}\n', b'{"n":0}\n%s{"n":9}\n{"n":2}\n'])
def test_a_line_of_50_mb_costs_only_itself(wrapped: bytes, tmp_path: Path) -> None:
    content = wrapped % (b'{"a":"' + b"x" * 50_000_000 + b'"}')
    got = whole(file(tmp_path, content))
    assert [r.fields["n"] for r in got.records] == [0, 2]
    assert [(p.position, p.reason) for p in got.problems] == [("line 2, byte 8", "longer than 16,777,216 bytes")]


def test_a_page_of_search_hits_larger_than_any_record_is_streamed(tmp_path: Path) -> None:
    hits = b",".join(b'{"_source":{"n":%d,"p":"%s"}}' % (n, b"x" * 2000) for n in range(10_000))
    got = whole(file(tmp_path, b'{"took":1,"hits":{"total":{"v":1},"hits":[' + hits + b']},"aggs":{"a":1}}'))
    assert [r.fields["n"] for r in got.records] == list(range(10_000))
    assert not got.problems


# XML: content, event ids found, problems.
XML_CASES: dict[str, tuple[str, list[int], list[str]]] = {
    "wevtutil": (EVENT.format(id=1) + EVENT.format(id=11) + "\n", [1, 11], []),
    "a root and a declaration": (
        f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<Events>{EVENT.format(id=1)}</Events>',
        [1],
        [],
    ),
    "over lines": (EVENT.format(id=1).replace("><", ">\n<"), [1], []),
    "broken in the middle": (
        EVENT.format(id=1) + "<Event><System></Event>" + EVENT.format(id=3),
        [1, 3],
        ["malformed"],
    ),
    "without an end": ("<Event><System>" + EVENT.format(id=3), [3], ["event without an end"]),
    "cut at the end": (EVENT.format(id=1) + EVENT.format(id=3)[:-9], [1], ["event without an end"]),
    "an entity of its own": (
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + EVENT.format(id=1).replace("C:", "&e;"),
        [],
        ["malformed event"],
    ),
    "control characters": (EVENT.format(id=1).replace("C:", "\x01&#x2;"), [1], ["that XML forbids"]),
    "rendered": (
        EVENT.format(id=1).replace(
            "</EventData>", "</EventData><RenderingInfo Culture='en-US'><Message>m</Message></RenderingInfo>"
        ),
        [1],
        [],
    ),
}


@pytest.mark.parametrize("case", XML_CASES)
def test_xml_gives_what_can_be_read_and_tells_the_rest(case: str, tmp_path: Path) -> None:
    content, ids, problems = XML_CASES[case]
    got = whole(file(tmp_path, content.encode()))
    assert [
        orjson.dumps(r.fields["Event"]).count(b'"#text":%d}' % i) for r, i in zip(got.records, ids, strict=True)
    ] == [1] * len(ids)
    assert [words in p.reason for p, words in zip(got.problems, problems, strict=True)] == [True] * len(problems)


def test_event_xml_becomes_the_form_of_the_evtx_package(tmp_path: Path) -> None:
    got = whole(file(tmp_path, EVENT.format(id=1).encode()))
    assert got.records[0].fields == {
        "Event": {
            "System": {
                "Provider": {"#attributes": {"Name": "P"}},
                "EventID": {"#attributes": {"Qualifiers": "0"}, "#text": 1},
                "EventRecordID": 7,
                "Correlation": None,
                "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 5}},
                "Channel": "C",
            },
            "EventData": {"Image": "C:\\a & b"},
        }
    }


def test_xml_leaves_unwanted_events_unparsed(tmp_path: Path) -> None:
    got = whole(file(tmp_path, (EVENT.format(id=1) + EVENT.format(id=5) + "<Event>").encode()), Wanted(frozenset({1})))
    assert (len(got.records), got.skipped, got.rejected) == (1, 1, 1)


LINUX = '<Event><System><Provider Name="Linux-Sysmon"/><EventID>11</EventID></System><EventData/></Event>'
SYSLOG_PREFIXES = [
    "Aug 12 23:33:16 web1 sysmon: ",
    "Aug  2 23:33:16 web1 sysmon[912]: ",
    "<14>Aug 12 23:33:16 web1 sysmon: ",
    "<14>1 2024-08-12T23:33:16.371Z web1 sysmon 912 - - ",
    "2024-08-12T23:33:16.371204+02:00 web1 sysmon: ",
]


@pytest.mark.parametrize("prefix", SYSLOG_PREFIXES)
def test_syslog_lines_give_their_events_and_skip_the_rest(prefix: str, tmp_path: Path) -> None:
    text = f"{prefix}{LINUX}\n{prefix.replace('sysmon', 'sshd')}Accepted publickey for root\n{prefix}{LINUX[:-4]}\n"
    got = whole(file(tmp_path, text.encode()))
    assert [(r.position, r.fields["#envelope"]["host"]) for r in got.records] == [(1, "web1")]  # type: ignore[index]
    assert got.skipped == 1
    assert [(p.position, p.reason) for p in got.problems] == [("line 3", "event without an end")]


def test_syslog_without_any_event_is_told(tmp_path: Path) -> None:
    got = whole(file(tmp_path, b"Aug 12 23:33:16 web1 sshd[1]: Accepted\n"))
    assert got.skipped == 1
    assert "no events in 1 syslog lines" in got.problems[0].reason


def test_audit_lines_of_one_event_become_one_record(tmp_path: Path) -> None:
    text = (
        'type=SYSCALL msg=audit(1652292621.986:84138): arch=c000003e syscall=59 a0=41 exe="/usr/bin/tar" key="k"\n'
        "type=SYSCALL msg=audit(1652292621.990:84139): syscall=257\n"
        'type=EXECVE msg=audit(1652292621.986:84138): argc=2 a0="tar" a1=2D2D66696C65\n'
        "type=PROCTITLE msg=audit(1652292621.986:84138): proctitle=746172002D63\n"
        "rubbish\n"
    )
    got = whole(file(tmp_path, text.encode()))
    assert [(r.position, len(r.fields["parts"])) for r in got.records] == [(1, 3), (2, 1)]  # type: ignore[arg-type]
    assert got.records[0].fields == {
        "audit": {"time": "1652292621.986", "serial": "84138"},
        "parts": [
            {"type": "SYSCALL", "arch": "c000003e", "syscall": "59", "a0": "41", "exe": "/usr/bin/tar", "key": "k"},
            {"type": "EXECVE", "argc": "2", "a0": "tar", "a1": "--file"},
            {"type": "PROCTITLE", "proctitle": "tar -c"},
        ],
    }
    assert [p.position for p in got.problems] == ["line 5"]


# CSV: content, rows as (line, last cell), problems.
CSV_CASES: dict[str, tuple[str, list[tuple[int, str]], list[tuple[str, str]]]] = {
    "plain": ("a,b\n1,2\n3,4\n", [(2, "2"), (3, "4")], []),
    "semicolons and Excel's hint": ("sep=;\na;b\n1;2\n", [(3, "2")], []),
    "tabs": ("a\tb\n1\t2\n", [(2, "2")], []),
    "quoted newlines": ('a,b\r\n1,"x\r\ny ""z"", w"\r\n3,4\r\n', [(2, 'x\r\ny "z", w'), (4, "4")], []),
    "a ragged row": ("a,b\n1,2\n3\n5,6\n", [(2, "2"), (4, "6")], [("line 3", "1 cells where the header has 2")]),
    "an open quote": ('a,b\n1,"2\n3,4\n', [(3, "4")], [("line 2", "a quote that is never closed")]),
    "a quote inside a cell": ('a,b\n1,5" disk\n3,4\n', [(2, '5" disk'), (3, "4")], []),
    "the header again": ("a,b\n1,2\na,b\n3,4\n", [(2, "2"), (4, "4")], []),
    "no last newline": ("a,b\n1,2", [(2, "2")], []),
}


@pytest.mark.parametrize("case", CSV_CASES)
def test_csv_gives_what_can_be_read_and_tells_the_rest(case: str, tmp_path: Path) -> None:
    content, rows, problems = CSV_CASES[case]
    for encoded in (content.encode(), b"\xef\xbb\xbf" + content.encode(), b"\xff\xfe" + content.encode("utf-16-le")):
        got = whole(file(tmp_path, encoded))
        assert [(r.position, r.fields["b"]) for r in got.records] == rows
        assert [(p.position, p.reason) for p in got.problems] == problems


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda content: gzip.compress(content, 1),
    "bzip2": lambda content: bz2.compress(content, 1),
    "xz": lambda content: lzma.compress(content, preset=0),
    "Zstandard": zstandard.compress,
}


@pytest.mark.parametrize("kind", PACKERS)
def test_compressed_content_is_found_by_looking(kind: str, tmp_path: Path) -> None:
    pack = PACKERS[kind]
    for content in (pack(NDJSON), pack(NDJSON[:21]) + pack(NDJSON[21:]), pack(gzip.compress(NDJSON))):
        got = whole(file(tmp_path, content, "misleading.txt"), Wanted(frozenset({11})))
        assert (len(got.records), got.skipped, got.problems) == (2, 1, [])


@pytest.mark.parametrize("kind", PACKERS)
def test_what_is_cut_off_gives_its_beginning(kind: str, tmp_path: Path) -> None:
    lines = b"".join(b'{"n":%d,"x":"%s"}\n' % (n, str(hash((n, kind))).encode()) for n in range(20_000))
    packed = PACKERS[kind](lines)
    got = whole(file(tmp_path, packed[: len(packed) * 3 // 4]))
    assert 0 < len(got.records) < 20_000
    assert f"{kind} data is cut off after" in got.problems[-1].reason


@pytest.mark.parametrize("kind", PACKERS)
def test_damage_in_compressed_data_is_told(kind: str, tmp_path: Path) -> None:
    packed = bytearray(PACKERS[kind](NDJSON * 1000))
    packed[len(packed) // 2] ^= 0xFF
    packed[-5] ^= 0xFF
    assert f"{kind} data" in whole(file(tmp_path, bytes(packed))).problems[-1].reason


@pytest.mark.parametrize("kind", ["gzip twice", "Zstandard", "xz"])
def test_a_bomb_is_stopped(kind: str, tmp_path: Path) -> None:
    """Deflate alone stays just above 1,000:1; the others and deflate in deflate go far beyond."""
    bomb = (
        gzip.compress(gzip.compress(bytes(100 << 20), 9), 9)
        if kind == "gzip twice"
        else PACKERS[kind](bytes(100 << 20))
    )
    got = whole(file(tmp_path, bomb), format="json")
    assert "looks like a bomb" in got.problems[-1].reason
    assert not got.records


def test_unknown_content_says_what_it_looks_like(tmp_path: Path) -> None:
    cases = {
        b"": "empty file",
        b"Dear diary,\nnothing happened.\n": "unknown format: text, begins with 'Dear diary,'",
        bytes(range(256)): "unknown format: binary, begins with 00 01 02 03 04 05 06 07",
        b"MZ\x90\0": "unknown format: a Windows program",
        b"7z\xbc\xaf\x27\x1c\0": "unknown format: a 7-Zip archive; unpack it first",
    }
    for content, reason in cases.items():
        assert [p.reason for p in whole(file(tmp_path, content)).problems] == [reason]


def test_a_format_can_be_forced(tmp_path: Path) -> None:
    source = file(tmp_path, b"one;two\n1;2\n")
    assert whole(source, format="csv").records
    assert whole(source, format="json").rejected == 2
    with pytest.raises(InputError, match="no format 'nonsense'"):
        whole(source, format="nonsense")


def test_a_thousand_problems_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    got = whole(file(tmp_path, b'{"n":1}\n' + b"1\n" * 5000))
    assert len(got.problems) == 1001
    assert sum(p.count for p in got.problems) == got.rejected == 5000


def test_a_source_can_be_sent_to_another_process(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.json", NDJSON)
    for source in [*sources([str(path)]), file(tmp_path, NDJSON)]:
        assert len(whole(pickle.loads(pickle.dumps(source))).records) == 3


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(NDJSON))))
    (source,) = sources(["-"])
    assert len(whole(source).records) == 3


def test_every_format_is_listed() -> None:
    assert formats() == ["auditd", "csv", "evtx", "json", "parquet", "syslog", "xml"]


def test_problems_name_the_source(tmp_path: Path) -> None:
    got = whole(file(tmp_path, b'{"n":'))
    assert got.problems == [Problem(str(tmp_path / "log"), "record 1, byte 0", "value without an end")]


def test_json_dumps_of_python_are_read(tmp_path: Path) -> None:
    rows = [{"n": n, "text": "é\n\u2028"} for n in range(3)]
    assert [r.fields for r in whole(file(tmp_path, json.dumps(rows, indent=1).encode())).records] == rows


@pytest.mark.parametrize("piece", [b"\n{", b"[", b'{"a":[', b'{"records":[{'])
def test_brackets_that_never_close_are_given_up(piece: bytes, tmp_path: Path) -> None:
    """Each could be the start of a value: trying all of them would take hours."""
    got = whole(file(tmp_path, piece * 200_000))
    assert not got.records
    assert 0 < len(got.problems) <= 102
