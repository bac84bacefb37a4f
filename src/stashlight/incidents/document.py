"""
The result document: what a scan gives, and all that any output may know.

One frozen dataclass a JSON object; field names are the JSON names. The JSON Schema that we publish
(`docs/reference/result.schema.json`) is generated from these classes. Times are ISO 8601, UTC, ending in `Z`,
with microseconds only where the source has them. `None` means "the telemetry does not say", never zero.
"""

from dataclasses import field

from stashlight.frozen import frozen

__all__ = [
    "SCHEMA",
    "SEVERITIES",
    "Archive",
    "Command",
    "Conflict",
    "Document",
    "Evidence",
    "Factor",
    "Files",
    "FindingNote",
    "Folder",
    "Incident",
    "ListedFile",
    "Listing",
    "ProblemNote",
    "Readiness",
    "Rung",
    "Scanned",
    "Source",
]

SCHEMA = "stashlight/1"
SEVERITIES = ("info", "low", "medium", "high", "critical")  # from least to most


@frozen
class Evidence:
    """One event and where it stands: input file, record number there, event key."""

    file: str
    record: int | None
    event: str


@frozen
class Factor:
    """Points of the score with their reason; `evidence` are event keys."""

    name: str
    points: int
    reason: str
    evidence: tuple[str, ...] = ()


@frozen
class FindingNote:
    """A rule that matched inside the incident: how often, and sample event keys."""

    rule: str
    title: str
    level: str
    count: int
    first_seen: str
    last_seen: str
    evidence: tuple[str, ...] = ()


@frozen
class Folder:
    """
    Staged files of one folder on one host: folded names, and in the same order sizes and what listings have told so far.

    `sizes`, `present` and `hashed` are empty if nothing of the kind is known. A listing that is read later is looked up here.
    """

    path: str
    host: str | None
    names: tuple[str, ...]
    sizes: tuple[int | None, ...] = ()
    present: tuple[bool | None, ...] = ()
    hashed: tuple[bool, ...] = ()


@frozen
class Files:
    """
    The staged files. `count` counts distinct paths, aggregated rows by their weight.

    `bytes` is None unless at least one size is known; `sized` says for how many files it is.
    `is_lower_bound` is true where the source samples or caps. `minutes` says how many files were first written in which
    minute (hours, where there are over 1,440 minutes). `folders` names the files, the first 5,000 at most.
    `hashed`, `present` and `deleted` count the files of which a listing tells that; None if no listing was read.
    """

    count: int
    bytes: int | None
    extensions: dict[str, int]
    sized: int = 0
    is_lower_bound: bool = False
    sensitive: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    minutes: dict[str, int] = field(default_factory=dict[str, int])
    folders: tuple[Folder, ...] = ()
    hashed: int | None = None
    present: int | None = None
    deleted: int | None = None


@frozen
class Rung:
    """One step of the ladder (collect, stage, pack, exfiltrate, clean_up) that was seen."""

    name: str
    first_seen: str
    last_seen: str
    summary: str
    evidence: tuple[str, ...] = ()


@frozen
class Source:
    """
    Where the staged data came from.

    `basis` says how we know: "read" (a recorded read joined by name and time),
    "command" (a root named in a command line), "requester" (the remote machine that wrote).
    """

    path: str
    host: str | None
    basis: str
    files: int | None = None
    evidence: tuple[str, ...] = ()


@frozen
class Archive:
    """An archive made in the incident. `password` and `split` are None where the telemetry cannot tell."""

    path: str
    tool: str | None
    password: bool | None
    split: bool | None
    bytes: int | None
    evidence: tuple[str, ...] = ()


@frozen
class Command:
    """A process (or script) that did part of the work."""

    time: str
    host: str
    account: str | None
    process: str | None
    process_id: int | None
    command: str | None
    parent: str | None
    rung: str | None
    event: str


@frozen
class Listing:
    """
    What a listing, journal or hash list that was read after the fact says of the staged files.

    `matched` of them stand in it; for `sized`, `hashed`, `present` and `deleted` of these it is where we know that from.
    `missing` are not in it although it lists their folder, or volume, in full. `ambiguous` rows could mean several
    files, and so say nothing. `rows` counts the whole file.
    """

    file: str
    format: str
    host: str | None
    rows: int
    matched: int = 0
    sized: int = 0
    hashed: int = 0
    present: int = 0
    deleted: int = 0
    missing: int = 0
    ambiguous: int = 0


@frozen
class ListedFile:
    """
    A staged file, or an archive, with what listings say of it; `basis` says which, and at which line.

    `state` is "present" or "deleted", None if no listing tells or they disagree; `deleted` is the time, if it is known.
    """

    path: str
    host: str | None
    bytes: int | None
    md5: str | None
    sha1: str | None
    sha256: str | None
    state: str | None
    deleted: str | None
    basis: tuple[str, ...]


@frozen
class Conflict:
    """Sources that disagree on a staged file: on `what` ("size", "md5", "sha1", "sha256", "state"), and what each has `told`."""

    path: str
    what: str
    told: tuple[str, ...]


@frozen
class Incident:
    """What one analyst handles at once."""

    id: str
    title: str
    severity: str
    score: int
    confidence: str
    techniques: tuple[str, ...]
    hosts: tuple[str, ...]
    accounts: tuple[str, ...]
    places: tuple[str, ...]
    first_seen: str
    last_seen: str
    files: Files
    factors: tuple[Factor, ...]
    findings: tuple[FindingNote, ...]
    evidence: tuple[Evidence, ...]
    rungs: tuple[Rung, ...] = ()
    sources: tuple[Source, ...] = ()
    archives: tuple[Archive, ...] = ()
    commands: tuple[Command, ...] = ()
    confidence_reason: str = ""
    clears: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    listings: tuple[Listing, ...] = ()
    listed: tuple[ListedFile, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


@frozen
class Readiness:
    """
    Whether a data source was there, and what is blind without it.

    `status` is present, partial (a needed field is missing in part of the events) or absent.
    """

    source: str
    status: str
    events: int
    missing: tuple[str, ...]
    blind: tuple[str, ...]
    message: str


@frozen
class ProblemNote:
    """Something that could not be read or used; `count` records."""

    file: str
    position: str
    reason: str
    count: int = 1


@frozen
class Scanned:
    """
    What was read. `records` counts all records, `events` those that became events, `duplicates` those dropped as byte-identical.

    `silenced` counts file writes that a benign profile explains and that no session counts.
    """

    files: int
    bytes: int
    records: int
    events: int
    duplicates: int
    first: str | None
    last: str | None
    kinds: dict[str, int] = field(default_factory=dict[str, int])
    formats: dict[str, int] = field(default_factory=dict[str, int])
    silenced: int = 0


@frozen
class Document:
    """Everything a scan found. `partial` is true if it was interrupted."""

    schema: str
    version: str
    scanned: Scanned
    incidents: tuple[Incident, ...]
    readiness: tuple[Readiness, ...]
    problems: tuple[ProblemNote, ...]
    partial: bool = False
