"""
What these logs can show, and what they are blind for.

Every data source that an ATT&CK analytic of T1074 needs is looked for in the events that were read. What is absent, or
present without a needed field, is said with the analytics that cannot work without it.
Analytics: https://attack.mitre.org/detectionstrategies/ (DET0014, DET0261, DET0071 of ATT&CK v18)
"""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final, cast

from stashlight.engines.connection import Connection
from stashlight.engines.duckdb import Engine
from stashlight.frozen import frozen
from stashlight.incidents.document import Readiness

__all__ = ["SOURCES", "readiness"]


@frozen
class DataSource:
    """
    One kind of telemetry: how to count it (`where`, SQL), the fields it should carry, and what is blind without it.

    `alternatives` names other sources that show the same; while one of them is present, nothing is blind.
    """

    name: str
    where: str
    fields: tuple[str, ...]
    blind: tuple[str, ...]
    without: str
    alternatives: tuple[str, ...] = ()


SOURCES: Final[tuple[DataSource, ...]] = (
    DataSource(
        "process starts with command line (Sysmon 1, Security 4688, DeviceProcessEvents)",
        "kind = 'process_start'",
        ("command_line", "parent_path", "account"),
        ("AN0040", "AN0724", "AN0194"),
        "copy and archive commands cannot be seen; only the files they make",
    ),
    DataSource(
        "file creations (Sysmon 11, DeviceFileEvents)",
        "kind IN ('file_create', 'file_rename')",
        ("process_path", "account", "file_size"),
        ("AN0040", "AN0724", "AN0725"),
        "piles cannot be counted; only the commands that make them are seen",
    ),
    DataSource(
        "share access (Security 5145, Defender SMB requests)",
        "kind = 'share_access' OR (kind = 'file_create' AND NOT client_ip IS NULL)",
        ("client_ip", "account"),
        ("AN0194",),
        "remote staging on a file server cannot be traced to the host and account that write (T1074.002)",
    ),
    DataSource(
        "file reads (Security 4663 with a read mask)",
        "kind = 'file_access'",
        ("process_path",),
        ("AN0040",),
        "sources are known only as far as commands name them",
    ),
    DataSource(
        "script blocks (PowerShell 4104)",
        "kind = 'script_block'",
        (),
        ("AN0724",),
        "PowerShell that packs or copies without a command line of its own cannot be seen",
    ),
    DataSource(
        "network connections (Sysmon 3, Security 5156, DeviceNetworkEvents)",
        "kind = 'network_connect'",
        ("process_path",),
        (),
        "whether the pile was sent away can be told only from commands",
    ),
    DataSource(
        "file deletions (Sysmon 23, 26, DeviceFileEvents)",
        "kind = 'file_delete'",
        (),
        (),
        "clean-up can be told only from commands",
    ),
    DataSource(
        "logons (Security 4624, DeviceLogonEvents)",
        "kind = 'logon'",
        ("client_ip", "logon_type"),
        (),
        "remote sessions cannot be told from local ones",
    ),
)


def readiness(engine: Engine, spared: Mapping[str, int] = MappingProxyType({})) -> tuple[Readiness, ...]:
    """
    Give one statement for every data source, in a fixed order.

    `spared` counts events by kind that were read but have no rows, as no rule can match them.
    """
    half = len(SOURCES) // 2
    one, other = engine.both(partial(_states, SOURCES[:half], spared), partial(_states, SOURCES[half:], spared))
    return (*one, *other)


def _states(sources: Sequence[DataSource], spared: Mapping[str, int], engine: Connection) -> list[Readiness]:
    return [_state(engine, source, spared) for source in sources]


def _state(engine: Connection, source: DataSource, spared: Mapping[str, int]) -> Readiness:
    counts = "".join(f", CAST(COUNT(e.{name}) AS BIGINT)" for name in source.fields)
    row = engine.rows(f"SELECT CAST(COUNT(*) AS BIGINT){counts} FROM events AS e WHERE {source.where}")[0]
    total, *known = cast("tuple[int, ...]", row)
    if not source.fields:
        total += sum(n for kind, n in spared.items() if source.where == f"kind = '{kind}'")
    if not total:
        return Readiness(source.name, "absent", 0, (), source.blind, f"no {source.name}: {source.without}")
    missing = tuple(name for name, count in zip(source.fields, known, strict=True) if count < total)
    if not missing:
        return Readiness(source.name, "present", total, (), (), f"{total:,} {source.name}")
    said = ", ".join(
        f"{name} missing in {total - count:,} of {total:,}"
        for name, count in zip(source.fields, known, strict=True)
        if count < total
    )
    return Readiness(source.name, "partial", total, missing, (), f"{source.name}: {said}")
