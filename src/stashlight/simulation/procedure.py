"""
Procedure → acts: play the steps of a YAML file.

    title, start (UTC), host: {name, domain, address, system: windows | linux | macos}; `attack: true` if it is one
    hosts: {KEY: {name, domain, address, system}}, further machines; a step is done on one of them with `on: KEY`
    steps, each `at` so many seconds after the start, by the process `by` (a key given earlier):
      {at, process: KEY, image, command, account, parent: KEY, name, description, company}; `runs: true`: from before
      {at, writes: FOLDER, by, over: seconds, extensions: {docx: 12}, names: [..], size: bytes on average}
      {at, reads: FOLDER, by, over, extensions, names}       reads that are audited
      {at, scripts: TEXT, path: FILE, by}                     PowerShell runs a script block
      {at, deletes: KEY, by}                    all that the process KEY wrote
      {at, connects: NAME, address, port, by}
      {at, logon: ACCOUNT, type, address}
      {at, shares: NAME, share_path, writes: FOLDER below it, account, address, over, extensions, size}
    expect: what logs and rules must show of it (`expectation.py`)
    commands: what to run on a machine of one's own to do the same (`commands.py`)
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NotRequired, TypedDict, cast

from stashlight.errors import RuleError, SettingError
from stashlight.findings.text import Document, documents
from stashlight.simulation.acts import (
    Act,
    Connect,
    Delete,
    Host,
    Logon,
    Process,
    Read,
    Script,
    ShareWrite,
    Start,
    Write,
    draw,
)

__all__ = ["PROCEDURES", "SYSTEMS", "Procedure", "attack_names", "play", "procedure_names", "read_procedure"]

PROCEDURES = Path(__file__).parent / "procedures"

_SUBJECTS = "budget contract payroll forecast design review supplier audit roadmap tender inspection invoice".split()
_KINDS = "draft final summary notes annex minutes plan overview".split()
_PARTS = frozenset({"title", "attack", "start", "host", "hosts", "steps", "expect", "commands"})
SYSTEMS = ("windows", "linux", "macos")
_HOST = frozenset({"name", "domain", "address", "system"})


class Step(TypedDict):
    """One step as written; which of the keys are there says what it is."""

    at: float
    on: NotRequired[str]
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
    reads: NotRequired[str]
    scripts: NotRequired[str]
    path: NotRequired[str]
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


_STEP = frozenset(Step.__annotations__)
_FORMS: dict[str, type | tuple[type, ...]] = {
    "at": (int, float),
    "over": (int, float),
    "size": int,
    "port": int,
    "type": int,
    "runs": bool,
    "names": list,
    "extensions": dict,
}
"""Of what form the value of a step's key is; text if not named here."""

