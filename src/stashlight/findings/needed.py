"""
Rules → which script blocks they can match at all, and which columns they ask of, so that reading leaves the rest aside.

A rule's condition is worked out three-valued for an event of each id, under the assumption that nothing of what the
rule looks for is found in the script's text. If it is false then, whatever the other columns hold, every event that the
rule matches has one of those texts; if not, all script blocks of that id are needed.
"""

import contextlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

import orjson

from stashlight.errors import EngineError
from stashlight.events import Needed
from stashlight.events.schema import Kind
from stashlight.events.vocabularies import VOCABULARIES
from stashlight.findings import kept
from stashlight.findings.rule import Rule, RuleSet
from stashlight.keeping import keep

__all__ = ["needed"]

_LONGEST: Final = 6_000
"""Characters of patterns that are asked together: beyond, RE2 leaves its fast way, or refuses."""


def needed(rules: RuleSet, columns: Collection[str] | None = None) -> Needed:
    """
    Give the script blocks that `rules` can match, and the columns that are asked of.

    rules → events.Needed; kept on disk beside the compiled rules, as it takes a parser of SQL to find out. `columns`
    are those that others than the rules will ask of; None are all.
    """
    at = _kept(rules)
    found = _read(at) if at is not None else None
    if found is None:
        patterns, asked = _patterns(rules.events), _columns(rules)
        if at is not None:
            text = {"patterns": {str(i): list(p) for i, p in patterns.items()}, "columns": sorted(asked)}
            keep(at, orjson.dumps(text))
    else:
        patterns, asked = found
    return Needed(patterns, str(at.parent) if at is not None else "", None if columns is None else asked.union(columns))


def _read(at: Path) -> tuple[Mapping[int, tuple[str, ...]], frozenset[str]] | None:
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
        told = orjson.loads(at.read_bytes())
        patterns = {int(i): tuple(map(str, p)) for i, p in told["patterns"].items()}
        return patterns, frozenset(map(str, told["columns"]))
    return None


def _kept(rules: RuleSet) -> Path | None:
    folder = kept.folder()
    # The digest is of every rule's text and of all that compiles them, this folder included.
    return folder / f"needed-{rules.digest}.json" if folder and rules.digest else None


def _columns(rules: RuleSet) -> frozenset[str]:
    # Imported here: see `_patterns`.
    from sqlglot import exp

    from stashlight.engines.profile import parse

    conditions = [rule.condition for rule in (*rules.events, *rules.filters) if rule.condition]
    asked = {column.name for condition in conditions for column in parse(condition).find_all(exp.Column)}
    for rule in rules.correlations:
        if rule.correlation is not None:
            asked.update(*rule.correlation.group_by, *rule.correlation.field)
    # A script block is asked about, and put together of its parts, whatever else is.
    return frozenset(asked) | {"script_text", "script_parts", "weight"}


def _patterns(rules: Iterable[Rule]) -> Mapping[int, tuple[str, ...]]:
    # Imported here: a fifth of a second that a start with unchanged rules need not pay.
    from stashlight.findings.partial import UnknownError, texts_of

    asking = [r for r in rules if not r.kinds or Kind.SCRIPT_BLOCK in r.kinds]
    patterns: dict[int, tuple[str, ...]] = {}
    for vocabulary in VOCABULARIES:
        for key, meaning in vocabulary.events.items():
            if meaning.kind is not Kind.SCRIPT_BLOCK or not isinstance(key, int):
                continue
            with contextlib.suppress(UnknownError, EngineError):
                known = {"kind": str(Kind.SCRIPT_BLOCK), "provider": vocabulary.name, "event_id": key}
                texts = [text for rule in asking for text in texts_of(rule.condition, known)]
                patterns[key] = tuple(_together(dict.fromkeys(texts)))
    return patterns


def _together(texts: Iterable[str]) -> list[str]:
    groups: list[list[str]] = []
    size = _LONGEST
    for text in texts:
        if size + len(text) > _LONGEST:
            groups.append([])
            size = 0
        groups[-1].append(f"(?:{text})")
        size += len(text)
    return ["|".join(group) for group in groups]
