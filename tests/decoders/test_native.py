"""The compiled readers give what the readers in Python give, row for row; what they are unsure of they leave to them."""

import json
import re
import struct
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pyarrow as pa
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stashlight.decoders import Bodies, Native, read, sources, whole_logs
from stashlight.decoders.json_bodies import holds, text_of
from stashlight.decoders.native import is_native
from stashlight.events.needed import Needed
from stashlight.events.picks import picks
from stashlight.events.reading import MAPPED, read_source, small
from stashlight.events.schema import fold
from stashlight.events.tally import Tally
from stashlight.events.vocabularies import VOCABULARIES

pytestmark = pytest.mark.skipif(not is_native(), reason="the compiled readers are not built here: no Rust compiler")

SYSMON = {
    "SourceName": "Microsoft-Windows-Sysmon",
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "Hostname": "pc1.corp.example",
    "EventTime": "2024-02-28 18:16:37",
    "@timestamp": "2024-02-28T18:16:38.381Z",
    "EventID": 11,
    "UtcTime": "2024-02-28 18:16:37.381",
    "ProcessGuid": "{11111111-2222-3333-4444-555555555555}",
    "ProcessId": "4242",
    "Image": "C:\\Windows\\System32\\robocopy.exe",
    "TargetFilename": "C:\\Users\\Public\\x\\Bericht für März.docx",
    "User": "CORP\\jdoe",
}
CREATED = {**SYSMON, "TimeCreated": "2024-02-28T18:16:37.381Z", "Message": "File created"}
del CREATED["EventTime"]
SECURITY = {
    "SourceName": "Microsoft-Windows-Security-Auditing",
    "Channel": "Security",
    "Hostname": "fs1",
    "EventTime": "2024-02-28 18:16:37",
    "@timestamp": "2024-02-28T18:16:38.381Z",
    "EventID": 4663,
    "ObjectType": "File",
    "ObjectName": "D:\\share\\a.xlsx",
    "SubjectUserName": "jdoe",
    "SubjectDomainName": "CORP",
    "ProcessId": "0x10a",
}
PIPELINE = {
    "SourceName": "Microsoft-Windows-PowerShell",
    "Channel": "Microsoft-Windows-PowerShell/Operational",
    "Hostname": "pc1",
    "EventTime": "2024-02-28 18:16:37",
    "@timestamp": "2024-02-28T18:16:38.381Z",
    "EventID": 4103,
    "Payload": "CommandInvocation(Compress-Archive): path=x",
    "ContextInfo": "Host Application = powershell.exe\n User = CORP\\jdoe",
    "AccountName": "jdoe",
}
CLASSIC = {
    "SourceName": "PowerShell",
    "Channel": "Windows PowerShell",
    "Hostname": "pc1",
    "EventTime": "2024-02-28 18:16:37",
    "@timestamp": "2024-02-28T18:16:38.381Z",
    "EventID": 800,
    "Message": "Pipeline execution details for command line: Compress-Archive x",
}
PERMITTED = {
    "SourceName": "Microsoft-Windows-Security-Auditing",
    "Channel": "Security",
    "Hostname": "fs1",
    "TimeCreated": "2024-02-28T18:16:37.381Z",
    "@timestamp": "2024-02-28T18:16:38.381Z",
    "EventID": 5156,
    "Message": "Application Information:\r\n\tProcess ID:\t\t4\r\n\tApplication Name:\tSystem",
    "ProcessID": "4",
    "Application": "System",
    "Direction": "%%14593",
    "SourceAddress": "10.0.0.1",
    "DestAddress": "10.0.0.2",
    "DestPort": "445",
}
BEATS6 = {
    "source_name": "Microsoft-Windows-Sysmon",
    "log_name": "Microsoft-Windows-Sysmon/Operational",
    "computer_name": "pc1",
    "@timestamp": "2024-02-28T18:16:38.381Z",
    "event_id": 11,
    "message": "File created",
    "event_data": {k: SYSMON[k] for k in ("UtcTime", "Image", "TargetFilename", "ProcessId")},
}
ECS = {
    "@timestamp": "2024-02-28T18:16:38.381Z",
    "event": {"code": "11", "created": "2024-02-28T18:16:40Z"},
    "message": "File created",
    "winlog": {
        "provider_name": "Microsoft-Windows-Sysmon",
        "channel": "Microsoft-Windows-Sysmon/Operational",
        "computer_name": "pc1",
        "event_id": 11,
        "event_data": BEATS6["event_data"],
    },
}
EVENT = {
    "Event": {
        "System": {
            "Provider": {"#attributes": {"Name": "Microsoft-Windows-PowerShell", "Guid": "x"}},
            "EventID": {"#attributes": {"Qualifiers": 0}, "#text": 4104},
            "Channel": "Microsoft-Windows-PowerShell/Operational",
            "Computer": "pc1",
            "TimeCreated": {"#attributes": {"SystemTime": "2024-02-28T18:16:38.381000Z"}},
            "Security": {"#attributes": {"UserID": "S-1-5-21-1"}},
            "Execution": {"#attributes": {"ProcessID": 77}},
        },
        "EventData": {"ScriptBlockText": "Compress-Archive x", "ScriptBlockId": "a", "MessageNumber": 1},
    }
}
SHAPES = {
    "sysmon": SYSMON,
    "created": CREATED,
    "security": SECURITY,
    "pipeline": PIPELINE,
    "classic": CLASSIC,
    "permitted": PERMITTED,
    "beats6": BEATS6,
    "ecs": ECS,
    "event": EVENT,
}
NEEDED = Needed({4103: (r"\x{43}ompress",), 800: (r"\x{43}ompress",)})

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", "-", "11", "0x1f", "<Event a", "C:\\a\\b.txt", "\ud800", "4663", "MICROSOFT-windows-Sysmon"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2),
)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A record that is nearly plain: a value or a key that another would not have, or bytes that are not JSON."""
    record: dict[str, object] = dict(draw(st.sampled_from(list(SHAPES.values()))))
    names = st.sampled_from([*record, "EventData", "message", "_raw", "Message", "event", "process", "ObjectType"])
    for name in draw(st.lists(names, max_size=2)):
        record[name] = draw(values)
    if "event_data" in record and draw(st.booleans()):
        record["event_data"] = {"Image": draw(values), draw(st.sampled_from(["ProcessId", "x"])): draw(values)}
    separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    text = json.dumps(record, ensure_ascii=draw(st.booleans()), separators=separators)
    raw = text.encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 5)) == 0:
        at = draw(st.integers(0, len(raw)))
        raw = raw[:at] + draw(st.binary(max_size=3)).replace(b"\n", b"") + raw[at:]
    return raw


@pytest.fixture(scope="session")
def evtx_folder(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real event logs, unpacked."""
    folder = tmp_path_factory.mktemp("evtx")
    packed = (shared / "telemetry" / "evtx" / "evtx-attack-samples.tar.zst").open("rb")
    with (
        packed,
        zstandard.ZstdDecompressor().stream_reader(packed) as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        for number, member in enumerate(tar):
            file = tar.extractfile(member) if member.isfile() and member.name.endswith(".evtx") else None
            if file is not None:
                (folder / f"{number}.evtx").write_bytes(file.read())
    return folder


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(lines(), min_size=1, max_size=12))
def test_lines_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: Sequence[bytes]) -> None:
    log = tmp_path / "log.json"
    log.write_bytes(json.dumps(SYSMON).encode() + b"\n" + b"\n".join(written) + b"\n")
    _same(log, monkeypatch)


