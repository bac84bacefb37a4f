"""What scripts and commands did, read from events as a log gives them."""

import pytest

from stashlight.decoders import Record
from stashlight.engines.duckdb import Engine
from stashlight.events import Normaliser
from stashlight.incidents.deeds import Deed, read_deeds

_PIPELINE = """Pipeline execution details for command line: {command}
.

Context Information:
\tDetailSequence=1
\tDetailTotal=1

\tSequenceNumber={number}

\tUserId=LINDEN\\nova
\tHostName=ConsoleHost
\tHostApplication=powershell.exe -Command "Copy-Item C:\\told\\* D:\\context"
\tEngineVersion=5.1.20348.1366
\tScriptName=
\tCommandLine={command}

Details:
CommandInvocation(Copy-Item): "Copy-Item"
"""


def _deeds(*messages: str) -> list[Deed]:
    normaliser = Normaliser("x")
    for number, message in enumerate(messages):
        said = {"SourceName": "PowerShell", "EventID": 800, "Hostname": "h", "@timestamp": "2026-01-01T00:00:00Z"}
        normaliser.add(Record({**said, "Message": message}, number, b"%d" % number))
    with Engine(threads=1) as engine:
        engine.add(normaliser.table())
        return read_deeds(engine)


def test_a_pipeline_log_tells_its_command_and_not_its_context() -> None:
    found = _deeds(_PIPELINE.format(command=r"Copy-Item C:\docs\* D:\pile", number=113))
    assert [(d.act.rung, d.place) for d in found] == [("stage", r"d:\pile")]


def test_what_a_pipeline_log_says_again_is_one_deed() -> None:
    texts = [_PIPELINE.format(command=r"Copy-Item C:\docs\* D:\pile", number=n) for n in range(5)]
    (deed,) = _deeds(*texts)
    assert len(deed.events) == 5


@pytest.mark.parametrize("end", ["", "\n\tCommandLine=", "\n" * 70_000 + "CommandLine="])
def test_a_context_without_an_end_is_left_as_it_is(end: str) -> None:
    text = r"Copy-Item C:\docs\* D:\pile; x DetailSequence=1 DetailTotal=1 " + end
    assert [d.place for d in _deeds(text)] == [r"d:\pile"]
