"""The second seed document's case, from its telemetry: every field that telemetry can give is there, the rest is a blank."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from stashlight.reports.markdown import markdown
from stashlight.verbs.scan import scan


@pytest.fixture(scope="module")
def told(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of the first scenario, as Markdown."""
    folder = tmp_path_factory.mktemp("seed")
    render = [sys.executable, str(shared / "eval" / "render.py"), "--scenario", "m001-seed-mass-copy-ctemp"]
    subprocess.run([*render, "--shape", "otrf", "--out", str(folder)], check=True, capture_output=True)
    return "".join(markdown(scan([str(folder)], workers=1)))


@pytest.mark.parametrize(
    "field",
    [
        r"\*\*Alert:\*\* `SL-DATA-STAGED-1074-[0-9A-F]+`",
        r"\*\*Severity:\*\* \*\*HIGH \(8\d/100\)\*\*",
        r"\*\*Host:\*\* `ENG-WS-045",
        r"\*\*User:\*\* `COMPANY\\alexchen`",
        r"\*\*Staged in:\*\* `(?i:c:\\temp\\staging)`",
        r"T1074\.001 – Data Staged: Local Data Staging",
        r"\*\*Files:\*\* 1,247 files",
        r"\*\*Size:\*\* unknown, because no event that was read records file sizes",
        r"2024-02-28 18:55:00 to 19:14:57 UTC",
        r"\| `\.kdbx` \| 1 \|",
        r"(?i)passwords\.kdbx",
        r"\| `C:\\Users\\alexchen` \|",
        r"\| `\\\\filesrv\\r&d\\projects` \|",
        r"cmd\.exe, pid 4789",
        r"for /r C:\\Users\\alexchen %i in \(\*\.docx \*\.xlsx \*\.pdf \*\.py \*\.ipynb\) do copy %i C:\\temp\\staging\\",
        r"1 file of type \.kdbx: no command asks for it",
        r"remote desktop session of alexchen from 203\.0\.113\.47",
        r"Exfiltration: none was seen in these logs\. That is not proof",
    ],
)
def test_field_that_telemetry_gives_is_there(told: str, field: str) -> None:
    assert re.search(field, told), field


@pytest.mark.parametrize(
    "asked",
    [
        "how the account or host was taken",
        "compromised, acting on purpose, or authorised",
        "who was asked, by whom",
        "who could not work",
        "second factor",
        "why the case can be closed",
        "name and time",
    ],
)
def test_field_that_only_people_know_is_a_blank(told: str, asked: str) -> None:
    assert re.search(rf"To be filled in by the analyst:\*\* \*[^*]*{asked}", told), asked
