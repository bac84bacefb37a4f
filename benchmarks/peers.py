"""Other programs that run Sigma rules over logs, with the same three rules: one function each, found or named as missing."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contender import RULES, Contender, json_lines
from benchmarks.measure import said

__all__ = ["PEERS", "peers"]


def zircolite(program: Path, container: str, files: Path, out: Path) -> Contender:
    """A folder of its sources; it runs under the Python that is beside it in `venv/` or `bin/`, or under this one."""
    program = program if program.is_dir() else program.parent
    candidates = [program / part for part in ("venv/bin/python", ".venv/bin/python", "../peers/bin/python")]
    python = next((str(each) for each in candidates if each.exists()), sys.executable)
    script, result = program / "zircolite.py", out / "zircolite.json"
    if not script.exists():
        return Contender("Zircolite", remark=f"no zircolite.py in {program.name}: PATH is the folder of its sources")
    command = [python, str(script), "-c", str(program / "config" / "config.yaml"), "-e", str(files)]
    command += ["-j", "-f", "json"] if container == "json" else []
    command += ["-r", str(RULES), "-p", "sysmon", "-p", "windows-logsources", "-q", "-o", str(result)]
    command += ["-l", str(out / "zircolite.log")]
    return Contender(
        "Zircolite", command, json_lines, version=_version([python, str(script), "-v"], program), result=result
    )


def tenzir(program: Path, container: str, files: Path, out: Path) -> Contender:  # noqa: ARG001 - it prints
    """It reads no EVTX; it looks at no `logsource`, so a rule on files asks every event that has the field."""
    if container != "json":
        return Contender("Tenzir", remark="reads no EVTX")
    pipeline = f'from_file "{files}/*.json" {{ read_ndjson }} | sigma path="{RULES}" | write_ndjson'
    version = _version([str(program), "version | write_ndjson"])
    remark = "ignores `logsource`: a rule on files asks every event that has the field"
    return Contender("Tenzir", [str(program), pipeline], json_lines, remark, version)


def chainsaw(program: Path, container: str, files: Path, out: Path) -> Contender:  # noqa: ARG001 - it prints
    """It needs its own mapping of Sigma's fields, from `mappings/` of its sources or release; that one is of EVTX."""
    name = "sigma-event-logs-all.yml"
    above = _above(program, f"mappings/{name}")
    if container != "evtx":
        return Contender("Chainsaw", remark="its mapping of Sigma's fields is of EVTX only")
    if above is None:
        return Contender("Chainsaw", remark=f"no mappings/{name} beside or above {program.name}")
    command = [str(program), "hunt", str(files), "-s", str(RULES), "--mapping", str(above / "mappings" / name)]
    return Contender(
        "Chainsaw",
        [*command, "--jsonl", "-q", "--skip-errors"],
        json_lines,
        "a line for an event, whatever matched",
        _version([str(program), "--version"]),
    )


def hayabusa(program: Path, container: str, files: Path, out: Path) -> Contender:
    """It needs `rules/config` and `config` beside or above it, and has its filter of channels off: the rules name none."""
    home = _above(program, "rules/config")
    if home is None:
        return Contender("Hayabusa", remark="no rules/config beside or above it: `hayabusa update-rules` fetches that")
    result = out / "hayabusa.jsonl"
    command = [str(program), "dfir-timeline", "-d", str(files), *(["-J"] if container == "json" else ["-A", "-a"])]
    command += ["-r", str(RULES), "-c", str(home / "rules" / "config")]
    command += ["-w", "-q", "-K", "-N", "-C", "-Q", "-U", "-t", "jsonl", "-o", str(result)]
    version = _version([str(program), "help"], home)
    remark = "ignores `logsource`, as Tenzir does"
    return Contender("Hayabusa", command, json_lines, remark, version, result, home)


GOT = Path(__file__).parent.parent / ".peers"
"""Where `get_peers.sh` puts them."""


@dataclass(frozen=True, slots=True)
class Peer:
    """How to have it run ((program, container, folder of files, folder to write into) → contender), and to get it."""

    make: Callable[[Path, str, Path, Path], Contender]
    get: str
    is_program: bool = True


PEERS: dict[str, Peer] = {
    "zircolite": Peer(
        zircolite,
        "`git clone https://github.com/wagga40/Zircolite`, its requirements into its `venv`",
        is_program=False,
    ),
    "tenzir": Peer(tenzir, "`pip install tenzir` into an environment of its own"),
    "chainsaw": Peer(chainsaw, "`cargo build --release` in https://github.com/WithSecureLabs/chainsaw"),
    "hayabusa": Peer(
        hayabusa,
        "`cargo build --release` in https://github.com/Yamato-Security/hayabusa, then `hayabusa update-rules`",
    ),
}


def peers(given: Mapping[str, str], container: str, files: Path, out: Path) -> list[Contender]:
    """Give every peer, those included that are not here or cannot read this kind of data."""
    found: list[Contender] = []
    for name, peer in PEERS.items():
        place = given.get(name) or (str(GOT / name) if (GOT / name).exists() else shutil.which(name))
        program = _program(Path(place).absolute(), name) if place and peer.is_program else Path(place or name)
        if place and program and program.exists():
            found.append(peer.make(program.absolute(), container, files, out))
        else:
            reason = f"{place} holds no {name}" if place else "not here"
            remark = f"{reason}: `just peers` gets it, or {peer.get}, then `--peer {name}=PATH`"
            found.append(Contender(name.capitalize(), remark=remark))
    return found


def _program(place: Path, name: str) -> Path | None:
    """Give the program that is meant: `place` itself, or in a folder what is called so, as built or as released."""
    if not place.is_dir():
        return place
    below = [folder / name for folder in (place / "target" / "release", place, place / "bin")]
    every = [*below, *sorted(place.glob(f"{name}-*"))]
    return next((each for each in every if each.is_file() and os.access(each, os.X_OK)), None)


def _above(program: Path, part: str) -> Path | None:
    """Give the nearest folder at or above the program's own that holds `part`."""
    return next((folder for folder in program.resolve().parents if (folder / part).exists()), None)


def _version(command: list[str], cwd: Path | None = None) -> str:
    got = re.search(r"\d+\.\d+(\.\d+)?", said(command, cwd, 60))
    return got[0] if got else "of unknown version"
