"""What no habit excuses: a store that is decisive alone, and disguise."""

from collections.abc import Iterable

from stashlight.incidents.cases import Case
from stashlight.incidents.document import Factor

__all__ = ["floor"]

_STORES = frozenset({"ntds", "hives", "mailbox", "secrets", "directory_service"})
_DISGUISES = frozenset({"renamed", "odd_name", "password"})


def floor(case: Case, factors: Iterable[Factor]) -> int:
    """
    Give the sum below which no habit may lower a case.

    It is what the factors give that tell of a decisive store (content), of a renamed archiver, an odd name or a
    password (archive), or of a program that claims to be another one (writer).
    """
    traits = {trait for deed in case.deeds for trait in deed.act.traits}
    kept: set[str] = set()
    if case.sensitive or traits & _STORES:
        kept.add("content")
    if traits & _DISGUISES:
        kept.add("archive")
    if any(writer.kind in ("masked", "nameless") for _, writer in case.written):
        kept.add("writer")
    return sum(factor.points for factor in factors if factor.name in kept and factor.points > 0)
