"""
Rules → which script blocks they can match at all, so that reading can leave the others aside.

A rule's condition is worked out three-valued for an event of each id, under the assumption that nothing of what the
rule looks for is found in the script's text. If it is false then, whatever the other columns hold, every event that the
rule matches has one of those texts; if not, all script blocks of that id are needed.
"""

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

import orjson

from stashlight.errors import EngineError
from stashlight.events import ALL_NEEDED, Needed
from stashlight.events.schema import Kind
from stashlight.events.vocabularies import VOCABULARIES
from stashlight.findings import kept
from stashlight.findings.rule import Rule, RuleSet

__all__ = ["needed"]

_LONGEST: Final = 6_000
"""Characters of patterns that are asked together: beyond, RE2 leaves its fast way, or refuses."""


def needed(rules: RuleSet) -> Needed:
    """
    Give the script blocks that `rules` can match.

    rules → events.Needed; kept on disk beside the compiled rules, as it takes a parser of SQL to find out.
    """
    at = _kept(rules)
    if at is not None:
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            return Needed(
                {int(i): tuple(map(str, p)) for i, p in orjson.loads(at.read_bytes()).items()}, str(at.parent)
            )
    found = _needed(rules.events)
    if at is not None:
        found = replace(found, kept=str(at.parent))
        with contextlib.suppress(OSError):
            draft = at.with_suffix(f".{id(found):x}.part")
            draft.write_bytes(orjson.dumps({str(i): list(p) for i, p in found.patterns.items()}))
            draft.replace(at)
    return found


def _kept(rules: RuleSet) -> Path | None:
    folder = kept.folder()
    # The digest is of every rule's text and of all that compiles them, this folder included.
    return folder / f"needed-{rules.digest}.json" if folder and rules.digest else None


def _needed(rules: Iterable[Rule]) -> Needed:
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
    return Needed(patterns) if patterns else ALL_NEEDED


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
