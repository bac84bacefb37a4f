"""What is said of the sizes of staged files: how many are known, and from where."""

from collections.abc import Sequence
from typing import Final

from stashlight.incidents.document import Files, Listing

__all__ = ["SIZES", "sized_from", "sizes_note"]

SIZES: Final = "Sizes are "
"""How every such note begins: a later one takes its place."""


def sizes_note(files: Files, listings: Sequence[Listing] = ()) -> str:
    """Give the note of an incident on sizes; "" if all are known from events."""
    origin = sized_from(listings)
    if files.count and files.sized == 0:
        why = "no source here records them (Sysmon 11 has neither size nor source path)."
        return f"{SIZES}unknown: {why}" if not listings else f"{SIZES}unknown: no event and no listing has them."
    if files.sized < files.count:
        more = f" ({origin})" if origin else ""
        return f"{SIZES}known for {files.sized:,} of {files.count:,} files{more}; the total is of those."
    return f"{SIZES}known for all {files.count:,} files ({origin})." if origin else ""


def sized_from(listings: Sequence[Listing]) -> str:
    """Say how many sizes which listing gave: "1,190 from mft.csv"; "" if none did."""
    return ", ".join(f"{each.sized:,} from {each.file}" for each in listings if each.sized)
