"""
What is exported: every rule that makes findings, and the patterns over many events that no rule converter writes.

rules × tuning → detections. A number here comes from where the scan takes it: a burst from its correlation rule, the
window and the hosts of a fan-in and the window of ladder and score from `incidents/tuning.py`, weights and rungs from
the rules, the score's least sum from the severity cuts.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal, cast

from stashlight.exports.condition import Condition
from stashlight.exports.reading import CannotError, condition_of
from stashlight.findings.columns import field
from stashlight.findings.literal import SENTINEL
from stashlight.findings.rule import RUNGS, Logsource, Rule, RuleSet
from stashlight.findings.tables import INDICATORS
from stashlight.findings.text import documents
from stashlight.incidents.tuning import Tuning

__all__ = ["KINDS", "Detection", "Kind", "Part", "Step", "detections"]

Kind = Literal["event", "burst", "fan-in", "ladder", "score", "seed", "correlation"]
KINDS: Final = ("event", "burst", "fan-in", "ladder", "score", "seed", "correlation")

_SHARE_WRITE: Final = "share_write.yml"

# Columns of `events` → what a target calls that part of an event; other columns keep the Sigma name of their field.
_ROLES: Final = {
    "host": "host", "host_key": "host", "host_lc": "host",
    "account": "account", "account_key": "account", "account_lc": "account",
    "process_key": "process", "process_guid": "process",
    "file_dir": "place",
    "client_ip": "client", "client_ip_lc": "client",
    "share_name": "share", "share_name_lc": "share",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One rule on single events inside a detection: where it looks, what holds there, what it weighs, the rule's id."""

    name: str
    title: str
    logsource: Logsource
    condition: Condition
    weight: int = 0
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Alternatives of which one must be seen; a ladder has several steps, everything else one."""

    name: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Detection:
    """
    One thing to export.

    `group` names what its events share: a role (host, account, process, place, client, share) or a Sigma field.
    `least` is what the count, the distinct `of` or the sum of weights must reach within `span`, which slides.
    `sources` is the rule that it is, `needed` are the rules on single events inside it with their filters, `only`
    the targets that it is for (empty: all), `unsaid` what
    could not be taken over from the rules for any target.
    """

    id: str
    name: str
    title: str
    kind: Kind
    steps: tuple[Step, ...]
    level: str
    status: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    author: str = ""
    date: str = ""
    file: str = ""
    group: tuple[str, ...] = ()
    span: timedelta = timedelta()
    operator: str = "gte"
    least: int = 1
    of: str = ""
    correlation: str = ""
    sources: tuple[Rule, ...] = ()
    needed: tuple[Rule, ...] = ()
    only: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part of every step."""
        return tuple(part for step in self.steps for part in step.parts)

    @property
    def seconds(self) -> int:
        """The window in seconds."""
        return self.span // timedelta(seconds=1)


def detections(rules: RuleSet, tuning: Tuning) -> tuple[list[Detection], list[tuple[Rule, str]]]:
    """Give what can be exported, and the rules that no target can have, with the reason."""
    parts: dict[str, Part] = {}
    refused: list[tuple[Rule, str]] = []
    for rule in rules.events:
        try:
            filters = tuple(rules[each] for each in rule.filters)
            parts[rule.id] = Part(
                _name(rule), rule.title, rule.logsource, condition_of(rule, filters), rule.note.weight, rule.id
            )
        except CannotError as error:
            refused.append((rule, str(error)))
    made = [
        _event(rule, parts[rule.id], _with_filters(rules, [rule]))
        for rule in rules.events
        if rule.reports and not rule.note.session and rule.id in parts
    ]
    for rule in rules.correlations:
        try:
            made.append(_correlated(rule, parts, rules))
        except CannotError as error:
            refused.append((rule, str(error)))
    weighed = [r for r in rules.events if r.reports and not r.note.session and r.note.weight > 0 and r.id in parts]
    if weighed:
        made += [_fan_in(tuning), *_ladders(weighed, parts, tuning, rules)]
        made.append(replace(_score(weighed, parts, tuning), needed=_with_filters(rules, weighed)))
    made += _seeds(rules, parts)
    return _apart(made), refused


def _name(rule: Rule) -> str:
    """Give a name that files and rules elsewhere can have: letters, digits and `_`."""
    plain = rule.name or f"{rule.logsource.product}_{Path(rule.file).stem}"
    kept = re.sub(r"[^A-Za-z0-9_]+", "_", plain).strip("_")[:80] or "rule"
    return f"rule_{kept}" if kept[0].isdigit() else kept


def _apart(made: list[Detection]) -> list[Detection]:
    """Add the beginning of the id to names that occur twice; files must not overwrite each other."""
    seen = Counter(each.name.lower() for each in made)
    digest = {each.id: blake2b(each.id.encode(), digest_size=4).hexdigest() for each in made}
    return [replace(d, name=f"{d.name}_{digest[d.id]}") if seen[d.name.lower()] > 1 else d for d in made]


