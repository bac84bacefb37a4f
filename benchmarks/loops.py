"""
What Stashlight is measured against: the least that a program must do with the same files, each in one process.

Run as `python -m benchmarks.loops NAME FILE…`, so that a start of Python is part of every time.
"""

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

__all__ = ["LOOPS"]

# The place test of the seed documents' Sumo Logic query, as a plain script would ask it.
_PLACE = re.compile(r".*[\\/](temp|tmp|public|programdata|inetpub[\\/]wwwroot|wwwroot)[\\/]")


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
    """Parse every line with orjson, and test the path of file creations."""
    import orjson

    hits = 0
    for name in files:
        with Path(name).open("rb") as file:
            for line in file:
                try:
                    record = orjson.loads(line)
                except orjson.JSONDecodeError:
                    continue
                if record.get("EventID") in (1, 11) and _PLACE.match(str(record.get("TargetFilename", "")).lower()):
                    hits += 1
    return hits


def evtx(files: Sequence[str]) -> int:
    """Have the `evtx` package give every record as JSON text, and look at none."""
    from evtx import PyEvtxParser

    records = 0
    for name in files:
        rows = PyEvtxParser(name, number_of_threads=1).records_json()
        while True:
            try:
                next(rows)
            except StopIteration:
                break
            except RuntimeError:  # a damaged record
                continue
            records += 1
    return records


LOOPS: dict[str, Callable[[Sequence[str]], int]] = {"floor": floor, "plain": plain, "evtx": evtx}

if __name__ == "__main__":
    print(LOOPS[sys.argv[1]](sys.argv[2:]))
