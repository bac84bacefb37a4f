"""
KQL → SQL, through duckdb-kql: Kusto's grammar and semantics (`has` by terms, `==` by case), and a refusal where it has no equal.

What writes, reaches elsewhere or is not translated ends with an error that names file and line.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from stashlight.answers.query import Query
from stashlight.answers.statement import line_of
from stashlight.errors import QueryError, SettingError

__all__ = ["Translated", "translated"]

# The one column of ours that is a keyword there (`join kind=inner`).
_KIND: Final = re.compile(r"(?<![\w'\"])kind(?![\w'\"]|\s*=[^=~])")


# Older spellings that Kusto still takes and many published queries have, each with today's.
_OLDER: Final = {
    "makeset": "make_set",
    "makelist": "make_list",
    "argmax": "arg_max",
    "argmin": "arg_min",
    "parsejson": "parse_json",
    "todynamic": "parse_json",
    "extractjson": "extract_json",
    "extractall": "extract_all",
}
# What a name may stand in is no name there: strings of every kind, comments.
_TOKEN: Final = re.compile(
    r"""//[^\n]*|[hH]?@"(?:[^"]|"")*"|[hH]?@'(?:[^']|'')*'|[hH]?"(?:[^"\\\n]|\\.)*"|[hH]?'(?:[^'\\\n]|\\.)*'|\w+(?=\s*\()"""
)


class Translated(NamedTuple):
    """A statement for DuckDB and the values that it is given."""

    sql: str
    values: dict[str, object]


def translated(query: Query, tables: Mapping[str, Sequence[str]], now_us: int | None) -> Translated:
    """
    Give the SQL of a query in KQL over `tables` (name → columns); `now()` and `ago()` count from `now_us` (µs UTC).

    Raises:
        QueryError: it does not parse, or asks for what is not translated, among that all that writes.
        SettingError: duckdb-kql is not installed.
    """
    try:
        import duckdb_kql
    except ImportError as error:
        message = "queries in KQL need duckdb-kql: pip install 'stashlight[kql]'"
        raise SettingError(message) from error
    if command := re.match(r"(?:\s|//[^\n]*\n)*(\.\w[\w-]*)", query.text):
        reason = f"{command[1]} is a control command; a query only reads"
        raise QueryError(reason, query.file, query.text.count("\n", 0, command.start(1)) + 1)
    now = None if now_us is None else datetime.fromtimestamp(now_us / 1_000_000, UTC).replace(tzinfo=None)
    try:
        found = duckdb_kql.to_sql(
            _today(query.text),
            {name: list(columns) for name, columns in tables.items()},
            allow_write=False,
            query_now=now,
        )
    except duckdb_kql.KqlSyntaxError as error:
        first = error.diagnostics[0] if error.diagnostics else None
        reason = f"KQL does not parse: {first.message if first else error}"
        if any(f"'{name}'" in reason for name in tables):
            reason += "; does a second query begin here? A file holds one"
        if _KIND.search(query.text):
            reason += "; `kind` is a word of KQL: as a column write ['kind']"
        raise QueryError(_bounded(reason), query.file, first.span.line if first else 0) from error
    except duckdb_kql.KqlUnsupportedError as error:
        construct = error.construct.removeprefix("function:")
        known = error.span.line if error.span else line_of(query.text, re.split(r"\W", construct)[0])
        what = "function" if construct != error.construct else "construct"
        hint = f" ({error.hint})" if error.hint and what == "construct" else ""
        reason = f"KQL {what} {construct!r} is not known here or not allowed{hint}"
        raise QueryError(_bounded(reason), query.file, known) from error
    except duckdb_kql.KqlError as error:
        name = getattr(error, "name", "")
        raise QueryError(_bounded(f"KQL: {error}"), query.file, line_of(query.text, name) if name else 0) from error
    except RecursionError as error:
        reason = "KQL nested too deeply"
        raise QueryError(reason, query.file) from error
    return Translated(str(found), dict(found.parameters))


def _today(text: str) -> str:
    """Write older names of functions as they are called today; lines stay where they are."""
    return _TOKEN.sub(lambda match: _OLDER.get(match[0], match[0]), text)


def _bounded(reason: str) -> str:
    """A parser's list of all that it would have taken is longer than anybody reads, and its plans are its own."""
    reason = re.sub(r"not implemented in this wave; |no DuckDB mapping in this wave; see [^;)]*(?:; )?", "", reason)
    return re.sub(r" expecting \{[^}]{80,}\}", "", reason).replace(" ()", "")[:400]
