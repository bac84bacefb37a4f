"""
A machine's ordinary day as acts, for load tests and for hiding a procedure in: invented, and no attack.

What runs and what it writes stands in `PROGRAMS`; when, how often and how the files are called is drawn from the seed.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from stashlight.simulation.acts import Act, Connect, Host, Process, Start, Write

__all__ = ["workday"]


@dataclass(frozen=True, slots=True)
class Program:
    """A program in use: it writes into `folder` files of `extensions`, or talks to `peer`; {user} is who is there."""

    image: str
    weight: int
    folder: str = ""
    extensions: tuple[str, ...] = ()
    peer: str = ""
    system: bool = False
    arguments: str = ""

    @property
    def name(self) -> str:
        return self.image.rsplit("\\", 1)[-1]


_OFFICE = "C:\\Program Files\\Microsoft Office\\root\\Office16"
_PROFILE = "C:\\Users\\{user}\\AppData"
_EDGE = f"{_PROFILE}\\Local\\Microsoft\\Edge\\User Data\\Default\\Cache\\Cache_Data"
_SYSTEM = "C:\\Windows\\System32"

PROGRAMS: tuple[Program, ...] = (
    Program("C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe", 44, _EDGE, ("", ""), "www.example"),
    Program(f"{_OFFICE}\\OUTLOOK.EXE", 9, f"{_PROFILE}\\Local\\Microsoft\\Outlook", ("tmp", "log"), "mail.example"),
    Program(f"{_OFFICE}\\WINWORD.EXE", 3, f"{_PROFILE}\\Roaming\\Microsoft\\Office\\Recent", ("lnk",)),
    Program("C:\\Windows\\explorer.exe", 5, f"{_PROFILE}\\Roaming\\Microsoft\\Windows\\Recent", ("lnk",)),
    Program(f"{_SYSTEM}\\svchost.exe", 14, "C:\\Windows\\Prefetch", ("pf",), system=True, arguments="-k netsvcs -p"),
    Program(f"{_SYSTEM}\\svchost.exe", 9, peer="update.example", system=True, arguments="-k netsvcs -p -s wuauserv"),
    Program(f"{_SYSTEM}\\SearchProtocolHost.exe", 4, system=True, arguments="Global\\UsGthrFltPipeMssGthrPipe7"),
    Program(f"{_SYSTEM}\\backgroundTaskHost.exe", 4, arguments="-ServerName:App.AppXmtcan0h2tfbfy7k9kn8hbxb6dmzz1zh0"),
    Program(f"{_SYSTEM}\\RuntimeBroker.exe", 4, arguments="-Embedding"),
    Program(f"{_SYSTEM}\\conhost.exe", 4, system=True, arguments="0xffffffff -ForceV1"),
)
_START_EVERY = 9  # acts of one program between two starts of it


def workday(host: Host, user: str, day: datetime, events: int, seed: str) -> list[Act]:
    """Give `events` acts of one machine on one day, in order of time; each is one record of a log."""
    dice = random.Random(f"{seed}|{host.name}|{day:%Y-%m-%d}")  # noqa: S311 - nothing secret is drawn
    boot = day.replace(hour=0, minute=0, second=0, microsecond=0)
    moments = sorted(dice.uniform(0, 86_399) for _ in range(events))
    chosen = dice.choices(range(len(PROGRAMS)), [program.weight for program in PROGRAMS], k=events)
    scene = _Scene(host, user, dice, {})
    acts: list[Act] = []
    for number, (second, which) in enumerate(zip(moments, chosen, strict=True)):
        time = boot + timedelta(milliseconds=round(second * 1000))
        acts.append(_act(scene, which, number, time))
    return acts


@dataclass(frozen=True, slots=True)
class _Scene:
    """Who works where, and what runs: the last process of each program by its number."""

    host: Host
    user: str
    dice: random.Random
    running: dict[int, Process]


def _act(scene: _Scene, which: int, number: int, time: datetime) -> Act:
    """Give what the program does now: start, talk, or write a file."""
    program, dice = PROGRAMS[which], scene.dice
    process = scene.running.get(which)
    if process is None or not program.folder + program.peer or dice.randrange(_START_EVERY) == 0:
        process = scene.running[which] = _started(scene, program, time)
        return Start(time, process)
    if program.peer and (not program.folder or dice.randrange(4) == 0):
        return Connect(time, process, f"203.0.113.{dice.randrange(1, 250)}", program.peer, 443)
    extension = program.extensions[dice.randrange(len(program.extensions))]
    name = f"{dice.getrandbits(32):08X}.{extension}" if extension else f"f_{number:06x}"
    return Write(time, process, f"{program.folder.format(user=scene.user)}\\{name}", 4096 + dice.getrandbits(16))


def _started(scene: _Scene, program: Program, time: datetime) -> Process:
    domain = scene.host.domain.partition(".")[0].upper()
    account = "NT AUTHORITY\\SYSTEM" if program.system else f"{domain}\\{scene.user}"
    command = f'"{program.image}" {program.arguments}'.strip()
    parent = _parent(program, scene.host, account, time)
    return Process(
        scene.host, program.image, command, account, time, parent, program.name, "-", "Microsoft Corporation"
    )


def _parent(program: Program, host: Host, account: str, time: datetime) -> Process:
    image = f"{_SYSTEM}\\services.exe" if program.system else "C:\\Windows\\explorer.exe"
    boot = time.replace(hour=0, minute=5, second=0, microsecond=0)
    return Process(host, image, image, account, boot, None, image.rsplit("\\", 1)[-1], "-", "Microsoft Corporation")
