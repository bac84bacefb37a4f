"""
Rule files → rules ready to run.

`load` never stops at a bad rule: it collects a RuleError with file and line and goes on. What it gives is kept on
disk, keyed by every text and version that went into it, so that a start with unchanged rules needs neither YAML,
pySigma nor sqlglot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from stashlight.errors import InputError, RuleError
from stashlight.findings import kept
from stashlight.findings.rule import LARGEST_FILE, RuleSet

__all__ = ["SHIPPED", "beside_shipped", "load"]

SHIPPED = Path(__file__).parent.parent / "rules"
_SUFFIXES = frozenset({".yml", ".yaml"})

Placeholders = Mapping[str, tuple[str, ...]]


def load(
    paths: Sequence[str | Path] = (SHIPPED,),
    *,
    placeholders: Placeholders | None = None,
    keep: bool = True,
) -> RuleSet:
    """
    Give the rules under `paths` (files, or folders searched for .yml and .yaml), compiled.

    `placeholders` are the values of `%name%` for the `expand` modifier. `keep` reads and writes the copy on disk.

    Raises:
        InputError: a path that does not exist.
    """
    texts, errors = _texts([Path(p) for p in paths])
    digest = kept.digest(texts, placeholders or {})
    if keep and not errors and (rules := kept.read(digest)) is not None:
        return rules
    # Imported here: pySigma and sqlglot cost half a second that an unchanged rule set need not pay.
    from stashlight.findings.build import build

    rules = build(texts, errors, dict(placeholders or {}), digest)
    if keep and not errors:
        kept.write(rules)
    return rules


def beside_shipped(paths: Sequence[str | Path]) -> RuleSet:
    """
    Give the rules of `paths`, loaded together with the shipped ones, which they may name.

    Raises:
        InputError: a path that does not exist.
    """
    shipped = SHIPPED.resolve()
    whole = load([SHIPPED, *(p for p in paths if not Path(p).resolve().is_relative_to(shipped))])
    own = {Path(file).resolve() for file in _texts([Path(p) for p in paths])[0]}
    return replace(
        whole,
        rules=tuple(rule for rule in whole.rules if Path(rule.file).resolve() in own),
        filters=tuple(rule for rule in whole.filters if Path(rule.file).resolve() in own),
    )


def _texts(paths: list[Path]) -> tuple[dict[str, str], list[RuleError]]:
    texts: dict[str, str] = {}
    errors: list[RuleError] = []
    for path in paths:
        if not path.exists():
            message = f"no rules at {path}"
            raise InputError(message)
        files = (
            [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in _SUFFIXES and p.is_file())
        )
        for file in files:
            try:
                if file.stat().st_size > LARGEST_FILE:
                    errors.append(RuleError(f"larger than {LARGEST_FILE} bytes", str(file), 1))
                else:
                    texts[str(file)] = file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                errors.append(RuleError(f"cannot be read: {error}", str(file)))
    return texts, errors
