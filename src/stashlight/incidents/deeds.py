"""
Deeds: the acts that processes and scripts were seen to do, with who, when and the event that shows it.

events (those that a rule with a rung matched) → deeds. A command that `cmd /c` and its child both show is one deed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import pyarrow as pa

from stashlight.engines.connection import Connection
from stashlight.events.paths import normalise, split
from stashlight.frozen import frozen
from stashlight.incidents.acts import Act, Image, placed, read_statement
from stashlight.incidents.commands import Statement, statements
from stashlight.incidents.lineage import resolve_keys
from stashlight.incidents.named_tools import read_named
from stashlight.incidents.tuning import DEFAULT, Tuning
from stashlight.incidents.writers import image_name

__all__ = ["Deed", "named_programs", "read_deeds"]


@frozen
class Deed:
    """
    One act and its circumstances.

    `place` is the directory that the act fills: normalised and folded, None if the
    words do not say; `target` the file it makes. `events` are the keys of all events that show the act.
    """

    act: Act
    host: str
    ts_us: int
    account: str | None
    process_key: str | None
    parent_key: str | None
    process_path: str | None
    parent_path: str | None
    text: str
    is_script: bool
    place: str | None
    target: str | None
    events: tuple[str, ...]
    process_id: int | None = None


_QUERY: Final = """
SELECT
  e.event_key, e.host_key, e.ts_us, e.kind, e.account_key, e.process_key, e.parent_key, e.process_path_lc, e.parent_path_lc,
  e.command_line, e.script_text, e.current_directory, e.original_file_name, e.file_description, e.script_id, e.script_part,
  e.script_parts, e.process_id, e.event_id
FROM events AS e
WHERE
  e.kind IN ('process_start', 'script_block') AND NOT e.ts_us IS NULL AND NOT e.host_key IS NULL
  AND NOT COALESCE(e.command_line, e.script_text) IS NULL
  {only}
ORDER BY e.ts_us NULLS FIRST, e.host_key NULLS FIRST, e.script_id NULLS FIRST, e.script_part NULLS FIRST, e.event_key NULLS FIRST
"""

# Two records of one act (4688 and Sysmon 1, `cmd /c` and its child, 4104 and the command line) lie this close.
_SAME_US: Final = 10_000_000
_EVENTS: Final = 8  # that a deed cites


def named_programs(engine: Connection, only: str, tuning: Tuning) -> str:
    """Widen the restriction of `read_deeds` to programs that the settings name, whether a rule found them or not."""
    if not tuning.archiving_tool_patterns and not tuning.copy_tool_patterns:
        return only
    sql = "SELECT DISTINCT process_path_lc FROM events WHERE kind = 'process_start' AND NOT process_path_lc IS NULL"
    paths = [str(path) for (path,) in engine.rows(sql) if tuning.role(image_name(str(path)))]
    engine.register("named_programs", pa.table({"path": pa.array(sorted(paths), pa.string())}))
    return f"AND ((TRUE {only}) OR e.process_path_lc IN (SELECT n.path FROM named_programs AS n))"


def read_deeds(engine: Connection, only: str = "", tuning: Tuning = DEFAULT) -> list[Deed]:
    """Give every deed in order of time. `only` restricts the events (a condition that starts with AND)."""
    found: list[Deed] = []
    for row in _whole(engine.rows(_QUERY.format(only=only))):
        (
            key,
            host,
            ts,
            kind,
            account,
            process,
            parent,
            path,
            parent_path,
            line,
            script,
            cwd,
            original,
            description,
            *_,
        ) = row
        is_script = kind == "script_block"
        text = str(script if is_script else line)
        image = Image(_text(path), _text(original), _text(description))
        if row[18] in _MODULE_LOGS:
            text = _without_context(text[:_LONGEST_MODULE])[:_MODULE_TEXT]
        pid = row[17]
        for act in _acts(text, is_script, _text(cwd), image, tuning):
            place, target = _where(act)
            found.append(
                Deed(
                    act,
                    str(host),
                    int(str(ts)),
                    _text(account),
                    _text(process),
                    _text(parent),
                    _text(path),
                    _text(parent_path),
                    text,
                    is_script,
                    place,
                    target,
                    (str(key),),
                    pid if isinstance(pid, int) else None,
                )
            )
    return _merged(_mapped(_resolved(engine, found)))


def _mapped(deeds: list[Deed]) -> list[Deed]:
    r"""Put the share for a drive letter that the same account mapped earlier on the host (`net use Z: \\\\srv\\share`)."""
    drives: dict[tuple[str, str | None, str], str] = {}
    found: list[Deed] = []
    for deed in sorted(deeds, key=lambda d: d.ts_us):
        if "maps_drive" in deed.act.traits and deed.act.destination:
            drives[deed.host, deed.account, deed.act.destination[:2].lower()] = deed.act.sources[0]
            found.append(replace(deed, place=None, target=None))
        else:
            found.append(_on_share(deed, drives))
    return found


def _on_share(deed: Deed, drives: dict[tuple[str, str | None, str], str]) -> Deed:
    if not drives:
        return deed

    def meant(path: str) -> str:
        share = drives.get((deed.host, deed.account, path[:2].lower()))
        return share.rstrip("\\") + "\\" + path[2:].lstrip("\\") if share else path

    act = deed.act
    target = meant(act.destination) if act.destination else None
    sources = tuple(map(meant, act.sources))
    if (sources, target) == (act.sources, act.destination):
        return deed
    changed = replace(act, sources=sources, destination=target)
    place, made = _where(changed)
    return replace(deed, act=changed, place=place, target=made)


@lru_cache(maxsize=20_000)
def _acts(text: str, is_script: bool, directory: str | None, image: Image, tuning: Tuning) -> tuple[Act, ...]:
    """Give the acts of a text, each once. Module logs repeat the same lines by the thousand."""
    found: list[Act] = []
    for statement in statements(text, "ps" if is_script else "", directory):
        found += _acts_of(statement, image, tuning)
    return tuple({(act.rung, act.tool, act.sources, act.destination): act for act in found}.values())


@lru_cache(maxsize=20_000)
def _acts_of(statement: Statement, image: Image, tuning: Tuning) -> tuple[Act, ...]:
    """Give the acts of a statement. Of scripts that one log repeats in many forms, one statement in fifteen is new."""
    if acts := read_statement(statement, image):
        return tuple(acts)
    named = read_named(statement, tuning)
    return (placed(named, statement),) if named else ()


def _resolved(engine: Connection, deeds: list[Deed]) -> list[Deed]:
    """Give scripts the process that ran them, by pid and time."""
    scripts = [d for d in deeds if d.is_script and d.process_id is not None and d.process_key]
    real = resolve_keys(engine, [(d.host, d.process_id or 0, d.ts_us, d.process_key or "") for d in scripts])
    found: list[Deed] = []
    for deed in deeds:
        key, account = real.get(deed.process_key or "", (None, None)) if deed.is_script else (None, None)
        # 4104 names the account by SID alone in some exports; the process start says who that is.
        named = deed.account if deed.account and not deed.account.startswith("s-1-") else account or deed.account
        found.append(replace(deed, process_key=key or deed.process_key, account=named) if deed.is_script else deed)
    return found


# 800 and 4103 repeat the whole script with every pipeline that it runs: one Empire agent writes 20 kB two thousand times.
# What a pipeline does stands at the start.
_MODULE_LOGS: Final = frozenset({800, 4103})
_MODULE_TEXT: Final = 1_500
_LONGEST_MODULE: Final = 65_536
# What stands between the pipeline and its details in the message of an 800: who, where, and numbers that make each text
# another one, though it says the same. Without it three statements in four need not be read.
_CONTEXT: Final = re.compile(r"\bDetailSequence=\d+\s+DetailTotal=\d+\s.*?\n\s*CommandLine=", re.DOTALL)

_SEQUENCE: Final = "DetailSequence="


def _without_context(text: str) -> str:
    at = text.find(_SEQUENCE)
    found = _CONTEXT.search(text, at) if at >= 0 else None
    return text[: found.start()] + text[found.end() : found.end() + _MODULE_TEXT] if found else text


_Row = tuple[object, ...]


def _whole(rows: Iterable[_Row]) -> Iterator[_Row]:
    """Put the parts of a split script block together; the first part stands for all (4104 MessageNumber of MessageTotal)."""
    parts: dict[tuple[object, object], list[_Row]] = {}
    for row in rows:
        if row[3] == "script_block" and row[14] and isinstance(row[16], int) and row[16] > 1:
            parts.setdefault((row[1], row[14]), []).append(row)
        else:
            yield row
    for several in parts.values():
        first = several[0]
        yield (*first[:10], "".join(str(r[10] or "") for r in several), *first[11:])


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _where(act: Act) -> tuple[str | None, str | None]:
    """Give (place, target file) of an act's destination, normalised; patterns and variables are no place."""
    return _placed(act.destination, is_file=act.is_file)


