"""
Lists of hashes as the tools print them: `sha256sum`, `md5sum`, `sha1sum` and `shasum` (hash, two marks, name), or `--tag`.

Source: https://www.gnu.org/software/coreutils/manual/html_node/md5sum-invocation.html; a backslash in front of the hash
says that backslashes and line breaks of the name are escaped.
"""

import re
from collections.abc import Iterator

from stashlight.decoders.stream import Stream
from stashlight.listings.columns import digest
from stashlight.listings.fact import Fact, Page, Wanted
from stashlight.listings.lines import facts_of_lines, first_lines

COVERS: str = ""
UNIT: str = "line"

_PLAIN = re.compile(r"(?P<escaped>\\?)(?P<hash>[0-9A-Fa-f]{32,128})(?: [ *]|\t+ *| +)(?P<path>\S.*)\Z")
_TAGGED = re.compile(
    r"(?P<escaped>\\?)(?P<algorithm>[A-Z0-9-]{3,12}) \((?P<path>.+)\) = (?P<hash>[0-9A-Fa-f]{32,128})\Z"
)
_ESCAPES = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}


def fits(head: bytes) -> int:
    """The first lines, comments apart, are hashes with names."""
    lines = [line for line in first_lines(head) if not line.startswith(("#", ";"))]
    return 80 if lines and all(_PLAIN.match(line) or _TAGGED.match(line) for line in lines[:3]) else 0


def pages(stream: Stream, wanted: Wanted) -> Iterator[Page]:  # noqa: ARG001 - it is of a few folders
    """Give every file with its hash."""
    yield from facts_of_lines(stream, _fact)


def _fact(line: str, number: int) -> Fact | str | None:
    if line.startswith(("#", ";")):
        return None
    row = _PLAIN.match(line) or _TAGGED.match(line)
    if row is None:
        return "no hash and name in it"
    hashes = digest(row["hash"])
    if not hashes:
        return None if len(row["hash"]) in {56, 96, 128} else f"{row['hash'][:80]} has the length of no known hash"
    path = row["path"]
    if row["escaped"]:
        path = re.sub(r"\\[\\nr]", lambda match: _ESCAPES[match[0]], path)
    return Fact(number, path.removeprefix("./").removeprefix(".\\"), hashes=hashes)
