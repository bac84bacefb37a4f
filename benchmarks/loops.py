"""
What Stashlight is measured against: the least that a program must do with the same files, each a program of its own.

Run as `python -m benchmarks.loops NAME FILE…`, so that a start of Python is part of every time.
"""

import os
import re
import sys
from collections.abc import Callable, Sequence
from multiprocessing import Pool
from pathlib import Path

__all__ = ["LOOPS"]

_PLACE = re.compile(r".*\\(temp|tmp|public|programdata|appdata\\local\\temp|users\\public|inetpub\\wwwroot|wwwroot)\\")
_ARCHIVE = re.compile(r".*\.(zip|rar|7z|tar|gz|bz2|cab|iso|lzh|arj)$")
_COPY_TOOL = re.compile(r".*(xcopy|robocopy)\.exe$")
_SHELL = re.compile(r".*(powershell|pwsh|cmd)\.exe$")
_VERB = re.compile(r".*(copy-item|move-item|xcopy|robocopy|copy |move )")
_UNC = re.compile(r".*\\\\[a-zA-Z0-9]")
_LEAST = 1
"""What the seed documents' Sumo Logic query asks of process starts and file creations, and its least score."""


def floor(files: Sequence[str]) -> int:
    """Read the bytes and look at none."""
    buffer = bytearray(1 << 20)
    size = 0
    for name in files:
        with Path(name).open("rb", buffering=0) as file:
            while got := file.readinto(buffer):
                size += got
    return size


def plain(files: Sequence[str]) -> int:
    """Parse every line with orjson, and score Sysmon's process starts and file creations by the five indicators."""
    import orjson

    hits = 0
    for name in files:
        with Path(name).open("rb") as file:
            for line in file:
                try:
                    record = orjson.loads(line)
                except orjson.JSONDecodeError:
                    continue
                if record.get("EventID") in (1, 11) and _score(record) >= _LEAST:
                    hits += 1
    return hits


def _score(record: dict[str, str]) -> int:
    target = (record.get("TargetFilename") or "").lower()
    image = (record.get("Image") or "").lower()
    command = record.get("CommandLine") or ""
    is_remote = _UNC.match(command) is not None
    return sum(
        (
            _PLACE.match(target) is not None,
            _ARCHIVE.match(target) is not None,
            is_remote and _COPY_TOOL.match(image) is not None,
            is_remote,
            is_remote and _SHELL.match(image) is not None and _VERB.match(command.lower()) is not None,
        )
    )


def evtx(files: Sequence[str]) -> int:
    """Have the `evtx` package give every record as JSON text, on all cores, and look at none."""
    with Pool(os.cpu_count()) as pool:
        largest_first = sorted(files, key=lambda name: -Path(name).stat().st_size)
        return sum(pool.imap_unordered(_records, largest_first, chunksize=4))


def _records(name: str) -> int:
    from evtx import PyEvtxParser

    rows = PyEvtxParser(name, number_of_threads=1).records_json()
    records = 0
    while True:
        try:
            next(rows)
        except StopIteration:
            return records
        except RuntimeError:  # a damaged record
            continue
        records += 1


_COLUMNS = (
    "EventID Channel Hostname EventTime UtcTime User Image ParentImage CommandLine ParentCommandLine CurrentDirectory "
    "OriginalFileName ProcessGuid ProcessId TargetFilename ScriptBlockText ScriptBlockId ShareName RelativeTargetName "
    "ObjectName AccessMask SubjectUserName IpAddress"
).split()
"""What the shipped rules and stages read of Sysmon, the security log and PowerShell."""


def columns(files: Sequence[str]) -> int:
    """Have DuckDB read those columns of NDJSON on all cores, count their values, and ask nothing."""
    import duckdb

    shape = "{" + ", ".join(f"{name}: 'VARCHAR'" for name in _COLUMNS) + "}"
    counted = ", ".join(f"count({name})" for name in _COLUMNS)
    query = (
        f"SELECT count(*), {counted} FROM read_json(?, format='newline_delimited', ignore_errors=true, columns={shape})"
    )
    return int((duckdb.connect().execute(query, [list(files)]).fetchone() or [0])[0])


def filtered(files: Sequence[str]) -> int:
    """Have DuckDB read all columns of a Parquet file where a condition holds, and count their values."""
    import duckdb

    query = "SELECT count(*), count(COLUMNS(*)) FROM read_parquet(?) WHERE kind <> 'logon'"
    return int((duckdb.connect().execute(query, [list(files)]).fetchone() or [0])[0])


LOOPS: dict[str, Callable[[Sequence[str]], int]] = {
    "floor": floor,
    "plain": plain,
    "evtx": evtx,
    "columns": columns,
    "filtered": filtered,
}

if __name__ == "__main__":
    print(LOOPS[sys.argv[1]](sys.argv[2:]))
