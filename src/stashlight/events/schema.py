"""
What an event is: every column, its type, its meaning and its Sigma names. The only list.

From it come the table's DDL, the Arrow schema, the field reference in the docs and the Sigma field map.
A column that is `folded` has a twin `<name>_lc`, lower-cased once by the normaliser (`fold`), because `lower()`
differs between engines for 56 code points; Sigma's case-insensitive matching runs on the twin.
Times are microseconds since 1970-01-01 UTC. An unknown value is NULL, never "" or "-".
"""

from enum import StrEnum
from functools import cache
from typing import Literal

import pyarrow as pa

from stashlight.frozen import frozen

__all__ = ["ARROW", "CODED", "COLUMNS", "KEYS", "Column", "Kind", "chosen", "ddl", "fold", "names", "sigma_fields"]

Type = Literal["VARCHAR", "BIGINT", "BOOLEAN"]


class Kind(StrEnum):
    """What happened; one event has one kind, whatever vocabulary told of it."""

    PROCESS_START = "process_start"
    FILE_CREATE = "file_create"
    FILE_RENAME = "file_rename"
    FILE_DELETE = "file_delete"
    FILE_STREAM = "file_stream"
    FILE_ACCESS = "file_access"
    SHARE_ACCESS = "share_access"
    NETWORK_CONNECT = "network_connect"
    LOGON = "logon"
    SCRIPT_BLOCK = "script_block"
    DATABASE_FILE = "database_file"


@frozen
class Column:
    """One column of the event table. `sigma` lists the names under which Sigma rules ask for it."""

    name: str
    type: Type
    meaning: str
    sigma: tuple[str, ...] = ()
    folded: bool = False
    unit: str = ""


def fold(text: str) -> str:
    """
    Lower-case `text` letter by letter.

    `İ` is the one letter whose lower case has two code points; `Σ` the one whose lower case depends on its place
    (`ς` at the end of a word), so that a folded part would not be found in a folded whole.
    """
    return text.lower() if text.isascii() else text.replace("İ", "i").replace("Σ", "σ").lower()  # noqa: RUF001 - Greek is meant


_V: Type = "VARCHAR"
_N: Type = "BIGINT"
_B: Type = "BOOLEAN"

