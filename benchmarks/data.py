"""What is measured on: a folder of somebody's recordings, or, without one, logs that the simulator invents."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import orjson

from stashlight.decoders import sources
from stashlight.decoders.reading import sniff
from stashlight.simulation.samples import write_samples

__all__ = ["Data", "found", "invented"]

Data = dict[str, list[str]]
"""Container ("evtx", "json") → files of it."""


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
def invented(size: int) -> Generator[Data]:
    """
    Write about `size` bytes of NDJSON for as long as the block runs.

    The bundled sample again and again with other record numbers, and nine registry events for each of its events, as
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
                    for event_id in (record["EventID"], *[13] * 9):
                        number += 1
                        file.write(orjson.dumps({**record, "EventID": event_id, "RecordNumber": number}) + b"\n")
        yield {"json": [str(target)]}
