"""Other programs that run Sigma rules over logs, with the same three rules: one function each, found or named as missing."""

import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.contender import RULES, Contender, json_lines, said

__all__ = ["PEERS", "peers"]

Peer = Callable[[Path, str, Path, Path], Contender]
"""(program, container, folder of files, folder to write into) → contender."""


def zircolite(program: Path, container: str, files: Path, out: Path) -> Contender:
    """A folder of its sources; it runs under the Python that is beside it in `venv/` or `bin/`, or under this one."""
    candidates = [program / part for part in ("venv/bin/python", ".venv/bin/python", "../peers/bin/python")]
    python = next((str(each) for each in candidates if each.exists()), sys.executable)
    script, result = program / "zircolite.py", out / "zircolite.json"
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
    mapping = next((p / "mappings" / name for p in program.resolve().parents if (p / "mappings" / name).exists()), None)
    if container != "evtx":
        return Contender("Chainsaw", remark="its mapping of Sigma's fields is of EVTX only")
    if mapping is None:
        return Contender("Chainsaw", remark=f"no mappings/{name} beside or above it")
    command = [str(program), "hunt", str(files), "-s", str(RULES), "--mapping", str(mapping), "--jsonl", "-q"]
    return Contender(
        "Chainsaw",
        [*command, "--skip-errors"],
        json_lines,
        "a line for an event, whatever matched",
        _version([str(program), "--version"]),
    )


def hayabusa(program: Path, container: str, files: Path, out: Path) -> Contender:
    """It needs `rules/config` beside it, and has its filter of channels off: the rules name none."""
    program = program.resolve()
    config, result = program.parent / "rules" / "config", out / "hayabusa.jsonl"
    if not config.is_dir():
        return Contender("Hayabusa", remark="no rules/config beside it: `hayabusa update-rules` fetches that")
    command = [str(program), "dfir-timeline", "-d", str(files), *(["-J"] if container == "json" else ["-A", "-a"])]
    command += ["-r", str(RULES), "-c", str(config), *"-w -q -K -N -C -Q -U -t jsonl -o".split(), str(result)]
    version = _version([str(program), "help"], program.parent)
    remark = "ignores `logsource`, as Tenzir does"
    return Contender("Hayabusa", command, json_lines, remark, version, result, program.parent)


PEERS: dict[str, Peer] = {"zircolite": zircolite, "tenzir": tenzir, "chainsaw": chainsaw, "hayabusa": hayabusa}


def peers(given: Mapping[str, str], container: str, files: Path, out: Path) -> list[Contender]:
    """Give every peer, those included that are not here or cannot read this kind of data."""
    found: list[Contender] = []
    for name, make in PEERS.items():
        place = given.get(name) or shutil.which(name)
        if place and Path(place).exists():
            found.append(make(Path(place).absolute(), container, files, out))
        else:
            found.append(Contender(name.capitalize(), remark=f"not measured: not on PATH, or --peer {name}=PATH"))
    return found


def _version(command: list[str], cwd: Path | None = None) -> str:
    got = re.search(r"\d+\.\d+(\.\d+)?", said(command, cwd))
    return got[0] if got else "of unknown version"
