r"""Places as the logs spell them: keys are folded so that they compare, people want `C:\\PerfLogs`."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, cast

import pyarrow as pa

from stashlight.engines.connection import Connection
from stashlight.events.paths import normalise
from stashlight.incidents.cases import Case

__all__ = ["spelled_places"]

_WRITTEN_AS: Final = """
SELECT e.host_key, e.file_dir, MIN(e.file_path)
FROM events AS e
INNER JOIN wanted_places AS w ON w.host = e.host_key AND w.directory = e.file_dir
WHERE NOT e.file_path IS NULL
GROUP BY e.host_key, e.file_dir
"""


def spelled_places(engine: Connection, cases: Sequence[Case]) -> dict[tuple[str, str], str]:
    """Give (host, place) → the place as a file event or a command writes it; what no one spells is left out."""
    wanted = sorted({(p.host, p.directory) for case in cases for p in case.staged})
    engine.register(
        "wanted_places",
        pa.table(
            {
                "host": pa.array([h for h, _ in wanted], pa.string()),
                "directory": pa.array([d for _, d in wanted], pa.string()),
            }
        ),
    )
    found: dict[tuple[str, str], str] = {}
    for host, directory, path in cast("Iterable[tuple[str, str, str]]", engine.rows(_WRITTEN_AS)):
        spell(found, host, directory, re.sub(r"[\\/][^\\/]*\Z", "", path))
    for case in cases:
        for deed in case.deeds:
            if deed.place and deed.act.destination:
                whole = deed.act.destination.rstrip("\\/")
                spell(found, deed.host, deed.place, re.sub(r"[\\/][^\\/]*\Z", "", whole) if deed.act.is_file else whole)
    return found


def spell(found: dict[tuple[str, str], str], host: str, directory: str, text: str) -> None:
    """Keep a spelling, and those of the directories above, if they normalise to what they stand for."""
    text = re.sub(r"\A\\\\\?\\(?!unc\\)", "", text, flags=re.IGNORECASE)
    while directory and text and (host, directory) not in found:
        whole = text + "\\" if text.endswith(":") else text
        if normalise(whole) != directory:
            return
        found[host, directory] = whole
        mark = "/" if directory.startswith("/") else "\\"
        directory, text = directory.rpartition(mark)[0], re.sub(r"[\\/][^\\/]*\Z", "", text)
