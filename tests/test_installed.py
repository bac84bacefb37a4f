"""What is installed is told as `importlib.metadata` tells it, without importing that."""

import subprocess
import sys
import zipfile
from importlib.metadata import version as asked
from pathlib import Path

import pytest

from stashlight.installed import may_declare, version

_DECLARED = "[console_scripts]\nx = y:z\n\n[stashlight.outputs]\nfoam = stranger\n"
_LIST = "from stashlight.plugins import plugin_names; print('foam' in plugin_names('stashlight.outputs'))"


def _run(code: str, place: Path) -> str:
    given = f"import sys; sys.path.append({str(place)!r}); {code}"
    return subprocess.run([sys.executable, "-c", given], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("package", ["stashlight", "pysigma", "sqlglot", "pyyaml", "PyYAML", "duckdb"])
def test_versions_are_those_of_the_metadata(package: str) -> None:
    assert version(package) == asked(package)


def test_what_is_not_installed_has_no_version() -> None:
    assert version("no-such-package-as-this") == ""


def test_nobody_declares_a_group_of_no_name() -> None:
    assert not may_declare("stashlight.nothing")


@pytest.mark.parametrize("folder", ["stranger-1.0.dist-info", "stranger.egg-info", "stranger.egg/EGG-INFO"])
def test_a_strangers_plug_in_is_found(folder: str, tmp_path: Path) -> None:
    metadata = tmp_path / folder
    metadata.mkdir(parents=True)
    (metadata / "entry_points.txt").write_text(_DECLARED)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (metadata / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    place = metadata.parent if metadata.parent.suffix == ".egg" else tmp_path
    assert _run(_LIST, place) == "True"


def test_a_strangers_plug_in_is_found_in_an_archive(tmp_path: Path) -> None:
    archive = tmp_path / "strangers.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("stranger-1.0.dist-info/entry_points.txt", _DECLARED)
        file.writestr("stranger-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    assert _run(_LIST, archive) == "True"


def test_the_version_is_of_what_would_be_imported(tmp_path: Path) -> None:
    for place, number in (("first", "2.0"), ("second", "1.0")):
        (tmp_path / place / f"twice_named-{number}.dist-info").mkdir(parents=True)
    paths = f"sys.path += [{str(tmp_path / 'first')!r}, {str(tmp_path / 'second')!r}]"
    assert _run(f"{paths}; from stashlight.installed import version; print(version('Twice.Named'))", tmp_path) == "2.0"


def test_a_start_asks_no_metadata() -> None:
    code = "import stashlight.cli; from stashlight.plugins import plugin_names; plugin_names('stashlight.outputs')"
    here = Path(__file__).parent
    assert _run(f"{code}; print('importlib.metadata' in sys.modules)", here) == "False"