COLUMNS: tuple[Column, ...] = (
    # Where it came from.
    Column("event_key", _V, "BLAKE2b-128 of the raw record, hex: the identity of an event"),
    Column("file", _V, "input file as given; members of an archive as `archive.zip!member`"),
    Column("record", _N, "line number, EVTX record id or CSV record number in that file"),
    Column("provider", _V, "vocabulary: sysmon, security, powershell, defender, esent, sysmon_linux, auditd"),
    Column("channel", _V, "event log channel or table as written", ("Channel",), folded=True),
    Column("provider_name", _V, "event provider as written", ("Provider_Name", "SourceName"), folded=True),
    Column("event_id", _N, "event id of the vocabulary; NULL for Defender", ("EventID", "EventCode")),
    Column("kind", _V, "what happened, see Kind"),
    Column("action", _V, "the vocabulary's own word (Defender ActionType)", ("ActionType",), folded=True),
    # When.
    Column("ts_us", _N, "time of the event; NULL if the record has none", (), unit="µs UTC"),
    Column(
        "time_basis", _V, "event (UtcTime, Timestamp), created (TimeCreated), corrected, arrival (@timestamp), none"
    ),
    # Who and where.
    Column("host", _V, "host as written", ("Computer", "ComputerName", "Hostname"), folded=True),
    Column("host_key", _V, "folded host name without domain; an IP address stays whole"),
    Column(
        "account",
        _V,
        "acting account, DOMAIN\\name or as written",
        ("User", "SubjectUserName", "AccountName"),
        folded=True,
    ),
    Column(
        "account_key", _V, "folded account name without domain: alexchen for COMPANY\\alexchen and alexchen@company.com"
    ),
    Column("account_sid", _V, "security identifier of the account", ("UserSid", "SubjectUserSid")),
    Column("logon_id", _N, "logon session of the acting account", ("LogonId", "SubjectLogonId")),
    Column("logon_type", _N, "Windows logon type (2 console, 3 network, 10 remote interactive)", ("LogonType",)),
    Column(
        "client_ip",
        _V,
        "address of the remote requester (4624, 5140, 5145, RequestSourceIP)",
        ("IpAddress",),
        folded=True,
    ),
    Column("client_host", _V, "name of the remote requester", ("WorkstationName",), folded=True),
    Column("is_remote", _B, "true if the act came in over the network (SMB write seen on the server, pid 4)"),
    # The acting process.
    Column("process_key", _V, "identity of the process: GUID without braces, else host|pid|start or host|pid|path"),
    Column("process_guid", _V, "process GUID, folded, without braces", ("ProcessGuid",)),
    Column("process_id", _N, "process id", ("ProcessId", "NewProcessId")),
    Column(
        "process_path",
        _V,
        "image of the acting process",
        ("Image", "NewProcessName", "ProcessName", "Application"),
        folded=True,
    ),
    Column("process_name", _V, "folded file name of the image"),
    Column(
        "command_line", _V, "command line of the acting process", ("CommandLine", "ProcessCommandLine"), folded=True
    ),
    Column("current_directory", _V, "working directory at start", ("CurrentDirectory",), folded=True),
    Column("original_file_name", _V, "OriginalFileName of the version resource", ("OriginalFileName",), folded=True),
    Column("file_description", _V, "FileDescription of the version resource", ("Description",), folded=True),
    Column("company", _V, "CompanyName of the version resource", ("Company",), folded=True),
    Column("product", _V, "ProductName of the version resource", ("Product",), folded=True),
    Column("file_version", _V, "FileVersion of the version resource", ("FileVersion",), folded=True),
    Column(
        "integrity_level",
        _V,
        "Low, Medium, High, System or a mandatory label SID",
        ("IntegrityLevel", "MandatoryLabel"),
        folded=True,
    ),
    Column("hashes", _V, "hashes as written: SHA1=…,SHA256=…,IMPHASH=…", ("Hashes", "Hash"), folded=True),
    # Its parent.
    Column("parent_key", _V, "identity of the parent process, as process_key"),
    Column("parent_guid", _V, "process GUID of the parent", ("ParentProcessGuid",)),
    Column("parent_id", _N, "process id of the parent", ("ParentProcessId",)),
    Column("parent_path", _V, "image of the parent process", ("ParentImage", "ParentProcessName"), folded=True),
    Column("parent_command_line", _V, "command line of the parent process", ("ParentCommandLine",), folded=True),
    Column("parent_account", _V, "account of the parent process", ("ParentUser",), folded=True),
    # The file.
    Column("file_path", _V, "file acted on, as written", ("TargetFilename", "ObjectName", "FolderPath"), folded=True),
    Column(
        "file_dir",
        _V,
        "directory of the file: folded, one separator, no `\\\\?\\`, no trailing separator; share path for SMB",
    ),
    Column("file_name", _V, "folded last part of the path, without stream"),
    Column("file_ext", _V, "folded extension without dot; NULL if none"),
    Column("file_size", _N, "size of the file; Sysmon has none", ("FileSize",), unit="bytes"),
    Column("file_sha256", _V, "SHA-256 of the file, folded", ("SHA256",)),
    Column("previous_path", _V, "path before a rename", ("SourceFilename",), folded=True),
    Column("stream_contents", _V, "contents of a named stream (Sysmon 15)", ("Contents",), folded=True),
    # Shares and objects.
    Column("share_name", _V, "share as written, `\\\\*\\C$`", ("ShareName",), folded=True),
    Column("share_path", _V, "local path of the share", ("ShareLocalPath",), folded=True),
    Column("relative_path", _V, "path below the share", ("RelativeTargetName",), folded=True),
    Column("access_mask", _N, "requested access rights", ("AccessMask",)),
    Column("object_type", _V, "File, Key, …", ("ObjectType",), folded=True),
    # Network.
    Column("source_ip", _V, "source address of a connection", ("SourceIp", "SourceAddress"), folded=True),
    Column("source_port", _N, "source port", ("SourcePort",)),
    Column("destination_ip", _V, "destination address", ("DestinationIp", "DestAddress", "RemoteIP"), folded=True),
    Column("destination_port", _N, "destination port", ("DestinationPort", "DestPort", "RemotePort")),
    Column("destination_host", _V, "destination name or URL", ("DestinationHostname", "RemoteUrl"), folded=True),
    Column("initiated", _B, "true if this host opened the connection", ("Initiated",)),
    Column("protocol", _V, "tcp, udp, SMB, …", ("Protocol",), folded=True),
    # Scripts.
    Column(
        "script_text",
        _V,
        "script block, module log payload or pipeline text",
        ("ScriptBlockText", "Payload", "ContextInfo", "Data"),
        folded=True,
    ),
    Column("script_id", _V, "id of the script block", ("ScriptBlockId",)),
    Column("script_part", _N, "number of this part of the block, from 1", ("MessageNumber",)),
    Column("script_parts", _N, "parts of the block in all", ("MessageTotal",)),
    Column("script_path", _V, "file of the script", ("Path",), folded=True),
    # How much one row stands for.
    Column("weight", _N, "acts that this row stands for (uniqueEventsAggregated), else 1"),
    Column("is_lower_bound", _B, "true if the source samples or caps, so that counts are at least this"),
)