def _described(rule: Rule, kind: Kind, steps: tuple[Step, ...], **more: object) -> Detection:
    return Detection(
        rule.id, _name(rule), rule.title, kind, steps, rule.level, rule.status,
        rule.description, rule.tags, rule.falsepositives, rule.references, rule.author, rule.date, rule.file,
        **more,  # pyright: ignore[reportArgumentType]  (each by its own name)
    )  # fmt: skip


def _with_filters(rules: RuleSet, chosen: list[Rule]) -> tuple[Rule, ...]:
    filters = dict.fromkeys(each for rule in chosen for each in rule.filters)
    return (*chosen, *(rules[each] for each in filters))


def _event(rule: Rule, part: Part, needed: tuple[Rule, ...]) -> Detection:
    return _described(rule, "event", (Step(_name(rule), (part,)),), sources=(rule,), needed=needed)


def _correlated(rule: Rule, parts: dict[str, Part], rules: RuleSet) -> Detection:
    """Give a Sigma correlation: a count of events is a burst, of values a fan-in, steps in order a ladder."""
    asked = rule.correlation
    assert asked is not None
    if lost := [each for each in asked.rules if each not in parts]:
        reason = f"the rule '{lost[0]}' that it counts cannot be exported"
        raise CannotError(reason)
    if any(other != asked.group_by[0] for other in asked.group_by) or any(o != asked.field[0] for o in asked.field):
        reason = "its rules group by different fields"
        raise CannotError(reason)
    kinds: dict[str, Kind] = {"event_count": "burst", "value_count": "fan-in", "temporal_ordered": "ladder"}
    kind = kinds.get(asked.type, "correlation")
    chosen = [parts[each] for each in asked.rules]
    steps = (
        tuple(Step(p.name, (p,)) for p in chosen)
        if asked.type.startswith("temporal")
        else (Step(_name(rule), tuple(chosen)),)
    )
    if len(asked.field[0] if asked.field else ()) > 1:
        reason = "it counts values of several fields together"
        raise CannotError(reason)
    return _described(
        rule, kind, steps, group=tuple(_role(c) for c in asked.group_by[0]), span=timedelta(microseconds=asked.span_us),
        operator=asked.operator, least=asked.count, of=_role(asked.field[0][0]) if asked.field and asked.field[0] else "",
        correlation=asked.type, sources=(rule,), needed=_with_filters(rules, [rules[each] for each in asked.rules]),
    )  # fmt: skip


def _role(column: str) -> str:
    if column in _ROLES:
        return _ROLES[column]
    from stashlight.events.schema import COLUMNS

    names = next((c.sigma for c in COLUMNS if column in (c.name, f"{c.name}_lc")), ())
    if not names or field(names[0]) is None:
        reason = f"it groups by '{column}', which only Stashlight has"
        raise CannotError(reason)
    return names[0]


def _fan_in(tuning: Tuning) -> Detection:
    """Give what the factor `fan-in` counts, from what a file server logs (incidents/factors/fan_in.py)."""
    rule = _share_write()
    part = Part(_name(rule), rule.title, Logsource("share_write", "windows"), condition_of(rule))
    return _described(
        rule, "fan-in", (Step(_name(rule), (part,)),), group=("host", "share", "account"), span=tuning.time_window,
        least=tuning.user_threshold, of="client", sources=(rule,),
    )  # fmt: skip


def _share_write() -> Rule:
    """Read the rule on the file server's own log, whose fields are Windows' own and no columns of ours."""
    file = str(files("stashlight.exports").joinpath(_SHARE_WRITE))
    document = next(documents(Path(file).read_text("utf-8"), file))

    def text(name: str) -> str:
        return str(document.content[name])

    def texts(name: str) -> tuple[str, ...]:
        return tuple(map(str, cast("list[object]", document.content[name])))

    return Rule(
        text("id"), text("title"), "event", file, 1, text("name"), text("level"), text("status"), texts("tags"),
        description=text("description"), falsepositives=texts("falsepositives"), references=texts("references"),
        author=text("author"), date=text("date"), text=document.text,
    )  # fmt: skip


_LADDER: Final = RUNGS[: RUNGS.index("exfiltrate") + 1]


