"""
What a rule should be beyond running: one small function a lint, with its recommendation.

A lint gives the complaint about one rule. They are listed by name, so that one's own rule pack can leave some out.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import PurePath
from uuid import UUID

from stashlight.findings.rule import FILL_IN, LEVELS, Rule, RuleSet
from stashlight.frozen import frozen

__all__ = ["LINTS", "Complaint", "Lint", "lint"]

_TAG = re.compile(r"attack\.(?:t\d{4}(?:\.\d{3})?|[gs]\d{4}|[a-z]+(?:-[a-z]+)*)|detection\.[a-z-]+|cve\.\d{4}-\d+")
_ANALYTIC = re.compile(r"AN\d{4}")
_FILE_NAME = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+\.yml")
_STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FEWEST_CASES = 2


@frozen
class Lint:
    """One thing to look at, and what to do about it."""

    name: str
    recommendation: str
    look: Callable[[Rule], str | None]


@frozen
class Complaint:
    """What a lint found in a rule."""

    rule: Rule
    lint: Lint
    what: str

    def __str__(self) -> str:
        return f"{self.rule.file}:{self.rule.line}: {self.lint.name}: {self.what}; {self.lint.recommendation}"


def lint(rules: RuleSet) -> Iterator[Complaint]:
    """Give every complaint about every rule and filter."""
    for rule in (*rules.rules, *rules.filters):
        for one in LINTS:
            if what := one.look(rule):
                yield Complaint(rule, one, what)


def _id(rule: Rule) -> str | None:
    try:
        UUID(rule.id)
    except ValueError:
        return f"id '{rule.id}' is no UUID"
    return None


def _tags(rule: Rule) -> str | None:
    wrong = [t for t in rule.tags if not _TAG.fullmatch(t)]
    return f"tag '{wrong[0]}' is not known" if wrong else None


def _technique(rule: Rule) -> str | None:
    return None if rule.techniques or rule.form == "filter" else "no technique"


def _level(rule: Rule) -> str | None:
    return None if rule.level in LEVELS or rule.form == "filter" else f"level '{rule.level}'"


def _status(rule: Rule) -> str | None:
    return None if rule.status in _STATUSES else f"status '{rule.status}'"


def _date(rule: Rule) -> str | None:
    return None if _DATE.fullmatch(rule.date) else f"date '{rule.date}'"


def _misses(rule: Rule) -> str | None:
    if not rule.description:
        return "no description"
    said = rule.note.misses or "miss" in rule.description.lower() or "limit" in rule.description.lower()
    return None if said else "the description does not say what is missed"


def _false_positives(rule: Rule) -> str | None:
    return None if rule.falsepositives or rule.form == "filter" else "no false positives"


def _references(rule: Rule) -> str | None:
    if not rule.references:
        return "no reference"
    plain = [r for r in rule.references if not r.startswith("https://")]
    return f"reference '{plain[0]}'" if plain else None


def _cases(rule: Rule) -> str | None:
    few = min(len(rule.match), len(rule.ignore)) < _FEWEST_CASES
    return f"{len(rule.match)} match and {len(rule.ignore)} ignore cases" if few else None


def _file_name(rule: Rule) -> str | None:
    path = PurePath(rule.file)
    if not _FILE_NAME.fullmatch(path.name):
        return f"file '{path.name}'"
    source = rule.logsource
    if source.product and path.parent.name not in {source.product, "filters", "correlations"}:
        return f"file in '{path.parent.name}/' for product {source.product}"
    category = source.category or source.service.replace("-", "_")
    if rule.form == "event" and category and not path.name.startswith(f"{category}_"):
        return f"file '{path.name}' for {category}"
    return None


def _rung(rule: Rule) -> str | None:
    return None if rule.note.rung or rule.form == "filter" else "no rung"


def _analytics(rule: Rule) -> str | None:
    wrong = [a for a in rule.note.analytics if not _ANALYTIC.fullmatch(a)]
    return f"analytic '{wrong[0]}'" if wrong else None


def _filled(rule: Rule) -> str | None:
    count = rule.text.count(FILL_IN)
    return f"'{FILL_IN}' stands in it {count} times" if count else None


LINTS: tuple[Lint, ...] = (
    Lint("id", "give it a random UUID (uuidgen)", _id),
    Lint("tags", "use attack.tXXXX(.XXX), attack.<tactic>, detection.*", _tags),
    Lint("technique", "tag it with the technique it shows", _technique),
    Lint("level", f"use one of {', '.join(LEVELS)}", _level),
    Lint("status", f"use one of {', '.join(_STATUSES)}", _status),
    Lint("date", "write it as YYYY-MM-DD", _date),
    Lint("misses", "say what the rule sees and what it misses", _misses),
    Lint("false-positives", "name the benign things that look alike", _false_positives),
    Lint("references", "give at least one, all https", _references),
    Lint("cases", f"give at least {_FEWEST_CASES} of each, the ignores being benign look-alikes", _cases),
    Lint("file-name", "name it PRODUCT/CATEGORY_what.yml", _file_name),
    Lint("rung", "say which step of the ladder a match shows", _rung),
    Lint("filled", "say it in your own words", _filled),
    Lint("analytics", "use ATT&CK analytic ids such as AN0724", _analytics),
)
