"""Totals against their parts: files by source, by extension, by minute, sizes, points of the score."""

from collections.abc import Iterator

from stashlight.reports.claims import Claims, Defect


def defects(claims: Claims) -> Iterator[Defect]:
    """Hold every total against the sum of what it is made of."""
    if claims.total is not None:
        yield from _files(claims, claims.total)
    if claims.score is not None and claims.points:
        points = sum(claims.points)
        if max(0, min(100, points)) != claims.score:
            yield _wrong(f"the factors add up to {points}, the score is {claims.score}")


def _files(claims: Claims, total: int) -> Iterator[Defect]:
    parts = [origin.files for origin in claims.origins if origin.files is not None]
    if parts and len(parts) == len(claims.origins):
        yield from _sum("sources", parts, total, claims)
    counts = [count for count in claims.extensions.values() if count is not None]
    if counts and len(counts) == len(claims.extensions):
        yield from _sum("extensions", counts, total, claims)
    if claims.pace is not None and claims.pace != total:
        yield _wrong(f"the files by minute add up to {claims.pace:,}, the total is {total:,}")
    if claims.sized is not None and claims.sized > total:
        yield _wrong(f"{claims.sized:,} sizes are known of {total:,} files")
    if claims.bytes is not None and claims.sized == 0:
        yield _wrong(f"{claims.bytes:,} bytes are claimed, yet no file's size is known")


def _sum(what: str, parts: list[int], total: int, claims: Claims) -> Iterator[Defect]:
    # Requesters write to one place; a file that two of them wrote is one file, so parts may exceed the total there.
    shared = what == "sources" and any(origin.basis == "requester" for origin in claims.origins)
    if sum(parts) != total and not shared and not (claims.is_lower_bound and sum(parts) > total):
        added = " + ".join(f"{part:,}" for part in parts[:12]) + (" + …" if len(parts) > 12 else "")
        gap = sum(parts) - total
        yield _wrong(f"{what}: {added} = {sum(parts):,}, not {total:,} ({gap:+,})")


def _wrong(said: str) -> Defect:
    return Defect("totals", "contradiction", said)
