"""
Procedure → acts: play the steps of a YAML file.

    title, start (UTC), host: {name, domain, address}; `attack: true` if it is one
    steps, each `at` so many seconds after the start, by the process `by` (a key given earlier):
      {at, process: KEY, image, command, account, parent: KEY, name, description, company}; `runs: true`: from before
      {at, writes: FOLDER, by, over: seconds, extensions: {docx: 12}, names: [..], size: bytes on average}
      {at, deletes: KEY, by}                    all that the process KEY wrote
      {at, connects: NAME, address, port, by}
      {at, logon: ACCOUNT, type, address}
      {at, shares: NAME, share_path, writes: FOLDER below it, account, address, over, extensions, size}
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NotRequired, TypedDict, cast

import yaml

from stashlight.simulation.acts import Act, Connect, Delete, Host, Logon, Process, ShareWrite, Start, Write, draw

__all__ = ["PROCEDURES", "attack_names", "play", "procedure_names"]

PROCEDURES = Path(__file__).parent / "procedures"

_SUBJECTS = "budget contract payroll forecast design review supplier audit roadmap tender inspection invoice".split()
_KINDS = "draft final summary notes annex minutes plan overview".split()


class Step(TypedDict):
    """One step as written; which of the keys are there says what it is."""

    at: float
    process: NotRequired[str]
    runs: NotRequired[bool]
    image: NotRequired[str]
    command: NotRequired[str]
    account: NotRequired[str]
    parent: NotRequired[str]
    name: NotRequired[str]
    description: NotRequired[str]
    company: NotRequired[str]
    by: NotRequired[str]
    writes: NotRequired[str]
    over: NotRequired[float]
    extensions: NotRequired[dict[str, int]]
    names: NotRequired[list[str]]
    size: NotRequired[int]
    deletes: NotRequired[str]
    connects: NotRequired[str]
    port: NotRequired[int]
    address: NotRequired[str]
    logon: NotRequired[str]
    type: NotRequired[int]
    shares: NotRequired[str]
    share_path: NotRequired[str]


class Procedure(TypedDict):
    """A procedure as written."""

    title: str
    start: datetime
    host: dict[str, str]
    attack: NotRequired[bool]
    steps: list[Step]


def procedure_names() -> list[str]:
    """Name every procedure that there is."""
    return sorted(path.stem for path in PROCEDURES.glob("*.yml"))


def attack_names() -> list[str]:
    """Name the procedures that are attacks; the others only look like one."""
    return [name for name in procedure_names() if _written(name).get("attack")]


def play(name: str) -> list[Act]:
    """Give everything that happens in a procedure, in order of time."""
    written = _written(name)
    scene = _Scene(Host(**written["host"]), {}, [])
    start = written["start"].replace(tzinfo=UTC)
    for number, step in enumerate(written["steps"]):
        scene.acts.extend(_acts(step, f"{name}|{number}", start + timedelta(seconds=step["at"]), scene))
    return sorted(scene.acts, key=lambda act: act.time)


def _written(name: str) -> Procedure:
    return cast("Procedure", yaml.safe_load((PROCEDURES / f"{name}.yml").read_text("utf-8")))


@dataclass(slots=True)
class _Scene:
    """Who is there and what has happened so far."""

    host: Host
    processes: dict[str, Process]
    acts: list[Act]


def _acts(step: Step, seed: str, time: datetime, scene: _Scene) -> Iterator[Act]:
    if "process" in step:
        process = _process(step, time, scene)
        scene.processes[step["process"]] = process
        if not step.get("runs"):
            yield Start(time, process)
    elif "logon" in step:
        yield Logon(time, scene.host, step["logon"], step.get("type", 2), step.get("address", "-"))
    elif "shares" in step:
        yield from _share_writes(step, step["shares"], seed, time, scene.host)
    else:
        yield from _deeds(step, seed, time, scene)


def _deeds(step: Step, seed: str, time: datetime, scene: _Scene) -> Iterator[Act]:
    """Give what the process `by` does in this step."""
    process = scene.processes[step.get("by", "")]
    if "connects" in step:
        yield Connect(time, process, step.get("address", "-"), step["connects"], step.get("port", 443))
    elif "deletes" in step:
        owner = scene.processes[step["deletes"]]
        gone = [act for act in scene.acts if isinstance(act, Write) and act.process is owner]
        for number, act in enumerate(gone):
            yield Delete(time + timedelta(milliseconds=37 * number), process, act.path)
    else:
        for when, path, size in _files(step, seed, time):
            yield Write(when, process, path, size)


def _share_writes(step: Step, share: str, seed: str, time: datetime, host: Host) -> Iterator[Act]:
    boot = time.replace(hour=0, minute=0, second=0)
    kernel = Process(host, "System", "", "NT AUTHORITY\\SYSTEM", boot, None, "", "", "")
    account, address, folder = step.get("account", ""), step.get("address", ""), step.get("share_path", "")
    for when, path, size in _files(step, seed, time):
        yield ShareWrite(when, kernel, account, address, share, folder, path, size)


def _process(step: Step, time: datetime, scene: _Scene) -> Process:
    image = step.get("image", "")
    started = time - timedelta(hours=3) if step.get("runs") else time
    parent = scene.processes[step["parent"]] if "parent" in step else None
    account = step.get("account") or (parent.account if parent else "NT AUTHORITY\\SYSTEM")
    return Process(
        scene.host,
        image,
        step.get("command", f'"{image}"'),
        account,
        started,
        parent,
        step.get("name", image.rsplit("\\", 1)[-1]),
        step.get("description", "-"),
        step.get("company", "Microsoft Corporation"),
    )


def _files(step: Step, seed: str, time: datetime) -> Iterator[tuple[datetime, str, int]]:
    """Give time, path and size of each file, in an order that mixes the extensions."""
    names = [*step.get("names", ()), *_names(step.get("extensions", {}), seed)]
    gap = step.get("over", 0.0) / max(1, len(names))
    for number, name in enumerate(names):
        late = draw(400, seed, number, "ms") / 1000 * gap  # people and disks are not metronomes
        size = step.get("size", 60_000)
        when = time + timedelta(seconds=round(gap * number + late, 3))
        yield (
            when,
            f"{step.get('writes', '')}\\{name}".lstrip("\\"),
            size // 3 + draw(size * 4 // 3, seed, number, "size"),
        )


def _names(extensions: dict[str, int], seed: str) -> list[str]:
    extension_of = [extension for extension, count in extensions.items() for _ in range(count)]
    mixed = sorted(enumerate(extension_of), key=lambda pair: draw(2**32, seed, pair[0], "order"))
    return [
        f"{_SUBJECTS[draw(len(_SUBJECTS), seed, n, 's')]}_{_KINDS[draw(len(_KINDS), seed, n, 'k')]}_{n:03d}.{extension}"
        for n, extension in mixed
    ]
