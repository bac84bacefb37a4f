"""Every shape carries what its sensor sees of every procedure, and what it carries is read back whole."""

from pathlib import Path

import pytest

from stashlight.engines.duckdb import Engine
from stashlight.events.loading import load
from stashlight.plugins import plugins
from stashlight.simulation.acts import Act, Connect, Delete, Logon, Read, ShareWrite, Start, Write
from stashlight.simulation.procedure import play, procedure_names, read_procedure
from stashlight.simulation.shapes import Shape

SHAPES = plugins("stashlight.simulation.shapes", Shape)
_SEEN_BY = {
    "defender": (Start, Write, Delete, Connect, Logon, ShareWrite),
    "sysmon_linux": (Start, Write, Delete, Connect),
    "auditd": (Start, Write, Delete, Connect),
}
_KINDS = {
    "process_start": (Start,),
    "file_create": (Write, ShareWrite),
    "file_delete": (Delete,),
    "file_access": (Read,),
    "network_connect": (Connect,),
}


def _seen(acts: list[Act], sensor: str) -> list[Act]:
    systems = {"defender": {"windows", "macos"}, "windows": {"windows"}}.get(sensor, {"linux"})
    kinds = _SEEN_BY.get(sensor, (Act,))
    mine = [a for a in acts if (a.host if isinstance(a, Logon) else a.process.host).system in systems]
    return [act for act in mine if isinstance(act, kinds)]


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_written_is_read_back_whole(shape: str, tmp_path: Path) -> None:
    """Of each kind as many events as acts (twice for starts that Security logs, too); nothing is refused."""
    sensor = SHAPES[shape].SENSOR
    wanted: dict[tuple[str, str], int] = {}
    for name in procedure_names():
        acts = play(name, audits=True)
        for suffix, content in SHAPES[shape].render(acts).items():
            if content:
                (tmp_path / f"{name}{suffix}").write_bytes(content)
        for kind, classes in _KINDS.items():
            count = sum(isinstance(act, classes) for act in _seen(acts, sensor))
            twice = 2 if kind == "process_start" and sensor == "windows" else 1
            if count:
                wanted[name, kind] = count * twice
    with Engine(threads=1) as engine:
        tally = load([str(tmp_path)], engine, workers=1)
        rows = engine.rows("SELECT file, kind, count(*), count(ts_us), count(host_key) FROM events GROUP BY ALL")
    assert tally.problems == []
    found: dict[tuple[str, str], int] = {}
    for file, kind, count, timed, placed in rows:
        assert count == timed == placed
        if kind in _KINDS:
            key = Path(str(file)).name.partition(".")[0], str(kind)
            found[key] = found.get(key, 0) + int(str(count))
    assert found == wanted


@pytest.mark.parametrize("shape", SHAPES)
def test_shape_says_what_it_is(shape: str) -> None:
    assert (SHAPES[shape].__doc__ or "").strip()
    assert SHAPES[shape].SENSOR in {"windows", *_SEEN_BY}


@pytest.mark.parametrize("shape", SHAPES)
def test_same_call_gives_the_same_bytes_and_a_seed_others(shape: str) -> None:
    name = "linux_home_staging" if SHAPES[shape].SENSOR in {"sysmon_linux", "auditd"} else "mass_copy"
    first, again, other = (SHAPES[shape].render(play(name, seed=seed)) for seed in ("", "", "7|"))
    assert first == again
    assert first.keys() == other.keys()
    assert first != other


def test_hosts_belong_to_one_procedure_each() -> None:
    """Validation tells procedures apart by their hosts and times; only the sample's share a machine."""
    owners: dict[str, list[str]] = {}
    for name in procedure_names():
        for host in read_procedure(name).hosts.values():
            owners.setdefault(host.name, []).append(name)
    shared = {host: names for host, names in owners.items() if len(names) > 1}
    assert shared == {
        "LAB-WS-23": ["mass_copy", "windows_update"],
        "FIN-LT-08": ["archive_and_send", "cloud_sync"],
    }
