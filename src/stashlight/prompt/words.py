"""What can follow what is typed: commands, tables, columns of the tables named, hunts, and the words of both languages."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from stashlight.answers.library import hunt_names
from stashlight.prompt.session import COMMANDS, MODES
from stashlight.prompt.statements import language_of

__all__ = ["following"]

_SQL: Final = (
    "SELECT FROM WHERE GROUP BY ORDER LIMIT HAVING JOIN LEFT INNER ON AS AND OR NOT IN LIKE ILIKE BETWEEN IS NULL DISTINCT COUNT "
    "SUM MIN MAX AVG CASE WHEN THEN ELSE END WITH UNION ALL ASC DESC regexp_matches regexp_extract contains starts_with ends_with "
    "lower upper length string_split date_trunc make_timestamp any_value arg_min arg_max list string_agg OVER PARTITION"
).split()
# https://learn.microsoft.com/kusto/query/ as far as duckdb-kql translates it.
_KQL: Final = (
    "where project extend summarize sort by order take top count distinct join union let render parse mv-expand project-away "
    "project-rename kind=inner kind=leftouter kind=leftsemi kind=leftanti on asc desc has has_any has_all contains startswith "
    "endswith matches regex in in~ between and or not ago() now() bin() count() dcount() countif() sum() min() max() avg() "
    "make_set() make_list() take_any() arg_max() arg_min() tostring() tolower() toupper() strlen() substring() split() strcat() "
    "extract() parse_json() isempty() isnotempty() isnull() isnotnull() iff() case() datetime() dynamic() todatetime() toint() "
    "replace_string() replace_regex() startofday() hourofday() row_number() prev() next() binary_and()"
).split()
_WORD: Final = re.compile(r"[\w.~=-]*\Z")


def following(text: str, columns: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, int]]:
    """Give each word that may stand at the end of `text`, with how many characters of it are typed already."""
    found = _WORD.search(text)
    typed = found[0] if found else ""
    for word in _candidates(text, columns):
        if word.lower().startswith(typed.lower()) and word != typed:
            yield word, len(typed)


def _candidates(text: str, columns: Mapping[str, Sequence[str]]) -> Iterator[str]:
    plain = text.lstrip()
    if plain.startswith("."):
        command, _, rest = plain.partition(" ")
        if not rest and " " not in plain:
            yield from COMMANDS
        elif command == ".schema":
            yield from columns
        elif command == ".mode":
            yield from MODES
        elif command == ".hunt":
            yield from hunt_names()
        return
    yield from columns
    lower = text.lower()
    named = [name for name in columns if re.search(rf"\b{re.escape(name.lower())}\b", lower)]
    yield from dict.fromkeys(column for name in named for column in columns[name] if not column.endswith("_lc"))
    yield from _SQL if language_of(text) == "sql" and plain else _KQL if named else (*_KQL, "SELECT", "WITH", "FROM")
