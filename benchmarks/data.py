"""What is measured on: a folder of somebody's recordings, or, without one, logs that the simulator invents."""

import re
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson

from stashlight.decoders import sources
from stashlight.decoders.reading import sniff
from stashlight.simulation.samples import write_samples

__all__ = ["Data", "found", "grown", "invented", "many_rules"]

Data = dict[str, list[str]]
"""Container ("evtx", "json") → files of it."""

_NUMBER = re.compile(rb'("(?:EventRecordID|RecordNumber)":"?\d+)("?[,}])')


def found(folder: str) -> Data:
    """Give the files below `folder` by container; what a file is is found by looking at it, never by its name."""
    data: Data = {}
    for source in sources([folder]):
        if source.path is None or source.entry is not None or source.refusal:
            continue
        with source.path.open("rb") as file:
            data.setdefault(sniff(file.read(1 << 16)), []).append(str(source.path))
    return {name: files for name, files in sorted(data.items()) if name in {"evtx", "json"}}


@contextmanager
def invented(size: int, idle: int = 9) -> Generator[Data]:
    """
    Write about `size` bytes of NDJSON for as long as the block runs.

    The bundled sample again and again with other record numbers, and `idle` registry events for each of its events, as
    logs in the field are mostly of what nobody asked for.
    """
    with tempfile.TemporaryDirectory(prefix="stashlight-bench-") as folder:
        samples = [p for p in write_samples(Path(folder) / "samples") if p.name.endswith(".nxlog.ndjson")]
        records = [orjson.loads(line) for sample in samples for line in sample.read_bytes().splitlines()]
        target = Path(folder) / "invented.ndjson"
        number = 0
        with target.open("wb") as file:
            while file.tell() < size:
                for record in records:
                    for event_id in (record["EventID"], *[13] * idle):
                        number += 1
                        file.write(orjson.dumps({**record, "EventID": event_id, "RecordNumber": number}) + b"\n")
        yield {"json": [str(target)]}


def grown(files: Sequence[str], size: int, target: Path) -> Path:
    """Write the lines of the files again and again, each time with other record numbers, up to `size` bytes."""
    copies = 0
    with target.open("wb") as out:
        while out.tell() < size:
            for file in files:
                with Path(file).open("rb") as lines:
                    for line in lines:
                        out.write(_NUMBER.sub(rb"\g<1>%d\g<2>" % copies, line, count=1) if copies else line)
                if out.tell() >= size:
                    break
            copies += 1
    return target


def many_rules(folder: Path, count: int) -> Path:
    """Write so many rules that ask different things of files and processes."""
    folder.mkdir()
    for n in range(count):
        category, field = [("file_event", "TargetFilename"), ("process_creation", "Image")][n % 2]
        rule = {
            "title": f"Invented rule {n}",
            "id": f"00000000-0000-4000-8000-{n:012}",
            "status": "test",
            "level": "low",
            "logsource": {"category": category, "product": "windows"},
            "detection": {
                "selection": {f"{field}|contains": f"\\folder{n}\\", f"{field}|endswith": [f".x{n}", f"-{n}.exe"]},
                "condition": "selection",
            },
        }
        (folder / f"{n:04}.yml").write_bytes(orjson.dumps(rule))
    return folder
