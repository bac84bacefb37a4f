"""Expectations × observations → checks: what must show, and whether it did."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from stashlight.findings.rule import RuleSet
from stashlight.incidents.document import SEVERITIES
from stashlight.validation.expectation import Expectation, named
from stashlight.validation.observation import Observation
from stashlight.validation.signals import SIGNALS

__all__ = ["Check", "check"]

What = Literal["signal", "rule", "incident", "quiet"]
_SENSORS = {signal.name: signal.sensor for signal in SIGNALS}


@dataclass(frozen=True, slots=True)
class Check:
    """
    One thing that must show of a procedure in a shape, and whether it did.

    `signal` is "" for what concerns the whole procedure; `rule` names the rule that must speak, as the procedure does.
    `says` tells what was found, or what is missing.
    """

    shape: str
    procedure: str
    what: What
    signal: str
    rule: str
    found: bool
    says: str


def check(
    expected: Mapping[str, Expectation], observations: Sequence[Observation], rules: RuleSet
) -> tuple[Check, ...]:
    """
    Hold what each procedure expects against what each set of logs shows.

    Signals of other sensors than those of the set are not asked for, nor a procedure that none of its sensors sees.
    """
    names = {name for each in expected.values() for asked in each.rules.values() for name in asked}
    ids = {name: rule.id for name in names if (rule := named(rules, name))}
    return tuple(
        each
        for observation in observations
        for procedure, expectation in expected.items()
        for each in _checks(procedure, expectation, observation, ids)
    )


def _checks(procedure: str, expected: Expectation, observed: Observation, ids: Mapping[str, str]) -> Iterator[Check]:
    asked = [signal for signal in expected.signals if _SENSORS[signal] in observed.sensors]
    if not asked:
        return
    for signal in asked:
        count = observed.seen.get((procedure, signal), 0)
        said = f"{count:,} events" if count else "no event of it was read"
        yield Check(observed.shape, procedure, "signal", signal, "", bool(count), said)
        for name in expected.rules.get(signal, ()):
            spoke = name in ids and ids[name] in observed.spoke.get((procedure, signal), frozenset())
            said = "spoke" if spoke else "is silent" if name in ids else "is not installed"
            yield Check(observed.shape, procedure, "rule", signal, name, spoke, said)
    yield from _outcome(procedure, expected, observed)


def _outcome(procedure: str, expected: Expectation, observed: Observation) -> Iterator[Check]:
    found = observed.incidents.get(procedure, ())
    worst = max((each.severity for each in found), key=SEVERITIES.index, default="")
    if expected.quiet:
        said = f"an incident of severity {worst}: {found[0].title}" if found else "no incident"
        yield Check(observed.shape, procedure, "quiet", "", "", not found, said)
        return
    if any(_SENSORS[signal] not in observed.sensors for signal in expected.needs):
        return
    fitting = [
        each
        for each in found
        if SEVERITIES.index(each.severity) >= SEVERITIES.index(expected.severity)
        and expected.technique in each.techniques
    ]
    wanted = f"{expected.severity} or worse, {expected.technique}"
    if fitting:
        said = f"{fitting[0].severity} {fitting[0].score}, {expected.technique}"
    elif found:
        said = f"wanted {wanted}; found {worst} {found[0].score}, {', '.join(found[0].techniques)}"
    else:
        said = f"wanted {wanted}; found none"
    yield Check(observed.shape, procedure, "incident", "", "", bool(fitting), said)
