"""Columns that nobody asks of get no values, and the others are the same as ever, whoever reads."""

from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kept_rows import Rows

from stashlight.events import Needed, load
from stashlight.events.schema import ARROW, KEYS, names
from stashlight.plugins import plugins
from stashlight.simulation.procedure import play
from stashlight.simulation.shapes import Shape
from stashlight.verbs.convert import convert


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log in every shape, and an event table of them all."""
    folder = tmp_path_factory.mktemp("columns")
    (folder / "logs").mkdir()
    acts = sorted(
        (act for each in ("archive_and_send", "mapped_drive") for act in play(each)), key=lambda act: act.time
    )
    for name, shape in plugins("stashlight.simulation.shapes", Shape).items():
        for end, data in shape.render(acts).items():
            (folder / "logs" / f"{name}{end}").write_bytes(data)
    (folder / "table").mkdir()
    convert([str(folder / "logs")], str(folder / "table" / "events.parquet"))
    return folder


@cache
def _whole(path: Path, readers: str) -> pa.Table:
    return _read(path, None)


def _read(path: Path, columns: frozenset[str] | None, resume: Path | None = None) -> pa.Table:
    rows = Rows()
    load([str(path)], rows, needed=Needed(columns=columns), workers=1, resume=resume)
    return rows.whole()


@pytest.mark.parametrize("readers", ["compiled", "Python"])
@pytest.mark.parametrize("logs", ["logs", "table"])
@settings(deadline=None, max_examples=6)
@given(st.frozensets(st.sampled_from(names()), max_size=12))
@example(frozenset({"script_text_lc"}))
def test_what_is_asked_of_is_the_same_and_the_rest_is_empty(
    folder: Path, logs: str, readers: str, columns: frozenset[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STASHLIGHT_NATIVE", "1" if readers == "compiled" else "0")
        whole, some = _whole(folder / logs, readers), _read(folder / logs, columns)
    assert some.num_rows == whole.num_rows > 0
    for name in ARROW.names:
        if name in columns or name in KEYS:
            assert some[name].equals(whole[name]), name
        else:
            assert some[name].null_count == some.num_rows, name


def test_what_was_kept_of_some_columns_does_not_stand_for_others(folder: Path, tmp_path: Path) -> None:
    """Who resumes with rules that ask for more reads again."""
    _read(folder / "logs", frozenset({"host"}), tmp_path)
    assert _read(folder / "logs", frozenset({"host"}), tmp_path)["account"].null_count
    assert _read(folder / "logs", None, tmp_path).equals(_read(folder / "logs", None))
