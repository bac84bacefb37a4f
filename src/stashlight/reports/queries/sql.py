"""DuckDB over what `stashlight convert` writes; columns as in docs/reference/events.md."""

from datetime import datetime

from stashlight.events.schema import fold
from stashlight.reports.quoting import sql
from stashlight.reports.subject import Subject

LABEL: str = "Stashlight SQL (stashlight convert PATH… --to events.parquet, then DuckDB)"
LANGUAGE: str = "sql"

_SHOWN = "make_timestamp(ts_us) AS time_utc, host, account, kind, process_path, process_id"
_KINDS = {
    "pile": "kind IN ('file_create', 'file_rename')",
    "processes": "kind = 'process_start'",
    "logons": "kind = 'logon'",
    "network": "kind = 'network_connect'",
    "touched": "kind IN ('file_access', 'share_access', 'file_delete', 'file_rename')",
    "account_elsewhere": "kind IN ('logon', 'process_start', 'share_access')",
    "place_elsewhere": "kind IN ('file_create', 'file_rename')",
}
_COLUMNS = {
    "pile": "file_path, file_size, file_sha256, event_key",
    "processes": "command_line, parent_path, event_key",
    "logons": "logon_type, client_ip, client_host, event_key",
    "network": "destination_ip, destination_port, destination_host, event_key",
    "touched": "file_path, share_name, relative_path, client_ip, event_key",
    "account_elsewhere": "command_line, client_ip, event_key",
    "place_elsewhere": "file_path, event_key",
}


def query(question: str, subject: Subject) -> str | None:
    """Give one SELECT, newest columns last; None if the subject lacks what it asks about."""
    where = _where(question, subject)
    if where is None:
        return None
    conditions = "\n  AND ".join([_KINDS[question], *where, *_times(question, subject)])
    return f"SELECT {_SHOWN}, {_COLUMNS[question]}\nFROM 'events.parquet'\nWHERE {conditions}\nORDER BY ts_us;"


def _where(question: str, subject: Subject) -> list[str] | None:
    host = [f"host_key = {sql(fold(subject.host))}"] if subject.host else []
    account = [f"account_key = {sql(fold(subject.account))}"] if subject.account else []
    place = [f"starts_with(file_path_lc, {sql(fold(subject.place))})"] if subject.place else []
    not_here = [f"host_key <> {sql(fold(subject.host))}"] if subject.host else []
    match question:
        case "pile" | "touched":
            return [*host, *place] if host and place else None
        case "processes" | "logons":
            return [*host, *account] if host else None
        case "network":
            return host or None
        case "account_elsewhere":
            return [*account, *not_here] if account else None
        case _:
            return [*place, *not_here] if place else None


def _times(question: str, subject: Subject) -> list[str]:
    time = subject.time_for(question)
    return [f"ts_us BETWEEN {_us(time[0])} AND {_us(time[1])}"] if time else []


def _us(time: datetime) -> int:
    return int(time.timestamp()) * 1_000_000
