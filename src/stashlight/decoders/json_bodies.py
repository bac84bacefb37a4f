"""
Which records of JSON lines can be left unparsed although their event ids are wanted: by what stands in their bytes.

For logs that repeat whole scripts with every statement that runs: a third of the bytes of some, one record in a hundred
of interest. Where nothing is fast enough to ask, every such record is parsed.
"""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Final

from stashlight.decoders.bodies import Bodies
from stashlight.decoders.json_spelling import UNSURE, spelled
from stashlight.decoders.searching import is_there, searcher

__all__ = ["holds", "text_of"]

_EVERY_KIND: Final = r"\A[\x{0}-\x{10FFFF}]\x{22}\x{5C}\x{A}a(?!)\z"


@lru_cache(maxsize=4)
def holds(bodies: Bodies) -> Callable[[bytes | memoryview], bool] | None:
    """Give what tells whether the bytes of a record may hold one of the patterns; None if it cannot be told quickly."""
    if not bodies.ids or not is_there():
        return None
    # Made when a record is there to be asked about: many logs have none.
    asks = cache(lambda: _asks(bodies))

    def may_hold(record: bytes | memoryview) -> bool:
        found = asks()
        return found is None or found(record)

    return may_hold


def _asks(bodies: Bodies) -> Callable[[bytes | memoryview], bool] | None:
    # How patterns are spelled is part of the name, by one that has every kind of token.
    name = "\0".join(("json", UNSURE, spelled(_EVERY_KIND), *bodies.patterns))
    return searcher(name, lambda: (UNSURE, *map(spelled, bodies.patterns)), bodies.kept, is_text=False)


def text_of(record: bytes, field: str, unless: Sequence[str] = ()) -> bytes:
    """
    Give the part of a record that is asked: its `field`, with the quotes around it, if that can be told from the bytes.

    A quote inside a text is escaped, so a name in quotes with a text after it is a key; of several the last one counts,
    and it may be spelled with escapes: then the whole record is asked. So it is if one of `unless` stands in quotes outside
    the text; else a record without the field has none.
    """
    key = b'"%s"' % field.encode()
    at = record.find(key)
    names = [b'"%s"' % name.encode() for name in unless]
    if at < 0 and names and b"\\u" not in record and not any(name in record for name in names):
        return b""
    start = at + len(key) + 1
    if (
        at < 1
        or record[at - 1 : at] == b"\\"
        or record[start - 1 : start + 1] != b':"'
        or record.find(key, start) >= 0
        or b"\\u" in record
    ):
        return record
    end = start + 1
    while (end := record.find(b'"', end)) >= 0:
        escapes = end - len(record[start + 1 : end].rstrip(b"\\")) - start - 1
        end += 1
        if not escapes % 2:
            is_elsewhere = any(name in part for part in (record[:start], record[end:]) for name in names)
            return record if is_elsewhere else record[start:end]
    return record