@pytest.mark.parametrize("shape", SHAPES)
def test_plain_records_are_taken_by_columns(shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log.json"
    log.write_text("".join(json.dumps({**SHAPES[shape], "RecordNumber": n}) + "\n" for n in range(3)))
    rows = _same(log, monkeypatch)
    monkeypatch.setenv("STASHLIGHT_NATIVE", "1")
    (source,) = sources([str(log)])
    native = Native(frozenset(MAPPED.ids or ()), Bodies(), picks())
    assert sum(batch.taken for batch in read(source, replace(MAPPED, native=native))) == 3
    assert [(len(picked.keys), list(picked.files)) for picked in native.take()] == [(3, [0, 0, 0])]
    assert len(rows) == 3
    assert {row["record"] for row in rows.values()} == {1, 2, 3}


@pytest.mark.parametrize("shape", SHAPES)
def test_records_that_mean_nothing_to_anyone_are_counted_by_columns(
    shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another program under an id that is asked for; what is not plain about who it was, Python looks at."""
    log = tmp_path / "log.json"
    names = ["Vendor-Agent", "vendor-agent", "Vendor Agent"]
    odd = [" Vendor-Agent", "Vendor-Agent\t", "Vend\u00f6r", "V" * 65, "", None, 7, ["Vendor-Agent"]]
    lines = [_renamed(SHAPES[shape], name) for name in [*names, *names, *odd]]
    lines.append({**_renamed(SHAPES[shape], "Vendor-Agent"), "RecordNumber": "1"})
    log.write_text("".join(json.dumps(each) + "\n" for each in lines))
    _same(log, monkeypatch)
    monkeypatch.setenv("STASHLIGHT_NATIVE", "1")
    (source,) = sources([str(log)])
    native = Native(frozenset(MAPPED.ids or ()), Bodies(), picks())
    assert sum(batch.taken for batch in read(source, replace(MAPPED, native=native))) == 7
    assert {name: records for name, _, records in native.strangers()} == dict(zip(names, (3, 2, 2), strict=True))
    assert not native.take()


def test_strangers_of_any_number_of_names_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log.json"
    log.write_text("".join(json.dumps({**SYSMON, "SourceName": f"Vendor-{n % 700}"}) + "\n" for n in range(1_400)))
    _same(log, monkeypatch)


def test_recordings_give_the_same_rows(evtx_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = sorted(evtx_folder.rglob("*.evtx"))
    assert logs
    assert sum(len(_same(log, monkeypatch)) for log in logs) > 1_000


def test_damaged_event_logs_give_the_same(evtx_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = max(evtx_folder.rglob("*.evtx"), key=lambda path: path.stat().st_size % 1_118_208).read_bytes()
    log = tmp_path / "log.evtx"
    for at in range(4096 + 600, min(len(whole), 4096 + 65536), 7_777):
        log.write_bytes(whole[:at] + struct.pack("<I", 0xDEADBEEF) + whole[at + 4 :])
        _same(log, monkeypatch)


def test_event_logs_with_other_bits_give_the_same(
    evtx_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most such logs can still be read: then what a record says must not depend on whether it was written out."""
    logs = [path for path in sorted(evtx_folder.glob("*.evtx")) if path.stat().st_size < 100_000]
    log = tmp_path / "log.evtx"
    for seed, path in enumerate(logs):
        content = bytearray(path.read_bytes())
        (used,) = struct.unpack_from("<I", content, HEADER + 48)
        for step in range(1 + seed % 3):
            content[HEADER + 512 + (seed * 7919 + step * 104_729) % max(1, used - 512)] ^= 1 << (seed % 8)
        log.write_bytes(content)
        _same(log, monkeypatch)


HEADER, CHUNK = 4096, 65536
UNSOUND: Mapping[str, Callable[[bytes], bytes]] = {
    "header": lambda log: b"x" + log[1:],
    "cut within a chunk": lambda log: log[: HEADER + CHUNK + 30_000],
    "chunk's header": lambda log: log[: HEADER + CHUNK] + b"x" + log[HEADER + CHUNK + 1 :],
    "chunk is gone": lambda log: log[: HEADER + CHUNK] + log[HEADER + 2 * CHUNK :],
    "chunk is zeros": lambda log: log[: HEADER + CHUNK] + bytes(CHUNK) + log[HEADER + 2 * CHUNK :],
    "last chunks are gone": lambda log: log[: HEADER + CHUNK],
    "record of the second chunk": lambda log: log[: HEADER + CHUNK + 700] + b"\xff" * 64 + log[HEADER + CHUNK + 764 :],
    "more promised": lambda log: log[: HEADER + 16] + _plus(log[HEADER + 16 : HEADER + 24], 5) + log[HEADER + 24 :],
    "too long to be held whole": lambda log: log + bytes(64 * CHUNK),
    "not a log": lambda _: b"hello\n",
    "empty": lambda _: b"",
}


def _plus(number: bytes, more: int) -> bytes:
    return struct.pack("<Q", struct.unpack("<Q", number)[0] + more)


@pytest.fixture
def unsound(evtx_folder: Path, tmp_path: Path) -> Path:
    """Logs of several chunks of which every second is as no log should be."""
    channel = "Sysmon/Operational".encode("utf-16-le")
    logs = [path.read_bytes() for path in sorted(evtx_folder.glob("*.evtx"))]
    whole = max((log for log in logs if log.count(b"ElfChnk\0") > 2), key=lambda log: log.count(channel))
    for number, (name, damaged) in enumerate(UNSOUND.items()):
        (tmp_path / f"{number:02} {name}.evtx").write_bytes(damaged(whole))
        (tmp_path / f"{number:02}~ sound.evtx").write_bytes(whole)
    return tmp_path


def test_logs_read_whole_give_the_same_among_others_that_are_not_sound(
    unsound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = list(sources([str(unsound)]))
    told: list[tuple[Tally, list[Mapping[str, object]]]] = []
    for native in ("1", "0"):
        monkeypatch.setenv("STASHLIGHT_NATIVE", native)
        tally = Tally()
        rows = small(together, tally, MAPPED, "", strict=False, needed=NEEDED)
        assert rows is not None
        told.append((tally, sorted(rows.to_pylist(), key=_place)))
    assert told[0] == told[1]
    (tally, rows) = told[0]
    damaged = {Path(problem.file).name[3:-5] for problem in tally.problems}
    assert damaged == set(UNSOUND) - {"too long to be held whole"}
    assert len(rows) > len(UNSOUND)


def test_logs_are_read_whole_up_to_the_first_that_is_not_sound(unsound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STASHLIGHT_NATIVE", "1")
    paths = [str(path) for path in sorted(unsound.iterdir())]
    native = Native(frozenset(MAPPED.ids or ()), Bodies(), picks())
    for start in range(len(paths)):
        (*found,) = whole_logs(paths, start, native, 1 << 20, 1 << 40)
        assert len(found) == start % 2, paths[start]  # the odd ones are sound, and another follows that is not
        assert [batch.bytes for batch in found] == [Path(paths[start]).stat().st_size] * len(found)
        assert not any(batch.problems for batch in found)
    assert {file for picked in native.take() for file in picked.files} == set(range(1, len(paths), 2))


def test_logs_are_read_whole_until_enough_rows_wait(unsound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STASHLIGHT_NATIVE", "1")
    paths = [str(unsound / "00~ sound.evtx")] * 5
    native = Native(frozenset(MAPPED.ids or ()), Bodies(), picks())
    assert len(whole_logs(paths, 0, native, 1 << 20, 1 << 40)) == 5
    rows, size = native.waiting
    native.take()
    assert len(whole_logs(paths, 0, native, rows * 2 // 5, 1 << 40)) == 2
    native.take()
    assert len(whole_logs(paths, 0, native, 1 << 20, size * 3 // 5)) <= 3


@pytest.mark.parametrize(
    ("record", "part"),
    [
        (b'{"a":1,"Payload":"x \\" y"}', b'"x \\" y"'),
        (b'{"a":1,"Payload":"x\\\\"}', b'"x\\\\"'),
        (b'{"a":1,"Payload": "x"}', None),
        (b'{"Payload":"x","Payload":"y"}', None),
        (b'{"a":"\\"Payload","b":"x"}', None),
        (b'{"a":"\\u0041","Payload":"x"}', None),
        (b'{"a":1,"Payload":"x', None),
        (b'{"a":1,"Payload":5}', None),
        (b'{"a":1}', None),
    ],
)
def test_only_the_text_is_asked_where_it_can_be_told(record: bytes, part: bytes | None) -> None:
    assert text_of(record, "Payload") == (record if part is None else part)


@pytest.mark.parametrize(
    ("record", "part"),
    [
        (b'{"a":"Data","Message":"x \\"Data\\" y"}', None),
        (b'{"a":1,"Message":"x \\"Data\\" y"}', b'"x \\"Data\\" y"'),
        (b'{"a":1,"Message":"Data"}', b'"Data"'),
        (b'{"Message":"x","Data":["y"]}', None),
        (b'{"Data":"y","Message":"x"}', None),
        (b'{"Database":"y","Message":"x"}', b'"x"'),
        (b'{"a":"y"}', b""),
        (b'{"a":"\\u0041"}', None),
        (b'{"a":1,"Data":null}', None),
    ],
)
def test_only_the_text_is_asked_where_nothing_else_can_be_it(record: bytes, part: bytes | None) -> None:
    assert text_of(record, "Message", ("Data", "_raw")) == (record if part is None else part)


TEXT = "Compress-Archive x"
CARRIED = (
    {**CLASSIC, "Message": TEXT},
    {**CLASSIC, "Message": None, "Data": [TEXT, "context", "details"]},
    {**CLASSIC, "Message": "x", "Data": ["pipeline", "context", TEXT]},
    {**CLASSIC, "Message": TEXT, "Data": ["pipeline", "context", "details"]},
    {**CLASSIC, "Message": None, "_raw": f'instance of Win32_NTLogEvent {{ Message = "{TEXT}"; }};'},
    {**CLASSIC, "Message": None, "EventData": {"a": 1}, "RenderedDescription": TEXT},
    {**CLASSIC, "Message": None, "EventData": {"Data": [TEXT]}},
    {**CLASSIC, "Message": None, "EventData": json.dumps({"Data": [TEXT]})},
    {"Event": {"System": {"Provider": "PowerShell", "EventID": 800}, "EventData": {"Data": [TEXT]}}},
    {"winlog": {"provider_name": "PowerShell", "event_id": 800, "event_data": {"a": 1}}, "message": TEXT},
    {"result": {**CLASSIC, "Message": TEXT}},
    {"records": [{**CLASSIC, "Message": "x"}, {**CLASSIC, "EventID": 5, "Message": TEXT}]},
    {key: value for key, value in CLASSIC.items() if key != "Message"},
)


@pytest.mark.parametrize("native", ["1", "0"])
def test_no_text_is_missed_wherever_it_stands(native: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log.json"
    plain = [{**CLASSIC, "Message": "nothing", "RecordNumber": n} for n in range(3)]
    separators = [(",", ":"), (", ", ": ")]
    lines = [json.dumps(record, separators=way) for record in (*plain, *CARRIED, *plain) for way in separators]
    log.write_text("".join(line + "\n" for line in lines))
    (source,) = sources([str(log)])
    monkeypatch.setenv("STASHLIGHT_NATIVE", native)

    def found() -> set[object]:
        return {row["record"] for table in read_source(source, Tally(), needed=NEEDED) for row in table.to_pylist()}

    asked = found()
    holds.cache_clear()
    monkeypatch.setattr("stashlight.decoders.json_bodies.is_there", lambda: False)
    monkeypatch.setattr("stashlight.events.reading._idle", [])
    parsed = found()
    holds.cache_clear()
    assert asked == parsed
    assert len(parsed) > 10


def _renamed(record: Mapping[str, object], provider: object) -> dict[str, object]:
    """Give the record as if somebody else had logged it."""
    known = {p for v in VOCABULARIES for p in v.providers}
    return {
        key: _renamed(cast("dict[str, object]", value), provider)
        if isinstance(value, dict)
        else provider
        if isinstance(value, str) and fold(value) in known
        else value
        for key, value in record.items()
    }


def _place(row: Mapping[str, object]) -> tuple[str, str]:
    return str(row["file"]), f"{row['event_key']} {row['record']}"


def _same(log: Path, monkeypatch: pytest.MonkeyPatch, needed: Needed = NEEDED) -> Mapping[str, Mapping[str, object]]:
    """Read a log both ways; give its rows by key and position."""
    (source,) = sources([str(log)])
    both: list[tuple[object, dict[str, Mapping[str, object]]]] = []
    for native in ("1", "0"):
        monkeypatch.setenv("STASHLIGHT_NATIVE", native)
        tally = Tally()
        tables = list(read_source(source, tally, needed=needed))
        rows = pa.concat_tables(tables).to_pylist() if tables else []
        counts = (tally.records, tally.rejected, tally.spared, tally.unmapped, sorted(map(repr, tally.problems)))
        both.append((counts, {f"{row['event_key']} {row['record']}": row for row in rows}))
    assert both[0] == both[1]
    return both[0][1]


ODD_IDS = (
    b'"EventID":5',
    b'"EventID":"5"',
    b'"EventID" : 5',
    b'"EventID":      5',
    b'"EventID":011',
    b'"EventID":5.5',
    b'"EventID":123456789012',
    b'"EventID":null',
    b'"EventID":{"#text":11}',
    b'"event_id":"13"',
    b'"EventCode":"11"',
    b'"a":"\\"EventID\\":5"',
    b'"a":"\\"EventID\\":11","EventID":5',
    b'"a":"<EventID>11</EventID>","EventID":5',
    b'"a":"Event ID","EventID":5',
    b'"EventID":4103,"x":"eventid 4103"',
    b'"EventID":4103,"EventID":5',
    b'"aventID":5',
    b'"\\u0045ventID":5',
)


@pytest.mark.parametrize("odd", ODD_IDS)
def test_ids_are_judged_alike(odd: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log.json"
    plain = json.dumps(SYSMON).encode()
    others = [
        json.dumps({**SYSMON, "EventID": None, "Payload": text}).encode() for text in ("Compress", "x", "Compress")
    ]
    lines = [plain, *(each.replace(b'"EventID": null', odd) for each in others), plain[:-1], b"", b"\r", plain + b"\r"]
    log.write_bytes(b"\n".join(lines))
    _same(log, monkeypatch)


RUN = "QUJD" * 300
MESSAGES = (
    f"-enc {RUN}= done",
    f"Compress -enc {RUN}= done",
    f"-enc {RUN}= Compress",
    f"-enc {RUN[:600]}Compress{RUN[600:]}= done",
    f"-enc Compress{RUN}= done",
    f"-enc {RUN}Compress= done",
    f"-enc {RUN}\nompress {RUN}C",
    f"C {RUN}ompress{RUN}",
    f"C\nompress {RUN}" * 3,
    f"-enc {'/' * 70_000} Compress",
    f"-enc {'/' * 70_000}Compress{RUN}",
    f"-enc {'A' * 127}C{'B' * 600}ompress{'A' * 121}",
)


@pytest.mark.parametrize(
    "pattern", [r"\x{43}ompress", r"\x{43} [A-Za-z]{0,}ompress", r"\x{43} [\x{0}-\x{10FFFF}]{0,}ompress"]
)
def test_long_runs_of_letters_are_asked_alike(pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log.json"
    texts = [text for text in MESSAGES for _ in range(3)]
    lines = [{**CLASSIC, "Message": text, "RecordNumber": n} for n, text in enumerate(texts)]
    lines += [{**PIPELINE, "Payload": text, "RecordNumber": n} for n, text in enumerate(texts)]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    rows = _same(log, monkeypatch, Needed({4103: (pattern,), 800: (pattern,)}))
    found = re.compile(pattern.replace(r"\x{43}", "C").replace(r"[\x{0}-\x{10FFFF}]", "(?s:.)"))
    assert len(rows) == 6 * sum(found.search(text) is not None for text in MESSAGES) > 0


def test_readers_that_others_used_begin_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = [tmp_path / f"{n}.json" for n in range(3)]
    for n, log in enumerate(logs):
        log.write_text("".join(json.dumps({**SYSMON, "RecordNumber": n * 10 + i}) + "\n" for i in range(n + 1)))
    found = list(sources([str(tmp_path)]))
    for _ in range(2):
        table = small(found, Tally(), MAPPED, "", strict=False, needed=NEEDED)
        assert table is not None
        assert table.num_rows == 6
        assert [len(_same(log, monkeypatch)) for log in logs] == [1, 2, 3]