@lru_cache(maxsize=20_000)
def _placed(path: str | None, *, is_file: bool) -> tuple[str | None, str | None]:
    if not path or re.search(r"[*?<>|]", path) or path.startswith(("$_", "%%", "(", "@")) or "://" in path:
        return None, None
    # One spelling for both shells' variables, which also keeps the colon from being read as a named stream.
    path = re.sub(r"\A\$\{?env:(\w+)\}?", r"%\1%", path, flags=re.IGNORECASE)
    if re.match(r"\$(?!home\b|pwd\b|recycle)", path, re.IGNORECASE):
        return None, None
    path = normalise(path)
    if not re.search(r"[\\/]", path) and not re.match(r"[a-z]:|%", path):
        return None, path
    if is_file:
        place = split(path)
        return place.directory, path
    return path, None


@dataclass(slots=True)
class _Merged:
    """The records of one act: the one that tells most of the program, the first one's time, and what all of them tell."""

    best: Deed
    ts_us: int
    traits: frozenset[str]
    events: list[str]

    def take(self, deed: Deed) -> None:
        # A wrapper (`cmd /c x`) knows less of the program than the program's own start.
        if deed.act.tool != "archiver" and self.best.act.tool == "archiver":
            self.best = deed
        self.traits |= deed.act.traits
        if len(self.events) < _EVENTS:
            self.events += deed.events[: _EVENTS - len(self.events)]

    def deed(self) -> Deed:
        best = self.best
        if (self.ts_us, self.traits, self.events) == (best.ts_us, best.act.traits, list(best.events)):
            return best
        act = replace(best.act, traits=self.traits)
        return replace(best, ts_us=self.ts_us, act=act, events=tuple(self.events))


def _merged(deeds: Iterable[Deed]) -> list[Deed]:
    """Join the records of one act: same host, rung, destination and sources within a few seconds."""
    latest: dict[tuple[object, ...], _Merged] = {}
    kept: list[_Merged] = []
    for deed in deeds:
        act = deed.act
        sources = tuple(s.lower().rstrip("\\/") for s in act.sources)
        key = (deed.host, act.rung, deed.place or "", deed.target or "", sources)
        before = latest.get(key)
        if before is not None and deed.ts_us - before.ts_us <= _SAME_US:
            before.take(deed)
            continue
        latest[key] = _Merged(deed, deed.ts_us, act.traits, list(deed.events))
        kept.append(latest[key])
    return [each.deed() for each in kept]
