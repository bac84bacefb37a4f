"""Which share of a folder's rules can be run, by folder, and why the others cannot: for rules of other people."""

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath

from stashlight.findings.rule import RuleSet
from stashlight.frozen import frozen

__all__ = ["Share", "refusals", "shares"]


@frozen
class Share:
    """Rules of one folder: how many run, how many are refused."""

    folder: str
    running: int
    refused: int

    def __str__(self) -> str:
        whole = self.running + self.refused
        return f"{self.running:>6,} of {whole:>6,}  {self.running / whole:>6.1%}  {self.folder}"


def shares(rules: RuleSet) -> Iterator[Share]:
    """Give one share a folder that holds rules, in order, and last that of all; nothing of an empty set."""
    running = Counter(_folder(rule.file) for rule in (*rules.rules, *rules.filters))
    refused = Counter(_folder(error.file) for error in rules.errors)
    folders = sorted(running.keys() | refused.keys())
    for folder in folders:
        yield Share(folder, running[folder], refused[folder])
    if folders:
        yield Share("all", running.total(), refused.total())


def refusals(rules: RuleSet) -> list[tuple[str, int]]:
    """Give each reason with how many rules it refused, most first, without the advice that follows it."""
    reasons = Counter(error.reason.partition(": Stashlight ")[0] for error in rules.errors)
    return sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))


def _folder(file: str) -> str:
    return str(PurePath(file).parent)
