"""
What a statement does before it runs: nothing but read the tables that there are.

DuckDB's own parser says what it will do, so that no two parsers can understand a text differently. The engine is locked
besides (`engines/duckdb.py`): no files, no network, no settings.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from stashlight.engines.duckdb import Engine
from stashlight.engines.quoting import quoted
from stashlight.errors import EngineError, QueryError

__all__ = ["Used", "line_of", "used"]

# Table functions that make rows out of their arguments, and nothing else.
_ROWS: Final = frozenset({"unnest", "range", "generate_series", "json_each", "json_tree"})

# Scalar functions that wait, remember, or tell of the engine and its surroundings.
_REFUSED: Final = re.compile(
    r"getenv|current_setting|getvariable|setvariable|setseed|nextval|currval|setval|write_log|sleep_ms|"
    r"query|query_table|current_query|current_query_id|stats|parse_duckdb_log_message|json_execute_serialized_sql|pg_\w+|duckdb_\w+"
)
_PLAIN: Final = re.compile(r"pg_typeof")


@dataclass(frozen=True, slots=True)
class Used:
    """Tables and columns that a statement names; `everything` if it takes all columns of one (`*`)."""

    tables: frozenset[str]
    columns: frozenset[str]
    everything: bool


def used(engine: Engine, sql: str, tables: Collection[str], file: str = "") -> Used:
    """
    Give what a statement names.

    Raises:
        QueryError: it does not parse, is more than one statement, or does anything but read one of the `tables`.
    """
    if not sql.strip(" \t\r\n;") or "\0" in sql:
        raise QueryError("there is no query" if "\0" not in sql else "a zero byte is no part of a query", file)
    tree = _parsed(engine, sql, file)
    known = {name.lower() for name in tables}
    named: set[str] = set()
    columns: set[str] = set()
    everything = False
    own = {str(each["key"]).lower() for node in _nodes(tree) for each in _ctes(node)}
    for node in _nodes(tree):
        where = _line_at(sql, node.get("query_location"))
        match node.get("type"):
            case "BASE_TABLE":
                name = str(node.get("table_name"))
                qualified = bool(node.get("schema_name") or node.get("catalog_name"))
                if qualified or name.lower() not in known | own:
                    raise QueryError(_no_table(name, tables), file, where)
                named.add(name.lower())
            case "TABLE_FUNCTION":
                function = str(cast("Mapping[str, object]", node.get("function") or {}).get("function_name"))
                if function.lower() not in _ROWS:
                    reason = f"the table function {function} is not for queries: they read what was loaded, no files"
                    raise QueryError(reason, file, where)
            case "SHOW_REF" if not node.get("query"):
                reason = "`.tables` and `.schema TABLE` of `stashlight shell` show what there is"
                raise QueryError(reason, file, where)
            case "STAR":
                everything = True
            case "COLUMN_REF":
                columns.update(map(str, cast("list[str]", node.get("column_names"))))
            case _:
                pass
        function = str(node.get("function_name") or "").lower()
        if _REFUSED.fullmatch(function) and not _PLAIN.fullmatch(function):
            reason = f"the function {function} is not for queries: they only read what was loaded"
            raise QueryError(reason, file, where)
    return Used(frozenset(n for n in named if n in known), frozenset(c.lower() for c in columns), everything)


def line_of(text: str, name: str) -> int:
    """Give the line on which a name stands first, outside comments; 0 if it does not."""
    plain = re.sub(r"//[^\n]*|--[^\n]*", lambda m: " " * len(m[0]), text)
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", plain)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def _parsed(engine: Engine, sql: str, file: str) -> object:
    literal = quoted(sql)
    try:
        ((answer,),) = engine.rows(f"SELECT json_serialize_sql({literal})")
        tree = json.loads(str(answer))
    except EngineError as error:
        raise QueryError(_short(str(error)), file, _line_in(str(error))) from error
    except RecursionError as error:
        reason = "nested too deeply"
        raise QueryError(reason, file) from error
    if tree["error"]:
        reason = str(tree["error_message"])
        if tree["error_type"] == "not implemented":
            reason = "only one SELECT is run: a query reads, it makes, changes and sets nothing"
        at = int(tree.get("position") or 0)
        raise QueryError(reason, file, sql.count("\n", 0, at) + 1)
    if not tree["statements"]:
        reason = "there is no query"
        raise QueryError(reason, file)
    if len(tree["statements"]) != 1:
        second = sql.find(";")
        reason = "more than one statement; a query is one SELECT"
        raise QueryError(reason, file, sql.count("\n", 0, second) + 1)
    return tree


def _nodes(tree: object) -> Iterator[Mapping[str, object]]:
    """Give every object of a tree of JSON; iterative, as trees may be deep."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            mapping = cast("dict[str, object]", node)
            yield mapping
            waiting.extend(mapping.values())
        elif isinstance(node, list):
            waiting.extend(cast("list[object]", node))


def _ctes(node: Mapping[str, object]) -> list[Mapping[str, object]]:
    held = node.get("cte_map")
    return cast("list[Mapping[str, object]]", cast("Mapping[str, object]", held).get("map") or []) if held else []


def _line_at(sql: str, location: object) -> int:
    # Bytes; of what has no place, 2^64 - 1.
    if not isinstance(location, int) or location > len(sql) * 4:
        return 0
    return sql.encode()[:location].count(b"\n") + 1


def _no_table(name: str, tables: Collection[str]) -> str:
    return f"no table {name!r}; there are: {', '.join(sorted(tables, key=str.lower))}"


def _line_in(message: str) -> int:
    found = re.search(r"^LINE (\d+):", message, re.MULTILINE)
    return int(found[1]) if found else 0


def _short(message: str) -> str:
    return message.split("\n\n", 1)[0].replace("\n", " ")
