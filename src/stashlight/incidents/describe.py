"""
Cases → incidents of the result document: names, times, files, rungs, sources, archives, commands, evidence.

Everything said here comes from an event that is cited; what no event tells is None.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, TypeVar, cast

import pyarrow as pa

from stashlight.engines.connection import Connection
from stashlight.engines.duckdb import Engine
from stashlight.frozen import frozen
from stashlight.incidents.acts import RUNGS
from stashlight.incidents.cases import AFTER, Case
from stashlight.incidents.clears import clears
from stashlight.incidents.confidence import confidence
from stashlight.incidents.deeds import Deed
from stashlight.incidents.document import (
    Archive,
    Command,
    Evidence,
    Factor,
    Files,
    FindingNote,
    Folder,
    Incident,
    Rung,
    Source,
)
from stashlight.incidents.minutes import minutes
from stashlight.incidents.pairing import Read, read_pairs
from stashlight.incidents.places import parents
from stashlight.incidents.queries import statement
from stashlight.incidents.sizes import sizes_note
from stashlight.incidents.spelling import spelled_places
from stashlight.incidents.staged import register_piles
from stashlight.incidents.staged_files import folders
from stashlight.incidents.techniques import techniques

__all__ = ["Scored", "case_id", "describe", "instant"]

T = TypeVar("T")

# What a person reads to the end; of the rest a note says how much there is. Hostile logs have a million of each.
_PLACES: Final = 8
_COMMANDS: Final = 25
_ARCHIVES: Final = 20
_SOURCES: Final = 30
_HOSTS: Final = 50
_ACCOUNTS: Final = 50
_EXTENSIONS: Final = 100
_EVIDENCE: Final = 60


@frozen
class Scored:
    """A case with its score."""

    case: Case
    points: int
    severity: str
    factors: tuple[Factor, ...]


def instant(us: int) -> str:
    """Give microseconds as ISO 8601, UTC, `Z`."""
    moment = datetime.fromtimestamp(us // 1_000_000, UTC)
    fraction = us % 1_000_000
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{fraction:06d}Z" if fraction else "Z")


def describe(
    engine: Engine, scored: Sequence[Scored], noted: Callable[[Connection], dict[str, tuple[FindingNote, ...]]]
) -> list[Incident]:
    """Give the incidents, highest score first; `noted` gives the findings of the events in the table `cited`."""
    cases = [one.case for one in scored]
    register_piles(engine, cases)

    def of_files(own: Connection) -> tuple[_Samples, list[Files]]:
        samples = _samples(own)
        return samples, _files(own, scored, samples)

    def of_places(own: Connection):  # noqa: ANN202 - inferred, and long
        return read_pairs(own, cases), spelled_places(own, cases), _names(own, scored)

    (samples, files), (reads, places, names) = engine.both(of_files, of_places)
    cited = {key for i, one in enumerate(scored) for key in [*_keys(one), *(k for k, _ in samples.get(i, ()))]}

    def of_events(own: Connection) -> tuple[dict[str, Evidence], dict[str, tuple[FindingNote, ...]]]:
        return _evidence(own, cited | {r.event for some in reads.values() for r in some}), noted(own)

    def of_folders(own: Connection) -> dict[int, tuple[Folder, ...]]:
        return folders(own, len(scored), names[0])

    (known, findings), listed = engine.both(of_events, of_folders)
    told = _Told(known, *names, places, reads, findings, listed)
    found = [_incident(i, one, files[i], samples.get(i, []), told) for i, one in enumerate(scored)]
    # Whoever looks the files up in a listing finds the incident of a case by it.
    ids = {
        "case_id": pa.array(range(len(found)), pa.int64()),
        "incident": pa.array([each.id for each in found], pa.string()),
    }
    engine.register("case_names", pa.table(ids))
    return sorted(found, key=lambda i: (-i.score, i.first_seen, i.id))


@frozen
class _Told:
    """What was looked up once for all incidents: evidence, spellings of hosts, accounts and places, reads, findings, files."""

    known: dict[str, Evidence]
    hosts: dict[str, str]
    accounts: dict[str, str]
    places: dict[tuple[str, str], str]
    reads: dict[int, tuple[Read, ...]]
    noted: dict[str, tuple[FindingNote, ...]]
    folders: dict[int, tuple[Folder, ...]]


def _incident(number: int, one: Scored, files: Files, samples: list[tuple[str, str]], told: _Told) -> Incident:
    case = one.case
    notes: list[str] = []
    hosts = _first(_hosts(case), _HOSTS, "hosts", notes)
    reads = told.reads.get(number, ())
    names = (told.hosts, told.accounts)
    places = tuple(dict.fromkeys(told.places.get(where, where[1]) for where in case.places))[:_PLACES]
    accounts = tuple(names[1].get(a, a) for a in _first(case.accounts, _ACCOUNTS, "accounts", notes))
    cited = dict.fromkeys([*_keys(one), *(key for key, _ in samples), *(r.event for r in reads)])
    keys = _first([k for k in cited if k in told.known], _EVIDENCE, "events of evidence", notes)
    grade, reason = confidence(case)
    return Incident(
        id=case_id(case),
        title=_title(case, files, names[0], places),
        severity=one.severity,
        score=one.points,
        confidence=grade,
        techniques=techniques(case),
        hosts=tuple(names[0].get(h, h) for h in hosts),
        accounts=accounts,
        places=places,
        first_seen=instant(case.first_us),
        last_seen=instant(case.last_us),
        files=replace(
            files,
            extensions=dict(_first(tuple(files.extensions.items()), _EXTENSIONS, "extensions", notes)),
            folders=told.folders.get(number, ()),
        ),
        factors=one.factors,
        findings=_findings(keys, told.noted),
        evidence=tuple(told.known[k] for k in keys),
        rungs=_rungs(case, reads),
        sources=_first(_sources(case, names[0], reads), _SOURCES, "sources", notes),
        archives=_first(_archives(case), _ARCHIVES, "archives", notes),
        commands=_first(_commands(case, names), _COMMANDS, "commands", notes),
        confidence_reason=reason,
        clears=clears(case),
        notes=(*_notes(case, files), *notes),
    )


def _first(found: Sequence[T], most: int, what: str, notes: list[str]) -> tuple[T, ...]:
    """Give the first of many, and note how many are left out."""
    if len(found) > most:
        notes.append(f"{len(found) - most:,} more {what} are not listed.")
    return tuple(found[:most])


def case_id(case: Case) -> str:
    """Give an id that the same data always gives: from host, place and the first events."""
    first = min([(p.first_us, p.event) for p, _ in case.written] + [(d.ts_us, d.events[0]) for d in case.deeds])
    host, place = case.places[0] if case.places else ("", "")
    return "SL-" + hashlib.blake2b(f"{host}|{place}|{first[0]}|{first[1]}".encode(), digest_size=5).hexdigest().upper()


def _hosts(case: Case) -> tuple[str, ...]:
    """Give host keys: where the piles are first, then who acted, then who sent."""
    found = [h for h, _ in case.places] + [d.host for d in case.deeds]
    found += [c for p in case.staged if p.is_remote and (c := case.context.network.client(p.client))]
    return tuple(dict.fromkeys(h for h in found if h))


def _title(case: Case, files: Files, hosts: dict[str, str], places: Sequence[str]) -> str:
    host, place = (case.places[0][0], places[0]) if case.places else ("", "")
    what = f"{files.count:,} files" if files.count > 1 else "1 file" if files.count else "Data"
    packs = case.acts("pack")
    if packs and files.count <= 1:
        what = "An archive"
    who = f" by {case.accounts[0]}" if case.accounts else ""
    return f"{what} staged in {place} on {hosts.get(host, host)}{who}"


def _keys(one: Scored) -> list[str]:
    keys = [e for d in (*one.case.deeds, *one.case.after) for e in d.events]
    keys += [e for f in one.factors for e in f.evidence]
    keys += [p.event for p in one.case.staged[:20]]
    return keys


def _rungs(case: Case, reads: Sequence[Read]) -> tuple[Rung, ...]:
    found: list[Rung] = []
    for name in RUNGS:
        deeds = case.acts(name)
        times = [d.ts_us for d in deeds]
        events = [e for d in deeds for e in d.events[:2]]
        said = sorted({d.act.tool for d in deeds})
        summary = f"{', '.join(said[:5])}" if said else ""
        if name == "collect" and reads:
            times += [t for r in reads for t in (r.first_us, r.last_us)]
            events += [r.event for r in reads[:5]]
            summary = f"{sum(r.files for r in reads):,} files read where they came from" + (
                f" ({summary})" if summary else ""
            )
        if name == "stage" and case.staged:
            times += [t for p in case.staged for t in (p.first_us, p.last_us)]
            events += [p.event for p in case.staged[:5]]
            summary = f"{sum(p.files for p in case.staged):,} files written" + (f" ({summary})" if summary else "")
        if name == "clean_up" and case.removals:
            times += [t for r in case.removals for t in (r.first_us, r.last_us)]
            events += [r.event for r in case.removals[:3]]
            summary = f"{sum(r.files for r in case.removals):,} files deleted" + (f" ({summary})" if summary else "")
        if times:
            found.append(
                Rung(name, instant(min(times)), instant(max(times)), summary, tuple(dict.fromkeys(events))[:10])
            )
    return tuple(found)


def _sources(case: Case, hosts: dict[str, str], reads: Sequence[Read]) -> tuple[Source, ...]:
    found: dict[tuple[str, str], Source] = {
        (r.host, r.directory): Source(r.directory, hosts.get(r.host, r.host), "read", r.files, (r.event,))
        for r in reads
    }
    places = {place for _, place in case.places}
    for deed in case.acts("collect", "stage", "pack"):
        for path in deed.act.sources:
            low = path.lower()
            if not places.isdisjoint(parents(low.rstrip("\\"))) or not re.search(r"[\\/:%$ ]", path):
                continue
            found.setdefault(
                (deed.host, low), Source(path, hosts.get(deed.host, deed.host), "command", None, deed.events[:2])
            )
    requesters: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for pile in case.staged:
        if pile.is_remote and pile.client:
            requesters[pile.client].append((pile.files, pile.event))
    for client, told in sorted(requesters.items()):
        host = case.context.network.client(client)
        found["", client] = Source(
            client, hosts.get(host or "", host), "requester", sum(n for n, _ in told), tuple(e for _, e in told[:3])
        )
    return tuple(found.values())


def _archives(case: Case) -> tuple[Archive, ...]:
    found: dict[str, Archive] = {}
    for deed in case.acts("pack"):
        path = deed.target or deed.act.destination
        if path:
            traits = deed.act.traits
            # Only rar and 7-Zip say on the command line whether a password is set; a script may set it elsewhere.
            tells = deed.act.tool in ("rar", "7-zip", "archiver", "zip")
            found.setdefault(
                path,
                Archive(
                    path,
                    deed.act.tool,
                    "password" in traits if tells or "password" in traits else None,
                    "split" in traits if tells else None,
                    None,
                    deed.events[:2],
                ),
            )
    return tuple(found.values())


def _commands(case: Case, names: tuple[dict[str, str], dict[str, str]]) -> tuple[Command, ...]:
    found: dict[str, Command] = {}
    deeds = sorted((*case.deeds, *case.after), key=lambda d: (d.ts_us, d.events))
    for deed in deeds:
        if deed.events[0] not in found:
            found[deed.events[0]] = _command(deed, case, names)
    for pile in case.staged[:20]:
        for process in case.context.lineage.ancestors(pile.process_key):
            if process.event not in found and not any(process.event in d.events for d in deeds):
                found[process.event] = Command(
                    instant(process.ts_us),
                    names[0].get(process.host, process.host),
                    names[1].get(process.account or "", process.account),
                    process.path,
                    process.process_id,
                    process.command_line,
                    process.parent_path,
                    None,
                    process.event,
                )
            break
    return tuple(sorted(found.values(), key=lambda c: (c.time, c.event)))


def _command(deed: Deed, case: Case, names: tuple[dict[str, str], dict[str, str]]) -> Command:
    process = case.context.lineage.get(deed.process_key)
    return Command(
        instant(deed.ts_us),
        names[0].get(deed.host, deed.host),
        names[1].get(deed.account or "", deed.account),
        deed.process_path,
        process.process_id if process else None,
        deed.text,
        deed.parent_path,
        deed.act.rung,
        deed.events[0],
    )


def _findings(keys: Sequence[str], noted: dict[str, tuple[FindingNote, ...]]) -> tuple[FindingNote, ...]:
    """Give each rule that matched a cited event once, with how many of these it matched and when."""
    by_rule: defaultdict[str, list[FindingNote]] = defaultdict(list)
    for key in keys:
        for note in noted.get(key, ()):
            by_rule[note.rule].append(note)
    for notes in by_rule.values():  # the first match is the first evidence; one without a time comes last
        notes.sort(key=lambda note: (not note.first_seen, note.first_seen, note.evidence))
    return tuple(
        FindingNote(
            rule,
            notes[0].title,
            notes[0].level,
            len(notes),
            min(n.first_seen for n in notes),
            max(n.last_seen for n in notes),
            tuple(n.evidence[0] for n in notes[:10]),
        )
        for rule, notes in sorted(by_rule.items())
    )


def _notes(case: Case, files: Files) -> tuple[str, ...]:
    notes: list[str] = []
    if said := sizes_note(files):
        notes.append(said)
    if files.is_lower_bound:
        notes.append("The source samples or caps file events: counts are lower bounds.")
    if any(d.place and re.match(r"%|\$env:", d.place) for d in case.deeds):
        notes.append("A place is given as the command wrote it; the variable was not expanded.")
    if len(case.after) >= AFTER:
        notes.append(f"Of the ways out and clean-up that followed, no more than the first {AFTER} are weighed.")
    if len(case.places) > _PLACES:
        notes.append(f"{len(case.places) - _PLACES} more places are not listed.")
    return tuple(notes)


_Samples = dict[int, list[tuple[str, str]]]
"""By case, the first files with the events that show them: (event, path)."""


def _files(engine: Connection, scored: Sequence[Scored], samples: _Samples) -> list[Files]:
    rows: defaultdict[int, list[tuple[str, int, int | None, int, int]]] = defaultdict(list)
    for number, ext, count, size, sized, bounded in cast(
        "Iterable[tuple[int, str, int, int | None, int, int]]", engine.rows(statement("staged"))
    ):
        rows[number].append((ext, count, size, sized, bounded))
    when = minutes(engine)
    found: list[Files] = []
    for i, one in enumerate(scored):
        mine = rows.get(i, [])
        sizes = [size for _, _, size, _, _ in mine if size is not None]
        found.append(
            Files(
                count=sum(n for _, n, *_ in mine),
                bytes=sum(sizes) if sizes else None,
                extensions={e: n for e, n, *_ in mine},
                sized=sum(s for *_, s, _ in mine),
                is_lower_bound=any(b for *_, b in mine),
                sensitive=tuple(sorted({f"{s.name} ({s.meaning})" for s in one.case.sensitive}))[:20],
                examples=tuple(name for _, name in samples.get(i, [])[:10]),
                minutes=when.get(i, {}),
            )
        )
    return found


def _samples(engine: Connection) -> _Samples:
    found: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for number, key, directory, name in cast("Iterable[tuple[int, str, str, str]]", engine.rows(statement("examples"))):
        mark = "/" if directory.startswith("/") else "\\"
        found[number].append((key, f"{directory.rstrip(mark)}{mark}{name}"))
    return found


def _evidence(engine: Connection, keys: Iterable[str]) -> dict[str, Evidence]:
    engine.register("cited", pa.table({"event_key": pa.array(sorted(keys), pa.string())}))
    sql = "SELECT e.event_key, e.file, e.record FROM events AS e INNER JOIN cited AS c ON c.event_key = e.event_key"
    return {k: Evidence(f, r, k) for k, f, r in cast("Iterable[tuple[str, str, int]]", engine.rows(sql))}


def _names(engine: Connection, scored: Sequence[Scored]) -> tuple[dict[str, str], dict[str, str]]:
    """Give how hosts and accounts are written, by key: the longest spelling says most."""
    hosts = sorted({h for one in scored for h in _hosts(one.case)})
    accounts = sorted({a for one in scored for a in one.case.accounts})
    found: list[dict[str, str]] = []
    for column, keys in (("host", hosts), ("account", accounts)):
        engine.register("wanted_keys", pa.table({"key": pa.array(keys, pa.string())}))
        sql = f"SELECT DISTINCT e.{column}_key, e.{column} FROM events AS e INNER JOIN wanted_keys AS w ON w.key = e.{column}_key"
        spelled: dict[str, str] = {}
        for key, name in cast("Iterable[tuple[str, str | None]]", engine.rows(sql)):
            if name and (len(name), name) > (len(spelled.get(key, "")), spelled.get(key, "")):
                spelled[key] = name
        found.append(spelled)
    return found[0], found[1]
