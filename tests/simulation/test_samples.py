"""The bundled sample is what the generator gives: nobody edits it by hand, and every machine makes the same."""

import gzip
from pathlib import Path

import pytest

from stashlight.simulation.acts import ShareWrite, draw
from stashlight.simulation.procedure import attack_names, play, procedure_names
from stashlight.simulation.samples import SAMPLES, write_samples
from stashlight.simulation.windows import windows_events

COMMITTED = Path(__file__).parents[2] / "samples"
REFRESH = "python -m stashlight.simulation samples"


def _content(path: Path) -> bytes:
    """Give what is in a file: zlib versions pack the same bytes differently."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def test_committed_sample_is_what_the_generator_writes(tmp_path: Path) -> None:
    written = write_samples(tmp_path)
    assert sorted(path.name for path in written) == sorted(path.name for path in COMMITTED.iterdir()), REFRESH
    for path in written:
        assert _content(path) == _content(COMMITTED / path.name), f"{path.name} is stale: {REFRESH}"


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = write_samples(tmp_path / "a"), write_samples(tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_sample_stays_small() -> None:
    """It is cloned by everybody."""
    assert sum(path.stat().st_size for path in COMMITTED.iterdir()) < 300_000


def test_sample_shows_attacks_and_look_alikes() -> None:
    names = {name for *_, names in SAMPLES for name in names}
    assert names < set(procedure_names())
    assert names & set(attack_names())
    assert names - set(attack_names())


@pytest.mark.parametrize("name", procedure_names())
def test_procedure_plays_in_order_of_time(name: str) -> None:
    times = [act.time for act in play(name)]
    assert times
    assert times == sorted(times)


def test_write_over_the_network_shows_as_the_server_sees_it() -> None:
    """One 4624 and one 5140 a session, then for each file a 5145 and a Sysmon 11 of System with pid 4."""
    acts = [act for act in play("share_fan_in") if isinstance(act, ShareWrite)]
    ids = [event.id for event in windows_events(acts)]
    assert (ids.count(4624), ids.count(5140)) == (3, 3)
    assert ids.count(5145) == ids.count(11) == len(acts) == 36
    written = [event.data for event in windows_events(acts) if event.id == 11]
    assert {(data["Image"], data["ProcessId"]) for data in written} == {("System", "4")}


def test_draw_depends_on_its_key_alone() -> None:
    """Nothing but the key decides, and every number is reached."""
    assert draw(1000, "a", 1) == draw(1000, "a", 1)
    assert {draw(10, "key", number) for number in range(200)} == set(range(10))
