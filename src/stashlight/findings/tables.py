"""
The seed documents' own tables, from our events.

`sumo_table` gives the columns of the Sumo Logic query for every process start and file creation, `sentinel_table` the
union of the three Defender queries. By default they mean what the documents mean, through the shipped rules;
`literal` reproduces the documents' own expressions (findings/literal.py) for comparison.
What differs, and why, stands in docs/decisions/0003-seed-defects.md.
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from stashlight.engines.duckdb import Engine
from stashlight.errors import RuleError
from stashlight.findings import literal as documents
from stashlight.findings.load import SHIPPED, load

__all__ = ["SENTINEL_COLUMNS", "SUMO_COLUMNS", "sentinel_table", "sumo_table"]

INDICATORS = ("is_staging_path", "is_archive_file", "is_remote_copy_tool", "is_unc_target", "is_ps_copy")
SUMO_COLUMNS = (
    "_messageTime", "Computer", "User", "process_image", "command_line", "target_filename", "parent_image",
    *INDICATORS, "staging_score", "detection_type",
)  # fmt: skip
SENTINEL_COLUMNS = (
    "Timestamp", "DeviceName", "AccountName", "FolderPath", "FileName", "FileSize", "ProcessCommandLine",
    "InitiatingProcessFileName", "InitiatingProcessCommandLine", "InitiatingProcessAccountName", "DetectionType",
)  # fmt: skip

_DETECTIONS = ("ArchiveInStagingDir", "RemoteCopyToUNCPath", "PSCmdRemoteCopy")
_BACKSLASH = "\\"


def sumo_table(engine: Engine, min_score: int = 1, *, literal: bool = False) -> pa.Table:
    """
    Give the Sumo table: rows of at least `min_score`, best first, then newest first.

    `_messageTime` is a timestamp in UTC. By meaning, a UNC path scores once: `is_unc_target` adds nothing where one of
    the two copy indicators, which contain it, holds. Literally it adds its point again, as in the document.
    """
    flags = documents.SUMO if literal else _shipped(INDICATORS)
    asked = ", ".join(f"CASE WHEN {flags[i]} THEN 1 ELSE 0 END AS {i}" for i in INDICATORS)
    unc = "is_unc_target" if literal else "CASE WHEN is_remote_copy_tool + is_ps_copy = 0 THEN is_unc_target ELSE 0 END"
    source = documents.SUMO_SOURCE if literal else _SUMO_SOURCE
    return _timed(
        engine.query(
            "SELECT ts_us AS _messageTime, host AS Computer, account AS User, process_path AS process_image,"
            " command_line, file_path AS target_filename, parent_path AS parent_image,"
            f" {', '.join(INDICATORS)}, staging_score, {_SUMO_TYPE} AS detection_type"
            f" FROM (SELECT *, is_staging_path + is_archive_file + is_remote_copy_tool + {unc} + is_ps_copy"
            f" AS staging_score FROM (SELECT *, {asked} FROM events WHERE {source}) AS asked) AS scored"
            f" WHERE staging_score >= {min_score:d}"
            " ORDER BY staging_score DESC, ts_us DESC NULLS LAST, event_key NULLS LAST"
        ),
        "_messageTime",
    )


def sentinel_table(engine: Engine, since_us: int | None = None, *, literal: bool = False) -> pa.Table:
    """
    Give the union of the three Defender detections, newest first; one row per detection and event.

    `since_us` leaves out what is not newer than it; None takes all. Literally, only what Defender's own tables hold is
    asked; by meaning, Sysmon's and Security's events too. `Timestamp` is in UTC.
    """
    flags = documents.SENTINEL if literal else _shipped(_DETECTIONS)
    newer = "" if since_us is None else f" AND ts_us > {since_us:d}"
    parts = " UNION ALL ".join(
        f"SELECT *, '{name}' AS detection FROM events WHERE {flags[name]}{newer}" for name in _DETECTIONS
    )
    found = engine.query(
        "SELECT ts_us, host, account, account_key, file_path, file_size, command_line, process_path, parent_path,"
        f" parent_command_line, detection, kind FROM ({parts}) AS found"
        " ORDER BY ts_us DESC NULLS LAST, event_key NULLS LAST, detection NULLS LAST"
    )
    rows = [_sentinel_row(row) for row in found.to_pylist()]
    return _timed(pa.Table.from_pylist(rows, schema=_SENTINEL_SCHEMA), "Timestamp")


_SUMO_SOURCE = "kind IN ('process_start', 'file_create') AND provider IN ('sysmon', 'sysmon_linux', 'defender')"
_SUMO_TYPE = (
    "CASE WHEN is_archive_file = 1 AND is_staging_path = 1 THEN 'ArchiveInStagingDir'"
    " WHEN is_remote_copy_tool = 1 AND is_unc_target = 1 THEN 'RemoteCopyToolToUNC'"
    " WHEN is_ps_copy = 1 THEN 'PSCmdRemoteCopy'"
    " WHEN is_archive_file = 1 THEN 'ArchiveFileCreated'"
    " WHEN is_staging_path = 1 THEN 'FileInStagingDir'"
    " ELSE 'OtherStagingIndicator' END"
)
_SENTINEL_SCHEMA = pa.schema(
    [pa.field(n, pa.int64() if n in {"Timestamp", "FileSize"} else pa.string()) for n in SENTINEL_COLUMNS]
)


def _shipped(names: tuple[str, ...]) -> dict[str, str]:
    rules = {r.name: r.condition for r in load([SHIPPED / "seeds"]).rules}
    if missing := [n for n in names if n not in rules]:
        reason = f"no rule named '{missing[0]}'"
        raise RuleError(reason, str(SHIPPED / "seeds"))
    return {n: rules[n] for n in names}


def _sentinel_row(row: Mapping[str, Any]) -> dict[str, object]:
    """Name the columns as Defender does: of a file event the process is the initiating one, of a start the parent."""
    shared = {"Timestamp": row["ts_us"], "DeviceName": row["host"], "DetectionType": row["detection"]}
    account = _account(row["account"])
    if row["kind"] == "process_start":
        return {
            **shared,
            "AccountName": account,
            "FileName": _last(row["process_path"]),
            "ProcessCommandLine": row["command_line"],
            "InitiatingProcessFileName": _last(row["parent_path"]),
            "InitiatingProcessCommandLine": row["parent_command_line"],
        }
    return {
        **shared,
        # The document asks for AccountName, which DeviceFileEvents does not have: the initiating account is meant.
        "AccountName": account,
        "FolderPath": row["file_path"],
        "FileName": _last(row["file_path"]),
        "FileSize": row["file_size"],
        "InitiatingProcessFileName": _last(row["process_path"]),
        "InitiatingProcessCommandLine": row["command_line"],
        "InitiatingProcessAccountName": account,
    }


def _account(account: str | None) -> str | None:
    return account.rsplit(_BACKSLASH, 1)[-1] if account else None


def _last(path: str | None) -> str | None:
    return path.replace("/", _BACKSLASH).rsplit(_BACKSLASH, 1)[-1] if path else None


def _timed(table: pa.Table, column: str) -> pa.Table:
    """Turn microseconds into a timestamp, which is no type of the portable profile."""
    at = table.column_names.index(column)
    times = table.column(column).cast(pa.timestamp("us", tz="UTC"))
    return table.set_column(at, column, times)
