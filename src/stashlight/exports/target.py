"""What a target module has, and what it gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from stashlight.errors import SettingError
from stashlight.exports.detection import Detection
from stashlight.plugins import plugin, plugin_names

__all__ = ["Query", "Target", "target", "target_names"]

_PACKAGE = "stashlight.exports.targets"


@dataclass(frozen=True, slots=True)
class Query:
    """
    A detection in a product's language, and in sentences what of it is different there.

    `entities` are columns of its result by role: host, account, process, place, client, share.
    """

    text: str
    notes: tuple[str, ...] = ()
    entities: Mapping[str, str] = ()  # pyright: ignore[reportAssignmentType]  (an empty mapping for most)


class Target(Protocol):
    """One product, or one query language of it; the first line of its docstring names it."""

    __doc__: str | None
    FORMS: Mapping[str, str]
    """Form → file suffix; the first is what is written if no other is asked for."""
    COMMENT: str
    """What starts a comment line in the first form; "" if it has no comments."""

    def query(self, detection: Detection) -> Query:
        """Give the detection in the product's language, or raise CannotError with the reason."""
        ...

    def write(self, detection: Detection, query: Query, form: str) -> Mapping[str, str]:
        """Give the files of one form: end of the name → text."""
        ...


def target_names() -> list[str]:
    """Name every target as the command line does."""
    return [name.replace("_", "-") for name in plugin_names(_PACKAGE)]


def target(name: str) -> Target:
    """Give a target, or a SettingError that names those that there are."""
    known = {each.replace("_", "-"): each for each in plugin_names(_PACKAGE)}
    if name not in known:
        message = f"no target {name!r}; there are: {', '.join(known)}"
        raise SettingError(message)
    return plugin(_PACKAGE, known[name], Target)
