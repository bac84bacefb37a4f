"""
What each vocabulary and wrapping means: cases as data in cases/*.json.

A case has a `record` as a decoder gives it and the `event` that comes of it (only the columns that matter; null for
none), `unmapped` if it is counted instead, `problem` if something is to be said.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from stashlight.decoders import Record
from stashlight.events import Normaliser

CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted((Path(__file__).parent / "cases").glob("*.json"))
    for case in json.loads(path.read_text("utf-8"))
]


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any]) -> None:
    normaliser = Normaliser("case.json")
    normaliser.add(Record(case["record"], 1, json.dumps(case["record"]).encode()))
    rows: list[dict[str, object]] = normaliser.table().to_pylist()
    wanted = case["event"]
    assert len(rows) == (wanted is not None)
    if wanted is not None:
        assert {name: rows[0][name] for name in wanted} == wanted
    assert dict(normaliser.unmapped) == ({tuple(case["unmapped"]): 1} if "unmapped" in case else {})
    assert [p.reason for p in normaliser.problems] == ([case["problem"]] if "problem" in case else [])
