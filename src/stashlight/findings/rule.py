"""
The noun of the third stage: a Sigma rule, correlation or filter, with its condition compiled.

A rule is data from a file; everything here survives a round trip through JSON, so that a rule set can be kept
between runs. `condition` is SQL of the portable profile over the columns of `events`, in DuckDB's dialect.
"""

from typing import Literal

from stashlight.errors import RuleError
from stashlight.frozen import frozen

__all__ = [
    "FILL_IN",
    "LARGEST_FILE",
    "LEVELS",
    "RUNGS",
    "Case",
    "Correlation",
    "Form",
    "Habit",
    "Logsource",
    "Note",
    "ProgramTest",
    "Rule",
    "RuleSet",
]

Form = Literal["event", "correlation", "filter"]
Case = dict[str, object]

LEVELS = ("informational", "low", "medium", "high", "critical")
LARGEST_FILE = 1_000_000  # bytes of a rule file; the largest of SigmaHQ has 60,000
FILL_IN = "FILL IN"
"""What a new rule has where its author has still to say something."""

RUNGS = ("collect", "stage", "pack", "exfiltrate", "clean_up", "context")


@frozen
class Logsource:
    """What a rule looks at, in Sigma's words; "" for a part that is not given."""

    category: str = ""
    product: str = ""
    service: str = ""


@frozen
class Note:
    """
    What Stashlight adds to Sigma, under the top-level key `stashlight`.

    `rung` is the step of the ladder that a finding shows, `weight` its points, `analytics` ATT&CK analytic ids
    (AN0724), `misses` what the rule cannot see, in a sentence. `session` marks a rule that says what sessions are
    counted from: they take its condition, filters included, into their own query, and it never makes findings.
    """

    rung: str = ""
    weight: int = 0
    analytics: tuple[str, ...] = ()
    misses: str = ""
    session: bool = False


ProgramTest = tuple[str, str, tuple[str, ...]]
"""Column (`process_path`, `process_path_lc`), how it is held (is, starts, ends, has, pattern), and texts of which one fits."""


@frozen
class Habit:
    """
    What some programs do and a filter takes off.

    Of each part of `programs` one test holds of the program; `rest` is a condition (SQL) that holds of the event, and
    `unless` one that does not ("" for none).
    """

    programs: tuple[tuple[ProgramTest, ...], ...]
    rest: str
    unless: str = ""


@frozen
class Correlation:
    """
    A Sigma correlation. The condition holds for the window of `span_us` that ends with an event.

    `rules` are ids; `group_by` and `field` are columns of `events`, one list for each rule because aliases may
    map a name to other columns in other rules.
    """

    type: str
    rules: tuple[str, ...]
    group_by: tuple[tuple[str, ...], ...]
    span_us: int
    operator: str
    count: int
    field: tuple[tuple[str, ...], ...] = ()
    generate: bool = False


@frozen
class Rule:
    """
    One document of a rule file.

    `kinds`, `providers` and `event_ids` are those of the events that it can match, `without` providers whose it cannot;
    empty means any.

    `asked` is the condition as engines are asked it, with alternatives folded ("" if it is not: asked is then `condition`
    itself, and whoever replaces that drops this). `habits` of a filter are what it takes off, program by program.
    """

    id: str
    title: str
    form: Form
    file: str
    line: int
    name: str = ""
    level: str = ""
    status: str = ""
    tags: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    description: str = ""
    falsepositives: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    author: str = ""
    date: str = ""
    logsource: Logsource = Logsource()
    note: Note = Note()
    match: tuple[Case, ...] = ()
    ignore: tuple[Case, ...] = ()
    kinds: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    event_ids: tuple[int, ...] = ()
    condition: str = ""
    asked: str = ""
    correlation: Correlation | None = None
    filters: tuple[str, ...] = ()
    reports: bool = True
    text: str = ""
    habits: tuple[Habit, ...] = ()


@frozen
class RuleSet:
    """
    Rules ready to run, and the errors of those that are not.

    `reports` of a rule is False if only correlations use it: its matches are building blocks, not findings.
    """

    rules: tuple[Rule, ...] = ()
    filters: tuple[Rule, ...] = ()
    errors: tuple[RuleError, ...] = ()
    cached: bool = False
    digest: str = ""

    @property
    def events(self) -> tuple[Rule, ...]:
        """Rules on single events."""
        return tuple(r for r in self.rules if r.form == "event")

    @property
    def correlations(self) -> tuple[Rule, ...]:
        """Rules on several events."""
        return tuple(r for r in self.rules if r.form == "correlation")

    @property
    def kinds(self) -> frozenset[str]:
        """Event kinds that at least one rule looks at; empty if a rule looks at any."""
        if any(not r.kinds for r in self.events):
            return frozenset()
        return frozenset(k for r in self.events for k in r.kinds)

    def __getitem__(self, rule_id: str) -> Rule:
        return next(r for r in (*self.rules, *self.filters) if r.id == rule_id)
