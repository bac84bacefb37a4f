"""What the bytes of a record must hold for it to be read at all."""

from stashlight.frozen import frozen

__all__ = ["NO_BODIES", "Bodies"]


@frozen
class Bodies:
    """
    What records of these ids must hold to be wanted: one of the patterns (as `engines.pattern` writes them) in a text.

    Asked only where that is quicker than parsing, and only of records with `mark` in their bytes. Of ids in `fields` the
    text is in this field. `kept` is a folder for what is worth compiling once, "" for none.
    """

    ids: frozenset[int] = frozenset()
    patterns: tuple[str, ...] = ()
    mark: bytes = b""
    kept: str = ""
    fields: tuple[tuple[int, str], ...] = ()


NO_BODIES = Bodies()
