"""What the bytes of a record must hold for it to be read at all."""

from stashlight.frozen import frozen

__all__ = ["NO_BODIES", "Bodies"]


@frozen
class Bodies:
    """
    What records of these ids must hold to be wanted: one of the patterns (as `engines.pattern` writes them) in a text.

    Asked only where that is quicker than parsing, and only of records with `mark` in their bytes. Of ids in `fields` the
    text is in this field; if there are names with it, only where none of these stands in quotes beside the field, and then
    a record without the field has no text. `kept` is a folder for what is worth compiling once, "" for none.
    """

    ids: frozenset[int] = frozenset()
    patterns: tuple[str, ...] = ()
    mark: bytes = b""
    kept: str = ""
    fields: tuple[tuple[int, str, tuple[str, ...]], ...] = ()


NO_BODIES = Bodies()
