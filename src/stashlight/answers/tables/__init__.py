"""
Tables as other products name them: one a file, found by listing this folder, each a view over the events.

A table module has `TABLE`. In the expressions of its columns `e` is the event, `s` the start of its process and `p` the
start of that process's parent, as far as the logs hold them; `""` marks a column that nothing here can fill.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol

from stashlight.events.schema import Kind
from stashlight.plugins import plugins

__all__ = ["SOURCE", "Table", "TableModule", "prepared", "tables"]

# What every table has, so that each row can say where it comes from.
SOURCE: Final = {"SourceFile": "e.file", "SourceRecord": "e.record", "EventKey": "e.event_key"}


@dataclass(frozen=True, slots=True)
class Table:
    """
    A view: for each column an expression, for each kind of event that it shows the name under which it shows it.

    `where` narrows the kinds further, as SQL over `e`.
    """

    name: str
    meaning: str
    kinds: tuple[Kind, ...]
    columns: dict[str, str]
    where: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Columns in order, those that say where a row comes from last."""
        return (*self.columns, *SOURCE)

    @property
    def unfilled(self) -> frozenset[str]:
        """Columns that are NULL whatever was read."""
        return frozenset(name for name, expression in self.columns.items() if not expression)

    def ddl(self) -> str:
        """Give the CREATE VIEW statement."""
        shown = {**self.columns, **SOURCE}
        columns = ",\n".join(
            f'  {expression or "CAST(NULL AS VARCHAR)"} AS "{name}"' for name, expression in shown.items()
        )
        kinds = ", ".join(f"'{kind}'" for kind in self.kinds)
        narrower = f" AND ({self.where})" if self.where else ""
        return (
            f'CREATE VIEW "{self.name}" AS SELECT\n{columns}\nFROM stored_events AS e\n'
            "LEFT JOIN process_starts AS s ON s.process_key = e.process_key AND e.kind <> 'process_start'\n"
            "LEFT JOIN process_starts AS p ON p.process_key = COALESCE(e.parent_key, s.parent_key)\n"
            f"WHERE e.kind IN ({kinds}){narrower}"
        )


class TableModule(Protocol):
    """What a module of this folder has."""

    TABLE: Table


@cache
def tables() -> dict[str, Table]:
    """Give every table by name."""
    found = [module.TABLE for module in plugins(__name__, TableModule).values()]
    return {table.name: table for table in sorted(found, key=lambda table: table.name)}


def prepared() -> tuple[str, ...]:
    """Give the statements that make what the views stand on: functions, and one start for each process."""
    return (
        *_FUNCTIONS,
        # Two sources may tell of one start; Sysmon and Defender say more than 4688.
        (
            "CREATE TABLE process_starts AS SELECT DISTINCT ON (process_key) process_key, ts_us, account, account_sid, logon_id, "
            "process_id, process_path, command_line, original_file_name, file_description, company, product, file_version, "
            "integrity_level, hashes, file_size, parent_key, parent_id, parent_path, parent_command_line, parent_account "
            "FROM events WHERE kind = 'process_start' AND NOT process_key IS NULL "
            "ORDER BY process_key, original_file_name IS NULL, ts_us, event_key"
        ),
    )


# Accounts are DOMAIN\name, name@domain or a bare name; paths have either slash.
_FUNCTIONS: Final = (
    "CREATE MACRO time_of(us) AS make_timestamp(us)",
    r"CREATE MACRO name_of(path) AS NULLIF(regexp_extract(path, '[^\\/]*\z'), '')",
    (
        r"CREATE MACRO user_of(account) AS CASE WHEN contains(account, '\') THEN regexp_extract(account, '[^\\]*\z') "
        "WHEN contains(account, '@') THEN split_part(account, '@', 1) ELSE account END"
    ),
    r"CREATE MACRO domain_of(account) AS CASE WHEN contains(account, '\') THEN split_part(account, '\', 1) END",
    "CREATE MACRO upn_of(account) AS CASE WHEN contains(account, '@') THEN account END",
    (
        "CREATE MACRO hash_of(hashes, algorithm) AS "
        "NULLIF(lower(regexp_extract(hashes, '(?i)(?:^|,)' || algorithm || '=([0-9a-f]+)', 1)), '')"
    ),
    # Mandatory labels: https://learn.microsoft.com/windows/win32/secauthz/well-known-sids
    (
        "CREATE MACRO integrity_of(label) AS CASE label WHEN 'S-1-16-4096' THEN 'Low' WHEN 'S-1-16-8192' THEN 'Medium' "
        "WHEN 'S-1-16-12288' THEN 'High' WHEN 'S-1-16-16384' THEN 'System' ELSE label END"
    ),
    # What Defender writes for an address; RFC 1918, 4193, 3927, 4291.
    (
        "CREATE MACRO reach_of(address) AS CASE WHEN address IS NULL THEN NULL "
        "WHEN regexp_matches(address, '^(127\\.|::1$)') THEN 'Loopback' "
        "WHEN regexp_matches(lower(address), '^(10\\.|192\\.168\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|169\\.254\\.|fe80:|f[cd][0-9a-f]{2}:)') "
        "THEN 'Private' ELSE 'Public' END"
    ),
)