_MOST_FILES = 100_000  # of one step: more is a mistake, or meant to fill memory
_DEEDS = frozenset({"process", "writes", "reads", "scripts", "deletes", "connects", "logon", "shares"})


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure as written: `hosts` by key, "" the one that steps are done on unless they say otherwise."""

    name: str
    title: str
    attack: bool
    start: datetime
    hosts: dict[str, Host]
    steps: tuple[Step, ...]
    document: Document

    @property
    def system(self) -> str:
        """Whose procedure it is: one of SYSTEMS."""
        return self.hosts[""].system


def procedure_names() -> list[str]:
    """Name every procedure that is shipped."""
    return sorted(path.stem for path in PROCEDURES.glob("*.yml"))


def attack_names() -> list[str]:
    """Name the shipped procedures that are attacks; the others only look like one."""
    return [name for name in procedure_names() if read_procedure(name).attack]


def read_procedure(name: str) -> Procedure:
    """
    Give a procedure by the name of a shipped one, or by the path of a file.

    Raises:
        SettingError: there is no such procedure, or it cannot be played; names file and line.
    """
    path = Path(name) if name.endswith((".yml", ".yaml")) else PROCEDURES / f"{name}.yml"
    if path.parent == PROCEDURES and path.stem not in procedure_names():
        message = f"no procedure {name!r}; `stashlight simulate --list` names them"
        raise SettingError(message)
    try:
        found = list(documents(path.read_text("utf-8"), str(path)))
        if len(found) != 1:
            message = f"{path}: a procedure is one YAML document, this has {len(found)}"
            raise SettingError(message)
        return _procedure(path.stem, found[0])
    except (OSError, UnicodeDecodeError) as error:
        message = f"procedure {path} cannot be read: {error}"
        raise SettingError(message) from error
    except RuleError as error:
        raise SettingError(str(error)) from error


def _procedure(name: str, document: Document) -> Procedure:
    content = document.content
    if unknown := content.keys() - _PARTS:
        reason = f"unknown key '{min(unknown)}' in a procedure"
        raise document.error(reason, min(unknown))
    if missing := {"title", "start", "host", "steps"} - content.keys():
        reason = f"a procedure needs '{min(missing)}'"
        raise document.error(reason)
    try:
        start = datetime.fromisoformat(str(content["start"])).replace(tzinfo=UTC)
    except ValueError as error:
        reason = "start must be a time such as 2026-03-02 21:12:00"
        raise document.error(reason, "start") from error
    further = cast("dict[str, object]", content.get("hosts") or {})
    hosts = {key: _host(document, value, "hosts", key) for key, value in further.items()}
    hosts[""] = _host(document, content["host"], "host")
    steps = cast("list[Step]", content["steps"])
    if not isinstance(cast("object", steps), list):
        reason = "steps must be a list"
        raise document.error(reason, "steps")
    for number, step in enumerate(steps):
        _check(document, step, number, hosts)
    return Procedure(name, str(content["title"]), content.get("attack") is True, start, hosts, tuple(steps), document)


def _host(document: Document, written: object, *path: str) -> Host:
    given = cast("dict[str, object]", written) if isinstance(written, dict) else {}
    fields = {key: value for key, value in given.items() if isinstance(value, str)}
    if given.keys() - fields.keys() or fields.keys() - _HOST or not {"name", "domain", "address"} <= fields.keys():
        reason = "a host has name, domain, address and perhaps system, all text"
        raise document.error(reason, *path)
    if fields.get("system", "windows") not in SYSTEMS:
        reason = f"system '{fields['system']}' is none of {', '.join(SYSTEMS)}"
        raise document.error(reason, *path)
    return Host(fields["name"], fields["domain"], fields["address"], fields.get("system", "windows"))


def _check(document: Document, step: Step, number: int, hosts: dict[str, Host]) -> None:
    at = ("steps", str(number))
    if not isinstance(cast("object", step), dict):
        reason = "a step must be a mapping"
        raise document.error(reason, *at)
    if unknown := step.keys() - _STEP:
        reason = f"unknown key '{min(unknown)}' in a step"
        raise document.error(reason, *at)
    if not isinstance(cast("object", step.get("at")), int | float) or not _DEEDS & step.keys():
        reason = f"a step needs 'at' in seconds and one of {', '.join(sorted(_DEEDS))}"
        raise document.error(reason, *at)
    for key, value in cast("dict[str, object]", step).items():
        if not isinstance(value, _FORMS.get(key, str)) or (isinstance(value, bool) and key != "runs"):
            reason = f"'{key}' of a step cannot be {value!r}"
            raise document.error(reason, *at, key)
    if step.get("on", "") not in hosts:
        reason = f"no host '{step.get('on')}'"
        raise document.error(reason, *at)


def play(name: str | Procedure, *, seed: str = "", audits: bool = False) -> list[Act]:
    """
    Give everything that happens in a procedure, in order of time.

    `seed` varies what is not written down (names and sizes of files, moments); `audits` logs all that can be.
    """
    procedure = read_procedure(name) if isinstance(name, str) else name
    hosts = {key: replace(host, audits=audits) for key, host in procedure.hosts.items()}
    scene = _Scene(hosts, {}, [])
    for number, step in enumerate(procedure.steps):
        key = f"{seed}{procedure.name}|{number}"
        try:
            scene.acts.extend(_acts(step, key, procedure.start + timedelta(seconds=step["at"]), scene))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            reason = f"this step cannot be played: {type(error).__name__}: {error}"
            raise SettingError(str(procedure.document.error(reason, "steps", str(number)))) from error
    return sorted(scene.acts, key=lambda act: act.time)


@dataclass(slots=True)
class _Scene:
    """Who is there and what has happened so far."""

    hosts: dict[str, Host]
    processes: dict[str, Process]
    acts: list[Act]


def _acts(step: Step, seed: str, time: datetime, scene: _Scene) -> Iterator[Act]:
    host = scene.hosts[step.get("on", "")]
    if "process" in step:
        process = _process(step, time, host, scene)
        scene.processes[step["process"]] = process
        if not step.get("runs"):
            yield Start(time, process)
    elif "logon" in step:
        yield Logon(time, host, step["logon"], step.get("type", 2), step.get("address", "-"))
    elif "shares" in step:
        yield from _share_writes(step, step["shares"], seed, time, host)
    else:
        yield from _deeds(step, seed, time, scene)


def _deeds(step: Step, seed: str, time: datetime, scene: _Scene) -> Iterator[Act]:
    """Give what the process `by` does in this step."""
    process = scene.processes[step.get("by", "")]
    if "connects" in step:
        yield Connect(time, process, step.get("address", "-"), step["connects"], step.get("port", 443))
    elif "scripts" in step:
        yield Script(time, process, step["scripts"], step.get("path", ""))
    elif "deletes" in step:
        owner = scene.processes[step["deletes"]]
        gone = [act for act in scene.acts if isinstance(act, Write) and act.process is owner]
        for number, act in enumerate(gone):
            yield Delete(time + timedelta(milliseconds=37 * number), process, act.path)
    elif "reads" in step:
        for when, path, _ in _files(step, step["reads"], seed, time, process.host):
            yield Read(when, process, path)
    else:
        for when, path, size in _files(step, step.get("writes", ""), seed, time, process.host):
            yield Write(when, process, path, size)


def _share_writes(step: Step, share: str, seed: str, time: datetime, host: Host) -> Iterator[Act]:
    boot = time.replace(hour=0, minute=0, second=0)
    kernel = Process(host, "System", "", "NT AUTHORITY\\SYSTEM", boot, None, "", "", "")
    account, address, folder = step.get("account", ""), step.get("address", ""), step.get("share_path", "")
    for when, path, size in _files(step, step.get("writes", ""), seed, time, host):
        yield ShareWrite(when, kernel, account, address, share, folder, path, size)


def _process(step: Step, time: datetime, host: Host, scene: _Scene) -> Process:
    image = step.get("image", "")
    started = time - timedelta(hours=3) if step.get("runs") else time
    parent = scene.processes[step["parent"]] if "parent" in step else None
    posix = host.system != "windows"
    account = step.get("account") or (parent.account if parent else "root" if posix else "NT AUTHORITY\\SYSTEM")
    return Process(
        host,
        image,
        step.get("command", image if posix else f'"{image}"'),
        account,
        started,
        parent,
        step.get("name", "-" if posix else image.rsplit("\\", 1)[-1]),
        step.get("description", "-"),
        step.get("company", "-" if posix else "Microsoft Corporation"),
    )


def _files(step: Step, folder: str, seed: str, time: datetime, host: Host) -> Iterator[tuple[datetime, str, int]]:
    """Give time, path and size of each file, in an order that mixes the extensions."""
    if (count := len(step.get("names", ())) + sum(step.get("extensions", {}).values())) > _MOST_FILES:
        message = f"{count:,} files in one step, more than {_MOST_FILES:,}"
        raise ValueError(message)
    names = [*step.get("names", ()), *_names(step.get("extensions", {}), seed)]
    gap = step.get("over", 0.0) / max(1, len(names))
    slash = "/" if host.system != "windows" else "\\"
    for number, name in enumerate(names):
        late = draw(400, seed, number, "ms") / 1000 * gap  # people and disks are not metronomes
        size = step.get("size", 60_000)
        when = time + timedelta(seconds=round(gap * number + late, 3))
        path = f"{folder}{slash}{name}" if folder else name
        yield when, path, size // 3 + draw(size * 4 // 3, seed, number, "size")


def _names(extensions: dict[str, int], seed: str) -> list[str]:
    extension_of = [extension for extension, count in extensions.items() for _ in range(count)]
    mixed = sorted(enumerate(extension_of), key=lambda pair: draw(2**32, seed, pair[0], "order"))
    return [
        f"{_SUBJECTS[draw(len(_SUBJECTS), seed, n, 's')]}_{_KINDS[draw(len(_KINDS), seed, n, 'k')]}_{n:03d}.{extension}"
        for n, extension in mixed
    ]
