"""What is measured on: a folder of somebody's recordings, or, without one, logs that the simulator invents."""

import io
import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import zstandard

from stashlight.decoders import Source, sources
from stashlight.decoders.reading import sniff
from stashlight.decoders.unpack import UNREADABLE
from stashlight.plugins import plugin
from stashlight.simulation.crowd import write_crowd
from stashlight.simulation.procedure import play
from stashlight.simulation.shapes import Shape

__all__ = ["Data", "crowd", "invented", "many_rules", "taken"]

Data = dict[str, list[str]]
"""Container ("evtx", "json") → files of it."""

_CONTAINERS = ("json", "evtx")
_PROCEDURES = ("archive_and_send", "archive_in_public", "cloud_sync")
_COPY_BYTES = 1 << 20
_DAILY = 2_500  # events of a machine a day, as `stashlight simulate` writes them
_HOSTS = 400


def taken(paths: Sequence[str], folder: Path) -> Data:
    """
    Put all recordings below the paths into `folder`, a folder for each container: what they are is told by their content.

    Plain files are linked, so that nothing is written twice; what is packed is unpacked. Links and copies are named for
    what is in them, as other programs go by names.
    """
    data: Data = {}
    for source in sources(paths):
        if source.path is None or source.refusal:
            continue
        try:
            with source.open() as content:
                container = sniff(content.peek(1 << 16)[: 1 << 16])
                if container in _CONTAINERS:
                    files = data.setdefault(container, [])
                    (folder / container).mkdir(exist_ok=True)
                    files.append(_placed(source, content, folder / container / f"{len(files):06}.{container}"))
        except UNREADABLE:
            continue
    return dict(sorted(data.items(), reverse=True))


def _placed(source: Source, content: io.BufferedReader, target: Path) -> str:
    # Not a hard link: who renames over it, removes it or changes its rights must not touch somebody's recordings.
    if source.path is not None and source.entry is None and source.length is None and _is_plain(source.path, content):
        target.symlink_to(source.path.resolve())
    else:
        with target.open("wb") as out:
            shutil.copyfileobj(content, out, _COPY_BYTES)
    return str(target)


def _is_plain(path: Path, content: io.BufferedReader) -> bool:
    """Whether the file begins as what was made of it does, and is not packed."""
    with path.open("rb") as file:
        head = content.peek(64)[:64]
        return file.read(len(head)) == head


@contextmanager
def invented(size: int, idle: int = 9) -> Generator[Data]:
    """
    Write about `size` bytes of NDJSON for as long as the block runs.

    A few simulated procedures again and again with other record numbers, and `idle` registry events for each of their
    events, as logs in the field are mostly of what nobody asked for.
    """
    shape = plugin("stashlight.simulation.shapes", "nxlog", Shape)
    acts = sorted((act for each in _PROCEDURES for act in play(each)), key=lambda act: act.time)
    records = [orjson.loads(line) for text in shape.render(acts).values() for line in text.splitlines()]
    with tempfile.TemporaryDirectory(prefix="stashlight-bench-") as folder:
        target = Path(folder) / "invented.json"
        number = 0
        with target.open("wb") as file:
            while file.tell() < size:
                for record in records:
                    for event_id in (record["EventID"], *[13] * idle):
                        number += 1
                        file.write(orjson.dumps({**record, "EventID": event_id, "RecordNumber": number}) + b"\n")
        yield {"json": [str(target)]}


def crowd(events: int, folder: Path) -> tuple[list[str], int]:
    """
    Write so many events of machines at ordinary work, packed, a file for each day of 400 machines.

    It is what `stashlight simulate --hosts 400` writes. Gives the files, and what they take unpacked, in bytes.
    """
    shape = plugin("stashlight.simulation.shapes", "nxlog", Shape)
    start = datetime(2026, 3, 2, tzinfo=UTC)
    written: list[str] = []
    unpacked = 0
    while events:
        day = min(events, _HOSTS * _DAILY)
        for path in write_crowd(shape, folder, hosts=min(_HOSTS, day), events=day, start=start, seed="bench"):
            packed = path.with_name(f"{path.name}.zst")
            with path.open("rb") as source, packed.open("wb") as out:
                zstandard.ZstdCompressor(3).copy_stream(source, out)
            unpacked += path.stat().st_size
            path.unlink()
            written.append(str(packed))
        events, start = events - day, start + timedelta(days=1)
    return written, unpacked


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
