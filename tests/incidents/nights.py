"""A job of every night in invented telemetry, for the tests of baseline, settings and tuning."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stashlight.plugins import plugin
from stashlight.simulation.acts import Act, Host, Process, Start, Write
from stashlight.simulation.shapes import Shape

HOST = Host("APP-04", "linden.example", "10.30.3.4")
FIRST = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = 20_600


def night(
    number: int,
    *,
    files: int = 30,
    place: str = r"E:\Mirror\Projects",
    image: str = r"C:\Windows\System32\Robocopy.exe",
    account: str = r"LINDEN\tbrandt",
    command: str = "",
    name: str = "robocopy.exe",
    hour: int = 1,
) -> list[Act]:
    """Give what one night's job does: a scheduled copy of documents, `number` days after the first night."""
    start = FIRST.replace(hour=hour) + timedelta(days=number)
    boot = start - timedelta(hours=3)
    schedule = Process(
        HOST, r"C:\Windows\System32\svchost.exe", r"C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule",
        r"NT AUTHORITY\SYSTEM", boot, None, "svchost.exe", "Host Process for Windows Services", "Microsoft Corporation",
    )  # fmt: skip
    job = Process(
        HOST, image, command or rf"{image} D:\Projects {place} *.docx /E", account, start, schedule, name,
        "Microsoft Robocopy", "Microsoft Corporation",
    )  # fmt: skip
    writes = [Write(start + timedelta(seconds=2 + n), job, rf"{place}\plan_{n:04d}.docx", 90_000) for n in range(files)]
    return [Start(start, job), *writes]


def written(folder: Path, name: str, acts: Iterable[Act]) -> str:
    """Write acts as a log; give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    rendered = plugin("stashlight.simulation.shapes", "nxlog", Shape).render(sorted(acts, key=lambda act: act.time))
    for suffix, content in rendered.items():
        (folder / f"{name}{suffix}").write_bytes(content)
    return str(folder / f"{name}{next(iter(rendered))}")
