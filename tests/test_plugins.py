"""Plug-ins are found by listing, and one that does not fit is named."""

from pathlib import Path
from typing import Protocol

import pytest

import stashlight.outputs
from stashlight.errors import SettingError
from stashlight.outputs import Output
from stashlight.plugins import plugin, plugin_names, plugins


class _Impossible(Protocol):
    SUFFIX: str
    FLAVOUR: str


def test_every_module_of_the_folder_is_a_plug_in() -> None:
    folder = Path(str(stashlight.outputs.__file__)).parent
    assert plugin_names("stashlight.outputs") == sorted(p.stem for p in folder.glob("*.py") if p.stem != "__init__")
    assert sorted(plugins("stashlight.outputs", Output)) == plugin_names("stashlight.outputs")


def test_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SettingError, match=r"no 'pdf' in stashlight\.outputs; there are: csv, .*, text"):
        plugin("stashlight.outputs", "pdf", Output)


def test_what_a_plug_in_lacks_is_named() -> None:
    with pytest.raises(SettingError, match="it lacks FLAVOUR"):
        plugin("stashlight.outputs", "csv", _Impossible)
