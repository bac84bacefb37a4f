"""Nothing that command reading takes for a rung is lost because no rule selects its event."""

import base64
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson
import pytest

from stashlight.decoders import read, sources
from stashlight.decoders.record import Record
from stashlight.engines.duckdb import Engine
from stashlight.errors import Problem
from stashlight.events import Normaliser
from stashlight.findings.load import load
from stashlight.findings.rule import RuleSet
from stashlight.incidents.acts import RUNGS, Act, Image, read_statement
from stashlight.incidents.commands import statements

_SYSMON = {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "SourceName": "Microsoft-Windows-Sysmon"}
_LINUX = {"EventID": 1, "Channel": "Linux-Sysmon/Operational", "SourceName": "Linux-Sysmon"}
_SCRIPT = {
    "EventID": 4104,
    "Channel": "Microsoft-Windows-PowerShell/Operational",
    "SourceName": "Microsoft-Windows-PowerShell",
}
_AT = {"UtcTime": "2026-01-01 00:00:00.000", "EventTime": "2026-01-01 00:00:00", "Hostname": "WS-1"}


def _encoded(match: re.Match[str]) -> str:
    """Write `@(…)` as PowerShell's encoded command."""
    return base64.b64encode(match[1].encode("utf-16-le")).decode()


def _cases() -> Iterator[tuple[str, str, str, str]]:
    for line in Path(__file__).with_name("command_lines.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            platform, image, original, text = line.split("\t")
            yield platform, image, original, re.sub(r"@\((.*)\)\Z", _encoded, text)


CASES = tuple(_cases())


def _record(platform: str, image: str, original: str, text: str) -> dict[str, object]:
    if platform == "script":
        return {**_SCRIPT, **_AT, "ScriptBlockText": text}
    process = {"Image": image, "CommandLine": text} | ({} if original == "-" else {"OriginalFileName": original})
    return {**(_LINUX if platform == "linux" else _SYSMON), **_AT, **process}


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load(keep=False)


def _counts(act: Act) -> bool:
    """Tell whether an act can be part of an incident: a rung, or a place that is prepared."""
    return act.rung in RUNGS or act.destination is not None


def _acts(text: str, image: Image, *, is_script: bool) -> list[Act]:
    found = [a for s in statements(text, "ps" if is_script else "") for a in read_statement(s, image)]
    return [a for a in found if _counts(a)]


def _unselected(engine: Engine, rules: RuleSet) -> Iterator[str]:
    """Give the events that command reading takes for an act and no rule with a rung selects."""
    on_a_rung = [r for r in rules.events if r.note.rung and {"process_start", "script_block"} & {*r.kinds}]
    chosen = " OR ".join(r.condition for r in on_a_rung)
    rows = engine.rows(
        "SELECT COALESCE(script_text, command_line), process_path_lc, original_file_name, file_description, "
        "kind = 'script_block' FROM events "
        f"WHERE kind IN ('process_start', 'script_block') AND NOT ({chosen}) ORDER BY event_key"
    )
    for text, path, original, description, is_script in rows:
        image = Image(*(str(v) if v else None for v in (path, original, description)))
        for act in _acts(str(text or ""), image, is_script=bool(is_script))[:1]:
            yield f"{act.rung} by {act.tool}: {text}"[:300]


def _add(engine: Engine, records: Iterable[dict[str, object]]) -> None:
    normaliser = Normaliser("cases")
    for position, fields in enumerate(records, 1):
        normaliser.add(Record(fields, position, orjson.dumps([position, fields])))
    engine.add(normaliser.table())


@pytest.mark.parametrize(("platform", "image", "original", "text"), CASES, ids=[c[3][:60] for c in CASES])
def test_each_case_is_an_act(platform: str, image: str, original: str, text: str) -> None:
    """The table would prove nothing if command reading made nothing of its lines."""
    told = Image(image.lower(), None if original == "-" else original)
    found = [a for s in statements(text, "ps" if platform == "script" else "") for a in read_statement(s, told)]
    assert found


def test_every_act_of_the_table_is_selected(rules: RuleSet) -> None:
    with Engine(threads=1) as engine:
        _add(engine, (_record(*case) for case in CASES))
        assert engine.rows("SELECT count(*) FROM events") == [(len(CASES),)]
        assert list(_unselected(engine, rules)) == []


@pytest.mark.parametrize("shape", ["otrf", "defender"])
def test_every_act_of_the_scenarios_is_selected(shared: Path, tmp_path: Path, rules: RuleSet, shape: str) -> None:
    render = str(shared / "eval" / "render.py")
    command = [sys.executable, render, "--shape", shape, "--out", str(tmp_path), "--split", "dev"]
    subprocess.run(command, check=True, capture_output=True)
    (tmp_path / "labels.jsonl").unlink()
    with Engine(threads=1) as engine:
        for source in sources([str(tmp_path)]):
            assert not isinstance(source, Problem)
            normaliser = Normaliser(source.name)
            for batch in read(source):
                for record in batch.records:
                    normaliser.add(record)
            engine.add(normaliser.table())
        assert list(_unselected(engine, rules)) == []
