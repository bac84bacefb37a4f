"""A whole report, read line by line by a person once, stays as it was read; a change shows as a diff."""

import os
from pathlib import Path

import pytest

from stashlight.reports.markdown import markdown
from stashlight.verbs.scan import scan
from stashlight.verbs.simulate import simulate

GOLDEN = Path(__file__).parent / "golden" / "mass_copy.md"
REFRESH = "REFRESH=1 just test tests/reports/test_golden.py"


def test_report_of_the_seeds_mass_copy_stays_as_it_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(["mass_copy"], tmp_path)
    monkeypatch.chdir(tmp_path)
    told = "".join(markdown(scan(["."], workers=1)))
    if os.environ.get("REFRESH"):
        GOLDEN.write_text(told, "utf-8")
    assert told == GOLDEN.read_text("utf-8"), f"if that is meant: {REFRESH}"
