"""
A compiled rule set on disk, in the user's cache folder (`STASHLIGHT_CACHE`; "off" for none).

Plain JSON; keyed by all that went into it, so it is never stale. Whatever goes wrong here only costs time:
a folder that cannot be written or a file that does not read back means that the rules are compiled again.
"""

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import orjson

from stashlight.errors import RuleError
from stashlight.findings.rule import Correlation, Habit, Logsource, Note, Rule, RuleSet
from stashlight.installed import version
from stashlight.keeping import keep

__all__ = ["digest", "folder", "read", "write"]

_Json = dict[str, Any]

# Raise it when Rule, or how a rule is compiled, changes.
_FORM = 3
_PACKAGES = ("stashlight", "pysigma", "sqlglot", "pyyaml")


def folder() -> Path | None:
    """Give the folder, None if keeping is turned off."""
    chosen = os.environ.get("STASHLIGHT_CACHE", "")
    if chosen.lower() in {"off", "0", "no"}:
        return None
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "stashlight"
    except RuntimeError:
        return None


def digest(texts: Mapping[str, str], placeholders: Mapping[str, tuple[str, ...]]) -> str:
    """Give the key of a rule set: its texts and names, the placeholders, the versions that compile it."""
    versions = [f"{p}={version(p)}" for p in _PACKAGES]
    parts = [_FORM, _schema(), versions, sorted(texts.items()), sorted((k, list(v)) for k, v in placeholders.items())]
    return hashlib.blake2b(orjson.dumps(parts), digest_size=16).hexdigest()


def read(key: str) -> RuleSet | None:
    """Give a rule set that was kept under `key`, None if there is none that reads back."""
    at = folder()
    if at is None:
        return None
    try:
        content = orjson.loads((at / f"rules-{key}.json").read_bytes())
        return RuleSet(
            rules=tuple(_rule(r) for r in content["rules"]),
            filters=tuple(_rule(r) for r in content["filters"]),
            errors=tuple(RuleError(e["reason"], e["file"], e["line"]) for e in content["errors"]),
            cached=True,
            digest=key,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write(rules: RuleSet) -> None:
    """Keep a rule set; a failure is no failure of the scan."""
    at = folder()
    if at is None:
        return
    content = {
        "rules": [asdict(r) for r in rules.rules],
        "filters": [asdict(r) for r in rules.filters],
        "errors": [{"reason": e.reason, "file": e.file, "line": e.line} for e in rules.errors],
    }
    with contextlib.suppress(TypeError):
        keep(at / f"rules-{rules.digest}.json", orjson.dumps(content))


def _schema() -> str:
    # The text of what compiles is part of the key: a checkout under development has no new version number.
    here = Path(__file__).parent
    sources = [
        *sorted(here.glob("*.py")),
        *sorted((here.parent / "engines").glob("p*.py")),
        here.parent / "events" / "schema.py",
    ]
    state = [(s.name, s.stat().st_mtime_ns, s.stat().st_size) for s in sources]
    return hashlib.blake2b(orjson.dumps(state), digest_size=16).hexdigest()


def _rule(content: _Json) -> Rule:
    made = _tuples(content)
    made["logsource"] = Logsource(**content["logsource"])
    made["note"] = Note(**_tuples(content["note"]))
    made["habits"] = tuple(Habit(**_tuples(habit)) for habit in content["habits"])
    if correlation := content["correlation"]:
        made["correlation"] = Correlation(**_tuples(correlation))
    return Rule(**made)


def _tuples(content: _Json) -> _Json:
    """Turn JSON's lists back into tuples, also lists of lists."""
    return {key: _tuple(value) for key, value in content.items()}


def _tuple(item: object) -> object:
    return tuple(map(_tuple, cast("list[object]", item))) if isinstance(item, list) else item