def _ladders(weighed: list[Rule], parts: dict[str, Part], tuning: Tuning, rules: RuleSet) -> list[Detection]:
    """Give the ladder from each rung up to the way out: the longer, the surer."""
    steps = {rung: tuple(parts[r.id] for r in weighed if r.note.rung == rung) for rung in _LADDER}
    seen = [Step(rung, chosen) for rung, chosen in steps.items() if chosen]
    levels = ("medium", "high", "critical")
    made: list[Detection] = []
    for start in range(len(seen) - 1):
        rungs = seen[start:]
        ids, name, words = _LADDER_IDS[len(rungs)], f"ladder_{rungs[0].name}", ", ".join(_WORDS[s.name] for s in rungs)
        made.append(
            Detection(
                ids, name, f"Ladder: Data {words}", "ladder", tuple(rungs), levels[min(len(rungs), 4) - 2], "experimental",
                f"Sees the same account on the same host take these steps in order within {hours(tuning.time_window)}: {words}.\n"
                "Misses what other accounts or other hosts did; the scan joins those by place, share and process tree.",
                _tags(weighed, rungs), ("Backup jobs that copy, pack and upload",), (_ATTACK,), _AUTHOR,
                group=("host", "account"), span=tuning.time_window, least=len(rungs), correlation="temporal_ordered",
                needed=_with_filters(rules, [r for r in weighed if r.note.rung in {s.name for s in rungs}]),
            )
        )  # fmt: skip
    return made


def _score(weighed: list[Rule], parts: dict[str, Part], tuning: Tuning) -> Detection:
    least = min(points for _, points in tuning.severity_cuts)
    step = Step("score", tuple(parts[r.id] for r in weighed))
    return Detection(
        _SCORE_ID, "score", "Weight of Different Staging Rules on One Account", "score", (step,), "medium", "experimental",
        f"Adds the weights of the different rules that match one account on one host within {hours(tuning.time_window)}; each"
        f" rule counts once. Holds from {least}, the least cut of the severities.\n"
        "Misses what the scan's factors weigh beside the rules: places, volumes, content, writers, baselines.",
        _tags(weighed, [step]), ("Administrators and backup jobs",), (_ATTACK,), _AUTHOR,
        group=("host", "account"), span=tuning.time_window, least=least,
    )  # fmt: skip


def _seeds(rules: RuleSet, parts: dict[str, Part]) -> list[Detection]:
    """Give the two queries of the seed documents, by what they mean (docs/decisions/0003-seed-defects.md)."""
    by_name = {rule.name: rule for rule in rules.events if rule.id in parts}
    made: list[Detection] = []
    for id_, name, title, names, only in _SEEDS:
        if all(each in by_name for each in names):
            chosen = [by_name[each] for each in names]
            steps = tuple(Step(rule.name, (parts[rule.id],)) for rule in chosen)
            made.append(
                Detection(
                    id_, name, title, "seed", steps, "high", "test", _SEED_WORDS, _tags(chosen, list(steps)),
                    tuple(dict.fromkeys(f for rule in chosen for f in rule.falsepositives)),
                    ("https://attack.mitre.org/techniques/T1074/002/",), _AUTHOR, only=only,
                )
            )  # fmt: skip
    return made


def hours(span: timedelta) -> str:
    """Say a length of time in the largest unit that fits: `15m`, `6h`."""
    seconds = span // timedelta(seconds=1)
    for size, unit in ((3600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _tags(weighed: list[Rule], steps: list[Step]) -> tuple[str, ...]:
    names = {part.title for step in steps for part in step.parts}
    return tuple(
        sorted({tag for rule in weighed if rule.title in names for tag in rule.tags if tag.startswith("attack.")})
    )


_ATTACK: Final = "https://attack.mitre.org/techniques/T1074/"
_AUTHOR: Final = "The Stashlight authors"
_WORDS: Final = {"collect": "collected", "stage": "staged", "pack": "packed", "exfiltrate": "sent"}
_SEED_WORDS: Final = (
    "The query of a seed document, by what it means and in the product's own grammar: its defects are listed in"
    " docs/decisions/0003-seed-defects.md.\nMisses mapped drives, other tools, and places that are not in the list."
)
_SEEDS: Final = (
    ("c3a1f4de-2c0e-4c58-9a62-6a7de0d10001", "remote_data_staging_score", "Remote Data Staging: Composite Score", INDICATORS,
     ("sumologic",)),
    ("c3a1f4de-2c0e-4c58-9a62-6a7de0d10002", "remote_data_staging", "Remote Data Staging: Archives, Copy Tools, Shells",
     tuple(SENTINEL), ("sentinel", "defender")),
)  # fmt: skip
# Ids are fixed, so that a rule that was exported before is replaced and not doubled.
_SCORE_ID: Final = "b0c0f2a5-6a39-4a4f-9f54-0a8b0f2d9d11"
_LADDER_IDS: Final = {
    4: "5a4f3f1e-0c56-4f6b-8a39-1f5f2f6c1b04",
    3: "5a4f3f1e-0c56-4f6b-8a39-1f5f2f6c1b03",
    2: "5a4f3f1e-0c56-4f6b-8a39-1f5f2f6c1b02",
}