_ARROW_TYPES = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "BOOLEAN": pa.bool_()}


@cache
def names() -> tuple[str, ...]:
    """Give every physical column in order: each column, then its folded twin if it has one."""
    return tuple(n for c in COLUMNS for n in ((c.name, f"{c.name}_lc") if c.folded else (c.name,)))


def _types() -> tuple[Type, ...]:
    return tuple(c.type for c in COLUMNS for _ in range(2 if c.folded else 1))


ARROW = pa.schema([pa.field(n, _ARROW_TYPES[t]) for n, t in zip(names(), _types(), strict=True)])


_CODED_TYPES = {**_ARROW_TYPES, "VARCHAR": pa.dictionary(pa.int32(), pa.string())}

CODED = pa.schema(
    [
        pa.field(n, _ARROW_TYPES[t] if n == "event_key" else _CODED_TYPES[t])
        for n, t in zip(names(), _types(), strict=True)
    ]
)
"""The same on its way from readers to a sink: texts in dictionaries, a third of the bytes. Columns may be missing."""


KEYS = frozenset({"event_key", "file", "record", "provider", "event_id", "kind", "ts_us", "host_key"})
"""What every event has, whoever asks: who counts events, drops duplicates and finds records again goes by these."""


@cache
def chosen(schema: pa.Schema, columns: frozenset[str] | None) -> pa.Schema:
    """Give those fields of ARROW or CODED whose columns are asked for, and the KEYS; None asks for all."""
    if columns is None:
        return schema
    fields = zip(schema.names, schema.types, strict=True)
    return pa.schema([pa.field(n, t) for n, t in fields if n in columns or n in KEYS])


def ddl(table: str = "events", asked: frozenset[str] | None = None) -> str:
    """Give the CREATE TABLE statement of the event table, or of the columns that are `chosen`, in the portable SQL profile."""
    there = frozenset(chosen(ARROW, asked).names)
    columns = ",\n".join(f"  {n} {t}" for n, t in zip(names(), _types(), strict=True) if n in there)
    return f"CREATE TABLE {table} (\n{columns}\n)"


def sigma_fields() -> dict[str, Column]:
    """Map each Sigma field name to its column."""
    return {s: c for c in COLUMNS for s in c.sigma}
