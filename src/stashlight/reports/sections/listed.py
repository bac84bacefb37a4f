"""What listings, journals and hash lists that were collected later say of the staged files, and which of them said it."""

from typing import Final

from stashlight.incidents.document import Incident, ListedFile, Listing
from stashlight.reports.blocks import Block, Inline, Table, Text, Value
from stashlight.reports.wording import clock, many, size

__all__ = ["hashes_of", "listed", "still_there"]

_MOST: Final = 40


def still_there(incident: Incident) -> Inline:
    """Say how many staged files exist and how many were deleted, as far as listings tell."""
    files = incident.files
    if files.present is None or files.deleted is None:
        return "unknown, because no listing, $MFT or journal was read (--enrich)"
    untold = files.count - files.present - files.deleted
    told = f"{files.present:,} listed, {files.deleted:,} deleted"
    return told + (f"; of {untold:,} no listing tells, or they disagree" if untold > 0 else "")


def hashes_of(incident: Incident) -> Inline:
    """Say of how many staged files a hash is known."""
    files = incident.files
    if not files.hashed:
        return "unknown, because no list of hashes was read (--enrich)"
    return "known for all" if files.hashed >= files.count else f"known for {files.hashed:,} of {files.count:,} files"


def listed(incident: Incident) -> tuple[Block, ...]:
    """Give what was read, and the files that tell most; nothing if no listing was read."""
    if not incident.listings:
        return ()
    heads = ("Listing", "Form", "Host", "Rows", "In it", "Sizes", "Hashes", "There", "Deleted", "Missing", "Unclear")
    blocks: list[Block] = [
        Text(
            "Collected after the fact, and held against the files that the events tell of. Sizes and hashes count where "
            "they were first learned; missing files are not in a listing that names their folder or volume in full."
        ),
        Table("What was listed afterwards", heads, tuple(map(_listing, incident.listings))),
    ]
    if incident.listed:
        rows = tuple(map(_file, incident.listed[:_MOST]))
        blocks.append(Table("Listed files", ("File", "Size", "Hash", "State", "Known from"), rows))
    if len(incident.listed) > _MOST:
        left_off = many(len(incident.listed) - _MOST, "more file")
        blocks.append(Text(f"And {left_off}; the result document has them."))
    return tuple(blocks)


def _listing(each: Listing) -> tuple[Inline, ...]:
    numbers = (each.sized, each.hashed, each.present, each.deleted, each.missing, each.ambiguous)
    return (
        Value(each.file),
        each.format.replace("_", " "),
        Value(each.host) if each.host else "unknown",
        f"{each.rows:,}",
        f"{each.matched:,}",
        *(f"{number:,}" for number in numbers),
    )


def _file(each: ListedFile) -> tuple[Inline, ...]:
    named = (("SHA-256", each.sha256), ("SHA-1", each.sha1), ("MD5", each.md5))
    algorithm, value = next(((name, value) for name, value in named if value), ("", ""))
    state = each.state or "unknown"
    return (
        Value(each.path),
        "unknown" if each.bytes is None else size(each.bytes),
        (f"{algorithm} ", Value(value)) if value else "unknown",
        f"{state} {clock(each.deleted)}" if each.deleted else state,
        "; ".join(each.basis[:4]),
    )
