"""Sigma field name → column of `events`, and how text is compared on it."""

from functools import cache
from typing import Literal

from stashlight.events.schema import COLUMNS, Column, sigma_fields
from stashlight.frozen import frozen

__all__ = ["KEYWORD_COLUMNS", "Field", "field"]

# Columns that the normaliser folds in place: they have no twin and need none.
_FOLDED_IN_PLACE = frozenset(
    {
        "event_key", "provider", "kind", "time_basis", "host_key", "account_key", "process_key", "process_guid",
        "process_name", "parent_key", "parent_guid", "file_dir", "file_name", "file_ext", "file_sha256",
    }
)  # fmt: skip

# Numbers that logs write in hexadecimal: a pattern over their decimal text would be a lie.
_HEXADECIMAL = frozenset({"logon_id", "access_mask"})

# Where an unbound value (keyword) is searched. Sigma means "the whole log message"; we keep no message, these
# columns hold the parts of it that an attacker or an administrator writes.
KEYWORD_COLUMNS = (
    "script_text", "command_line", "parent_command_line", "process_path", "file_path", "previous_path",
    "stream_contents", "share_name", "relative_path", "destination_host",
)  # fmt: skip


@frozen
class Field:
    """
    A column as a rule sees it.

    `folded` is the column for case-insensitive comparison, None if only a pattern can compare so.
    """

    name: str
    column: str
    type: Literal["VARCHAR", "BIGINT", "BOOLEAN"]
    folded: str | None
    hexadecimal: bool = False


@cache
def _fields() -> dict[str, Field]:
    by_name = {c.name: c for c in COLUMNS} | sigma_fields()
    return {name: _field(name, column) for name, column in by_name.items()}


@cache
def _loosely() -> dict[str, str]:
    return {name.lower(): name for name in _fields()}


# Names that mean something else in one category: the kernel's file provider calls the whole path FileName.
_IN_CATEGORY = {("file_access", "FileName"): "TargetFilename"}


def field(name: str, category: str = "") -> Field | None:
    """Give the column that a Sigma name, or a column name of our own, stands for in rules of a category."""
    known = _fields()
    name = _IN_CATEGORY.get((category, name), name)
    return known.get(name) or known.get(_loosely().get(name.lower(), ""))


def _field(name: str, column: Column) -> Field:
    folded = f"{column.name}_lc" if column.folded else column.name if column.name in _FOLDED_IN_PLACE else None
    return Field(name, column.name, column.type, folded, column.name in _HEXADECIMAL)
